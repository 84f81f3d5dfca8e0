package record

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"whisker/controller"
)

const (
	chunkBytes = 1 << 20                // a chunk is written when it has so many
	chunkTime  = 500 * time.Millisecond // or when it is so old
	pollTime   = 5 * time.Millisecond   // how often the ring is looked at
	ringTime   = 4 * time.Second        // what the ring holds
)

// Recorder writes a recording. The goroutine that owns the robot calls Put and
// never waits; another one runs Run, which does all the writing.
type Recorder struct {
	// Lossless makes Put wait for room in place of dropping the tick. It is for
	// lockstep runs, where nothing can be late; Run must be running. Set it
	// before the first Put.
	Lossless bool

	header Header
	file   *file
	ring   *ring
	names  []string // of frames, quoted
	layers []string // names, quoted

	dropped atomic.Uint64 // ticks and events that found no room
	saved   atomic.Uint64 // ticks in the file
	ended   atomic.Bool   // Run is over: nobody empties the ring
	failed  atomic.Pointer[error]
	missed  uint64 // ticks dropped since the last one put; belongs to Put

	flush chan chan struct{} // asks Run to write all; what it gets is closed then
	over  chan struct{}      // closed when Run answers no more

	mu     sync.Mutex // guards events
	events []pendingEvent

	// The rest belongs to Run.
	dirty  chan struct{} // wakes the goroutine that syncs
	seq    [chanActivations + 1]uint32
	clock  clock
	opened time.Time // when the open chunk began
}

// Create makes or replaces the recording at path, and its folder, and writes
// the header.
func Create(path string, h Header) (*Recorder, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	w, err := create(path, "whisker "+h.Version)
	if err != nil {
		return nil, err
	}
	r := &Recorder{header: h, file: w, ring: newRing(slots(h.Body.Period), &h), dirty: make(chan struct{}, 1), flush: make(chan chan struct{}), over: make(chan struct{})}
	for _, n := range h.Frames {
		r.names = append(r.names, quote(n))
	}
	for _, l := range h.Layers {
		r.layers = append(r.layers, quote(l.Name))
	}
	if err := r.open(); err != nil {
		w.close()
		return nil, fmt.Errorf("record: %s: %w", path, err)
	}
	return r, nil
}

// slots is the length of the ring: a few seconds, within bounds.
func slots(period time.Duration) int {
	if period <= 0 {
		return 256
	}
	return int(min(max(ringTime/period, 256), 4096))
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("record: " + err.Error()) // strings always encode
	}
	return string(b)
}

// open writes everything that precedes the first tick.
func (r *Recorder) open() error {
	if err := r.header.write(r.file); err != nil {
		return err
	}
	for _, t := range topics() {
		if err := r.file.schema(putString(putString(putString(put16(nil, t.channel), t.schema), "jsonschema"), t.shape)); err != nil {
			return err
		}
		if err := r.file.channel(putMap(putString(putString(put16(put16(nil, t.channel), t.channel), t.name), "json"), nil)); err != nil {
			return err
		}
	}
	if len(r.header.Shapes) > 0 {
		b, err := sceneOf(r.header.Frames, r.header.Shapes)
		if err != nil {
			return err
		}
		r.message(chanShapes, 0, func(j jsonText) jsonText { return append(j, b...) })
	}
	return r.write(true)
}

// Put records one tick: the sample, and where there are any the truth, the
// frame poses (7 a frame: position m, quaternion w, x, y, z) and the activations
// (all layers, one after the other). It copies them and neither allocates nor,
// unless Lossless, waits; a tick for which there is no room is dropped and
// counted. One goroutine calls it. It panics when a length is not the header's.
func (r *Recorder) Put(s *controller.Sample, truth *controller.Truth, frames, activations []float32) {
	sl := r.ring.free()
	for sl == nil && r.Lossless && !r.ended.Load() {
		time.Sleep(200 * time.Microsecond)
		sl = r.ring.free()
	}
	if sl == nil || r.ended.Load() {
		r.dropped.Add(1)
		r.missed++
		return
	}
	fit("State.Pos", sl.sample.State.Pos, s.State.Pos)
	fit("Command.Pos", sl.sample.Command.Pos, s.Command.Pos)
	sl.sample.CopyFrom(s)
	sl.missed, r.missed = r.missed, 0
	sl.hasTruth, sl.hasFrames, sl.hasActivations = truth != nil, frames != nil, activations != nil
	if truth != nil {
		c := sl.truth.Contacts
		sl.truth = *truth
		sl.truth.Contacts = c
		fit("Truth.Contacts", c, truth.Contacts)
	}
	if frames != nil {
		fit("frames", sl.frames, frames)
	}
	if activations != nil {
		fit("activations", sl.activations, activations)
	}
	r.ring.filled()
}

// fit copies what must have the length that the header said.
func fit[T any](what string, dst, src []T) {
	if len(dst) != len(src) {
		panic("record: Put: " + what + " has " + strconv.Itoa(len(src)) + " values, by the header " + strconv.Itoa(len(dst)))
	}
	copy(dst, src)
}

// Flush waits until what was put is in the file, or Err says why not. It is for who
// can wait; Run must be running.
func (r *Recorder) Flush() {
	done := make(chan struct{})
	select {
	case r.flush <- done:
		<-done
	case <-r.over:
	}
}

// Dropped counts the ticks and events that are not in the recording.
func (r *Recorder) Dropped() uint64 { return r.dropped.Load() }

// Err is what has stopped the recording, such as a full disk, nil while all is
// well. Put goes on dropping ticks; Run returns the same error at its end.
func (r *Recorder) Err() error {
	if e := r.failed.Load(); e != nil {
		return *e
	}
	return nil
}

// Run writes what Put was handed, until ctx ends; then it writes the rest, the
// index, and closes the file. End ctx after the loop has ended: what is put
// later is dropped. A full disk does not end Run early, so that nothing that
// waits for it is disturbed. Every Recorder needs one Run, if only to close it.
func (r *Recorder) Run(ctx context.Context) error {
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	stop := r.syncs()
	for ctx.Err() == nil {
		r.drain()
		select {
		case <-tick.C:
		case done := <-r.flush:
			r.drain()
			r.fail(r.write(true))
			close(done)
		case <-ctx.Done():
		}
	}
	r.ended.Store(true)
	close(r.over)
	r.drain()
	r.fail(r.write(true))
	stop()
	r.fail(r.finish())
	return r.Err()
}

// syncs has the system put what was written on the disk, in a goroutine of its
// own: a slow disk must not keep ticks from being written.
func (r *Recorder) syncs() (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range r.dirty {
			r.fail(r.file.sync())
		}
	}()
	return func() { close(r.dirty); <-done }
}

// drain writes everything that is in the ring now, and the open chunk when it
// is due.
func (r *Recorder) drain() {
	for sl := r.ring.next(); sl != nil; sl = r.ring.next() {
		r.pending(r.ring.got.Load())
		r.tick(sl)
		r.ring.emptied()
		r.fail(r.write(false))
	}
	r.pending(r.ring.got.Load())
	r.fail(r.write(false))
}

// write writes the open chunk when it is full or old enough, or when now.
func (r *Recorder) write(now bool) error {
	c := &r.file.chunk
	if r.Err() != nil || !now && len(c.records) < chunkBytes && (len(c.records) == 0 || time.Since(r.opened) < chunkTime) {
		return nil
	}
	ticks, events := uint64(c.count(chanSample)), uint64(c.count(chanEvent))
	if err := r.file.flush(); err != nil {
		r.dropped.Add(ticks + events)
		return err
	}
	r.saved.Add(ticks)
	select {
	case r.dirty <- struct{}{}:
	default: // it is about to be synced anyway
	}
	return nil
}

// fail keeps the first error.
func (r *Recorder) fail(err error) {
	if err == nil || r.Err() != nil {
		return
	}
	err = fmt.Errorf("record: %s: recording stopped after %d ticks, up to there it can be read: %w", r.file.path, r.saved.Load(), err)
	r.failed.CompareAndSwap(nil, &err)
}

// finish writes the counts, the index and the footer. After an error it still
// tries, in what room was left.
func (r *Recorder) finish() error {
	err := r.file.metadata(metaEnd, []string{
		"ticks", strconv.FormatUint(r.saved.Load(), 10), "dropped", strconv.FormatUint(r.dropped.Load(), 10),
	})
	return cmp.Or(err, r.file.finish(), r.file.close())
}
