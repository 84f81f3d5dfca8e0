package record

import (
	"strconv"
	"time"
)

// tick appends the messages of one tick to the open chunk.
func (r *Recorder) tick(sl *slot) {
	if r.Err() != nil {
		r.dropped.Add(1)
		return
	}
	s := &sl.sample
	if sl.missed > 0 {
		r.event(Event{Tick: s.Tick, Kind: KindDropped, Text: strconv.FormatUint(sl.missed, 10)})
	}
	now := s.State.Time
	r.clock.advance(now, r.header.Body.Period)
	r.message(chanSample, now, func(j jsonText) jsonText { return j.sample(s) })
	if sl.hasTruth {
		r.message(chanTruth, now, func(j jsonText) jsonText { return j.truth(s.Tick, &sl.truth) })
	}
	if sl.hasFrames {
		r.message(chanFrames, now, func(j jsonText) jsonText { return j.frames(r.names, r.clock.log, sl.frames) })
	}
	if sl.hasActivations {
		r.message(chanActivations, now, func(j jsonText) jsonText {
			return j.activations(r.header.Layers, r.layers, s.Tick, sl.activations)
		})
	}
}

// message appends one message, stamped with the log clock and the robot's.
func (r *Recorder) message(channel uint16, robot time.Duration, data func(jsonText) jsonText) {
	if r.Err() != nil {
		return
	}
	c := &r.file.chunk
	if len(c.records) == 0 {
		r.opened = time.Now()
	}
	at := c.message(channel, r.seq[channel], uint64(r.clock.log), uint64(robot))
	r.seq[channel]++
	c.records = data(c.records)
	c.close(at)
}

// clock makes of the robot's clock, which restarts with every run, one that
// never goes back.
type clock struct{ log, raw time.Duration }

func (c *clock) advance(robot, period time.Duration) {
	if robot > c.raw {
		c.log += robot - c.raw
	} else {
		c.log += max(period, 1)
	}
	c.raw = robot
}
