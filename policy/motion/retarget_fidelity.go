package motion

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// What a retargeted clip must keep to count as the rat's motion.
const (
	keepPath   = 0.90 // of the scaled path, and of the turn
	keepStride = 0.10 // relative error of the stride frequency
	keepPitch  = 0.70 // of the pitch range within the robot's reach
	keepSlip   = 0.005
)

// Fidelity tells what a robot kept of a rat's clip. Wanted is the rat's, scaled.
type Fidelity struct {
	Clip  string `json:"clip"`
	Robot string `json:"robot"`
	// LengthRatio is that of the hip heights, TimeRatio its square root.
	LengthRatio float64 `json:"length_ratio"`
	TimeRatio   float64 `json:"time_ratio"`
	PathWanted  float64 `json:"path_wanted_m"` // of the trunk's middle over the ground
	Path        float64 `json:"path_m"`
	TurnWanted  float64 `json:"turn_wanted_rad"`
	Turn        float64 `json:"turn_rad"`
	// Stride is the mean number of touchdowns of a foot per second; null where none
	// makes three.
	StrideWanted Measure `json:"stride_wanted_hz"`
	Stride       Measure `json:"stride_hz"`
	// Swapped counts pairs of touchdowns that come in another order than the rat's.
	Swapped    int `json:"footfalls_swapped"`
	ExtraSteps int `json:"extra_steps"` // that the rat did not make
	// Moved is by how much a foot leaves or lands earlier or later than drawn at most, s, so
	// that the floor carries the trunk; 0 for what animals did.
	Moved float64 `json:"steps_moved_s"`
	// PitchRange is the robot's, PitchRat the rat's, PitchWanted the part of that
	// within the robot's reach on four feet, rad.
	PitchRat    float64 `json:"pitch_rat_rad"`
	PitchWanted float64 `json:"pitch_wanted_rad"`
	PitchRange  float64 `json:"pitch_rad"`
	Slip        float64 `json:"slip_max_m"` // of a standing foot
	// Speed and Torque are the largest of any joint, as shares of its limit.
	Speed  float64 `json:"joint_speed_share"`
	Torque float64 `json:"joint_torque_share"`
	// Missed lists what was not kept, a phrase each; empty is a clip that counts.
	Missed []string `json:"missed"`
}

// Kept says whether the clip counts as the rat's motion.
func (f *Fidelity) Kept() bool { return len(f.Missed) == 0 }

// String is one sentence.
func (f *Fidelity) String() string {
	verdict := "kept"
	if !f.Kept() {
		verdict = "not kept: " + strings.Join(f.Missed, "; ")
	}
	return fmt.Sprintf("retargeted to %s, lengths by %.2f, times by %.2f: %s", f.Robot, f.LengthRatio, f.TimeRatio, verdict)
}

// Fprint writes f for people.
func (f *Fidelity) Fprint(w io.Writer) error {
	deg := 180 / math.Pi
	_, err := fmt.Fprintf(w, `%s
path         %.2f m of %.2f
turn         %.0f degrees of %.0f
strides      %s Hz of %s, %d footfalls swapped, %d steps added, moved by %.2f s at most
pitch range  %.0f degrees of %.0f within reach (the rat's: %.0f)
stance slip  %.1f mm at most
joints       %.0f %% of the speed limit, %.0f %% of the torque limit at most
`, f, f.Path, f.PathWanted, deg*f.Turn, deg*f.TurnWanted, f.Stride.Text(2), f.StrideWanted.Text(2), f.Swapped, f.ExtraSteps, f.Moved,
		deg*f.PitchRange, deg*f.PitchWanted, deg*f.PitchRat, 1e3*f.Slip, 100*f.Speed, 100*f.Torque)
	return err
}

// fidelity measures out against what was wanted.
func (w *retargeter) fidelity(out *Clip) *Fidelity {
	s := w.src
	f := &Fidelity{Clip: out.Name, Robot: w.q.b.Name, LengthRatio: w.ratio, TimeRatio: w.time, ExtraSteps: w.extra, Moved: w.moved}
	// Paths as polygons of ten points a second of the rat: what trembles in
	// between is no way.
	const every = 0.1
	var last [3]float64
	low, high, lowIn, highIn := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	first, end := math.Inf(1), math.Inf(-1)
	for t := 0.0; t <= s.seconds(); t += every {
		at := [3]float64{w.ratio * s.x.Predict(t), w.ratio * s.y.Predict(t)}
		if t > 0 {
			f.PathWanted += length(sub(at, last))
		}
		last = at
	}
	step := max(1, int(math.Round(every*w.time*w.rate)))
	for i := step; i < out.Len(); i += step {
		d := sub(out.Poses[i].Pos, out.Poses[i-step].Pos)
		f.Path += math.Hypot(d[0], d[1])
	}
	for i := range out.Poses {
		rat := s.pitch.Predict(math.Min(float64(i)/w.rate/w.time, s.seconds()))
		in := math.Min(math.Max(rat, -w.q.down), w.q.up)
		low, high, lowIn, highIn = math.Min(low, rat), math.Max(high, rat), math.Min(lowIn, in), math.Max(highIn, in)
		nose := quatRotate(out.Poses[i].Quat, [3]float64{1, 0, 0})
		first, end = math.Min(first, math.Asin(nose[2])), math.Max(end, math.Asin(nose[2]))
		if i > 0 {
			f.Turn += wrap(heading(out.Poses[i].Quat) - heading(out.Poses[i-1].Quat))
		}
	}
	f.PitchRat, f.PitchWanted, f.PitchRange = high-low, highIn-lowIn, end-first
	f.TurnWanted = s.yaw.Predict(s.seconds()) - s.yaw.Predict(0)
	f.StrideWanted, f.Stride = w.strides()
	f.Swapped, f.Slip = w.swapped(), w.slip(out)
	l := w.load(out)
	f.Speed, f.Torque = l.speed, l.torque
	f.judge(l)
	return f
}

// judge lists what was not kept. Short ways, small turns and small pitches are
// judged by what is missing, not by shares of little.
func (f *Fidelity) judge(l load) {
	miss := func(bad bool, format string, a ...any) {
		if bad {
			f.Missed = append(f.Missed, fmt.Sprintf(format, a...))
		}
	}
	const little, slight = 0.05, 0.1 // m, rad
	miss(f.Path < keepPath*f.PathWanted-little, "path %.2f m of %.2f", f.Path, f.PathWanted)
	miss(math.Abs(f.Turn-f.TurnWanted) > (1-keepPath)*math.Abs(f.TurnWanted)+slight, "turn %.2f rad of %.2f", f.Turn, f.TurnWanted)
	miss(math.Abs(float64(f.Stride/f.StrideWanted-1)) > keepStride, "%.2f strides a second of %.2f, %d steps were added", f.Stride, f.StrideWanted, f.ExtraSteps)
	miss(f.Swapped > 0, "%d pairs of footfalls in another order", f.Swapped)
	miss(f.PitchRange < keepPitch*f.PitchWanted-slight, "pitch range %.2f rad of %.2f within reach", f.PitchRange, f.PitchWanted)
	miss(f.Slip > keepSlip, "a standing foot slips %.1f mm", 1e3*f.Slip)
	miss(f.Speed > 1, "%s needs %.0f %% of its speed", l.speedJoint, 100*f.Speed)
	miss(f.Torque > 1, "%s needs %.0f %% of its torque", l.torqueJoint, 100*f.Torque)
}

// strides are the touchdowns of a foot per second, the rat's in the robot's time
// and the robot's, over the feet that make three or more.
func (w *retargeter) strides() (wanted, got Measure) {
	rhythm := func(times []float64) (float64, bool) {
		n := len(times)
		if n < 3 {
			return 0, false
		}
		return float64(n-1) / (times[n-1] - times[0]), true
	}
	n := 0.0
	for leg := range w.steps {
		var rat, robot []float64
		for _, h := range w.src.holds[leg] {
			if h.from > 0 {
				rat = append(rat, float64(h.from)/w.src.rate*w.time)
			}
		}
		for _, s := range w.steps[leg] {
			if s.from > 0 {
				robot = append(robot, s.from)
			}
		}
		a, ok := rhythm(rat)
		b, also := rhythm(robot)
		if ok && also {
			wanted, got, n = wanted+Measure(a), got+Measure(b), n+1
		}
	}
	return wanted / Measure(n), got / Measure(n)
}

// swapped counts pairs of touchdowns, two frames of the rat apart or more, that
// the robot makes in the other order.
func (w *retargeter) swapped() (n int) {
	apart := 2 / w.src.rate * w.time
	for i, a := range w.landings {
		for _, b := range w.landings[i+1:] {
			if d := a.rat - b.rat; math.Abs(d) >= apart && d*(a.robot-b.robot) < 0 {
				n++
			}
		}
	}
	return n
}

// slip is how far a standing foot is from where its stance began at most, m.
func (w *retargeter) slip(c *Clip) (most float64) {
	var from [4][3]float64
	var was [4]bool
	for i := range c.Poses {
		p := &c.Poses[i]
		w.q.k.SetPose(p.Pos, p.Quat, p.Q)
		for leg := range from {
			down := w.feet[leg][i].down
			at := w.q.ik.point(&w.q.legs[leg].foot)
			if down && !was[leg] {
				from[leg] = at
			}
			if was[leg] = down; down {
				most = math.Max(most, length(sub(at, from[leg])))
			}
		}
	}
	return most
}
