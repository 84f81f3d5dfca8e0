package identify

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// unscored is the part of a replay that is not counted, s: a start speed is not
// known well.
const unscored = 0.3

// torqueErrors is how much an error of torque of its whole RMS counts, rad: 2 %,
// which a good current sensor reaches, as much as 1 mrad.
const torqueErrors = 0.05

// problem is one joint's replay errors over all logs, as a function of a point of
// the unit cube.
type problem struct {
	law     Law
	space   *space
	tracks  []*track
	first   []int   // first scored sample per track
	rows    int     // scored samples
	torque  float64 // rad per N·m of torque error; 0 where torque is not measured
	whole   *space  // with the limits, which are searched for last; nil where there are none
	reached bool    // some torque reaches them

	out, motor [][]float64 // a replay per track
}

func newProblem(ctx context.Context, p *Profile, joint string, logs []*Log) *problem {
	torque := p.Torque && !slices.ContainsFunc(logs, func(l *Log) bool { return l.Torque == nil })
	b := &problem{law: p.Law, space: p.space(joint, torque)}
	lo, hi := math.Inf(1), math.Inf(-1)
	var measured []float64
	for _, l := range logs {
		t := newTrack(l, l.joint(joint), p.Couple[joint], p.ServoKp, p.Volts)
		b.tracks = append(b.tracks, t)
		b.first = append(b.first, scoredFrom(t.time))
		b.rows += len(t.time) - scoredFrom(t.time)
		lo, hi = min(lo, slices.Min(t.pos)), max(hi, slices.Max(t.pos))
		measured = append(measured, t.torque...)
		b.out, b.motor = append(b.out, make([]float64, len(t.time))), append(b.motor, make([]float64, len(t.time)))
	}
	b.space.base[Centre], b.space.base[Reach] = (lo+hi)/2, (hi-lo)/2
	if rms := math.Hypot(stat.Mean(measured, nil), stat.PopStdDev(measured, nil)); torque && rms > 0 {
		b.torque = torqueErrors / rms
	}
	b.reach(ctx)
	return b
}

// leastTravel is how far a joint must move for anything to be known of its motor, rad:
// within it gears have play, encoders step, and friction holds whatever the rest is.
const leastTravel = 0.01

// travel is how far the joint moved in the log in which it moved most, rad.
func (b *problem) travel() (most float64) {
	for _, t := range b.tracks {
		most = max(most, slices.Max(t.pos)-slices.Min(t.pos))
	}
	return most
}

// still says that the joint never moved.
func (b *problem) still() bool { return b.travel() == 0 }

// size is the number of errors: those of position and, behind them, of torque.
func (b *problem) size() int {
	if b.torque > 0 {
		return 2 * b.rows
	}
	return b.rows
}

// errors writes replayed minus measured of every scored sample, rad.
func (b *problem) errors(u, r []float64) {
	v := b.space.values(u)
	k := 0
	for i, t := range b.tracks {
		motor := b.motor[i]
		if b.torque == 0 {
			motor = nil
		}
		replay(b.law, &v, t, b.out[i], motor)
		for s := b.first[i]; s < len(t.time); s++ {
			r[k] = b.out[i][s] - t.pos[s]
			if motor != nil {
				r[b.rows+k] = b.torque * (motor[s] - t.torque[s])
			}
			k++
		}
	}
}

// rmse is the error of position, rad.
func (b *problem) rmse(u []float64) float64 {
	r := make([]float64, b.size())
	b.errors(u, r)
	return math.Sqrt(sumSquares(r[:b.rows]) / float64(b.rows))
}

// scoredFrom is the first sample at or after the unscored start.
func scoredFrom(time []float64) int {
	i := 0
	for i < len(time)-1 && time[i]-time[0] < unscored {
		i++
	}
	return i
}
