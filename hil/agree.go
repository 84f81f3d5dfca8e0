package hil

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"

	"github.com/rs/zerolog"

	"whisker/controller"
	"whisker/hil/emulate"
)

// trace is what motors were told, tick by tick, and the torque that follows.
type trace struct {
	told   []uint64 // a hash a tick
	torque []float64
}

func (t *trace) add(c *controller.Command, q, qd []float64) {
	h := fnv.New64a()
	var b [8]byte
	for _, part := range [][]float64{c.Pos, c.Vel, c.Torque, c.Kp, c.Kd} {
		for _, x := range part {
			bits := math.Float64bits(x)
			for k := range b {
				b[k] = byte(bits >> (8 * k))
			}
			h.Write(b[:])
		}
	}
	t.told = append(t.told, h.Sum64())
	for i := range q {
		t.torque = append(t.torque, c.Kp[i]*(c.Pos[i]-q[i])+c.Kd[i]*(c.Vel[i]-qd[i])+c.Torque[i])
	}
}

// Agreement is how alike two builds of the firmware drive the same plant.
type Agreement struct {
	Ticks int    `json:"ticks"`         // compared
	Each  [2]int `json:"ticks_of_each"` // QEMU's and the host build's
	// First is the first tick in which the motors of the two were told anything
	// different, and FirstS its time; -1 is none.
	First  int     `json:"first_tick"`
	FirstS float64 `json:"first_s"`
	// Torque is the largest difference of what the control law asks of a joint, N·m, in
	// the ticks up to then and in all of them.
	Torque float64 `json:"largest_torque_difference_nm"`
}

// Agree plays a scenario on the firmware in QEMU and on its build for this
// machine, in lockstep, and compares what the motors are told.
func Agree(ctx context.Context, s Scenario, version string, log zerolog.Logger) (*Agreement, error) {
	var traces [2]trace
	for i, board := range []string{"mps2", "host"} {
		s.Emulation.Board, s.Pace, s.Record, s.View = board, "lockstep", "", ""
		if _, err := traced(ctx, s, version, log, &traces[i]); err != nil {
			return nil, err
		}
	}
	return compare(&traces[0], &traces[1]), nil
}

func compare(a, b *trace) *Agreement {
	r := &Agreement{Ticks: min(len(a.told), len(b.told)), Each: [2]int{len(a.told), len(b.told)}, First: -1, FirstS: -1}
	for i := range r.Ticks {
		if a.told[i] != b.told[i] {
			r.First, r.FirstS = i, float64(i)*emulate.Tick.Seconds()
			break
		}
	}
	for i := range min(len(a.torque), len(b.torque)) {
		r.Torque = max(r.Torque, math.Abs(a.torque[i]-b.torque[i]))
	}
	return r
}

// Err is the line of String where the two do not agree, nil where the motors are told
// the same for the same time.
func (r *Agreement) Err() error {
	if r.First < 0 && r.Each[0] == r.Each[1] && r.Ticks > 0 {
		return nil
	}
	return fmt.Errorf("hil: %v", r)
}

// String is a line for people.
func (r *Agreement) String() string {
	switch {
	case r.First >= 0:
		return fmt.Sprintf("host build and QEMU differ from tick %d of %d on (%.3f s): the control law by %.3g N·m at most", r.First, r.Ticks, r.FirstS, r.Torque)
	case r.Each[0] != r.Each[1]:
		return fmt.Sprintf("QEMU told the motors for %d ticks and the host build for %d: the same in %d", r.Each[0], r.Each[1], r.Ticks)
	case r.Ticks == 0:
		return "neither host build nor QEMU told the motors anything"
	}
	return fmt.Sprintf("host build and QEMU told the motors the same in all %d ticks", r.Ticks)
}
