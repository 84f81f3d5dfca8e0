package motion

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// fitOffsets alternates poses with scale and offsets over frames spread over the
// recording. The first rounds leave the offsets: they would soak up the scale.
func (f *fitter) fitOffsets() {
	n := min(fitSamples, len(f.whole))
	frames, poses := make([]int, n), make([]Pose, n)
	for i := range frames {
		frames[i] = f.whole[i*(len(f.whole)-1)/max(1, n-1)]
		poses[i] = f.align(frames[i])
	}
	f.ik.Keep = 0
	for round := 0; round < fitRounds; round++ {
		f.ik.MaxIterations = 8
		if round == 0 {
			f.ik.MaxIterations = 25
		}
		for i, frame := range frames {
			f.aim(frame)
			f.ik.Solve(&poses[i], f.targets)
		}
		grow := f.growth(frames, poses)
		if round >= scaleRounds {
			f.moveOffsets(frames, poses)
			f.mirrorOffsets()
		}
		f.scale *= grow
		for i := range poses { // the points move away from the origin, and the body with them
			for a := range poses[i].Pos {
				poses[i].Pos[a] *= grow
			}
		}
	}
}

// enoughSeen is how many points place a body.
const enoughSeen = 3

// count is how many points are seen in a frame.
func (f *fitter) count(frame int) (n int) {
	for i := range f.bodies {
		if _, ok := f.seen(frame, i); ok {
			n++
		}
	}
	return n
}

// wholeFrames lists the frames that show at least half as many points as the best one;
// none where that shows too few.
func (f *fitter) wholeFrames() (frames []int) {
	most := 0
	for frame := range f.kp.Frames {
		most = max(most, f.count(frame))
	}
	for frame := range f.kp.Frames {
		if n := f.count(frame); n >= enoughSeen && 2*n >= most {
			frames = append(frames, frame)
		}
	}
	return frames
}

// moveOffsets moves each offset to the mean of where its point is seen in the
// body's frame, and of where it started.
func (f *fitter) moveOffsets(frames []int, poses []Pose) {
	sums, counts := make([][3]float64, len(f.bodies)), make([]float64, len(f.bodies))
	for k, frame := range frames {
		p := &poses[k]
		f.k.SetPose(p.Pos, p.Quat, p.Q)
		for i, b := range f.bodies {
			if seen, ok := f.seen(frame, i); ok {
				pos, q := f.k.BodyPose(b)
				sums[i] = add(sums[i], quatRotate(quatConj(q), sub(seen, pos)))
				counts[i]++
			}
		}
	}
	for i := range f.offsets {
		trust := f.stiff[i] * float64(len(frames))
		for a := range f.offsets[i] {
			f.offsets[i][a] = (sums[i][a] + trust*f.start[i][a]) / (counts[i] + trust)
		}
	}
}

// mirrorOffsets makes the offsets of left and right alike, and puts those of the
// midline into it: what is left over is posture, not anatomy.
func (f *fitter) mirrorOffsets() {
	for i, j := range f.twins {
		o, m := f.offsets[i], f.offsets[j]
		f.offsets[i] = [3]float64{(o[0] + m[0]) / 2, (o[1] - m[1]) / 2, (o[2] + m[2]) / 2}
		f.offsets[j] = [3]float64{f.offsets[i][0], -f.offsets[i][1], f.offsets[i][2]}
	}
}

// growth is the factor that gives the seen points the spread of the body's,
// about the centre of each frame. It compares the two spreads, not the points:
// a regression of one on the other would shrink with every misfit.
func (f *fitter) growth(frames []int, poses []Pose) float64 {
	var body, seen float64
	for k, frame := range frames {
		p := &poses[k]
		f.k.SetPose(p.Pos, p.Quat, p.Q)
		var at, want [][3]float64
		for i := range f.bodies {
			if x, ok := f.seen(frame, i); ok {
				at, want = append(at, f.place(i)), append(want, x)
			}
		}
		body, seen = body+spread(at), seen+spread(want)
	}
	if seen == 0 {
		return 1
	}
	return min(max(math.Sqrt(body/seen), 0.9), 1.1)
}

// spread is the sum of squared distances from the centre, m².
func spread(points [][3]float64) (sum float64) {
	c := centre(points)
	for _, p := range points {
		d := length(sub(p, c))
		sum += d * d
	}
	return sum
}

func centre(points [][3]float64) (c [3]float64) {
	for _, p := range points {
		for a := range c {
			c[a] += p[a] / float64(len(points))
		}
	}
	return c
}

// align is the pose of the stretched-out body that lies best on a frame's points
// (Horn 1987): the largest eigenvector of a 4x4 matrix is the rotation.
func (f *fitter) align(frame int) Pose {
	var body, seen [][3]float64
	for i := range f.bodies {
		if p, ok := f.seen(frame, i); ok {
			body, seen = append(body, f.restPoints[i]), append(seen, p)
		}
	}
	pose := f.zeroPose()
	if len(seen) < 3 {
		return pose
	}
	cb, cs := centre(body), centre(seen)
	var s [3][3]float64
	for i := range body {
		b, v := sub(body[i], cb), sub(seen[i], cs)
		for r := range s {
			for c := range s {
				s[r][c] += b[r] * v[c]
			}
		}
	}
	n := mat.NewSymDense(4, []float64{
		s[0][0] + s[1][1] + s[2][2], s[1][2] - s[2][1], s[2][0] - s[0][2], s[0][1] - s[1][0],
		0, s[0][0] - s[1][1] - s[2][2], s[0][1] + s[1][0], s[2][0] + s[0][2],
		0, 0, -s[0][0] + s[1][1] - s[2][2], s[1][2] + s[2][1],
		0, 0, 0, -s[0][0] - s[1][1] + s[2][2],
	})
	var e mat.EigenSym
	if !e.Factorize(n, true) {
		return pose
	}
	var v mat.Dense
	e.VectorsTo(&v)
	pose.Quat = quatUnit([4]float64{v.At(0, 3), v.At(1, 3), v.At(2, 3), v.At(3, 3)})
	pose.Pos = sub(cs, quatRotate(pose.Quat, cb))
	return pose
}

// fitAll fits every frame with the offsets found, from the first whole one to either
// end, each from the one before. Frames that show too few points are between those
// around them.
func (f *fitter) fitAll() (*Clip, *Fit) {
	n := len(f.kp.Frames)
	c := &Clip{Name: f.kp.Name, Rate: f.kp.Rate, Joints: slices.Clone(f.k.JointNames()), Poses: make([]Pose, n)}
	fit := &Fit{Clip: c, Scale: f.scale, Points: f.points, PointErrors: make([]float64, len(f.bodies)), Offsets: f.offsets}
	first := f.whole[0]
	pose := f.align(first)
	f.ik.Keep, f.ik.MaxIterations = 0, 50
	counts, all, unseen, blind := make([]float64, len(f.bodies)), 0.0, 0, 0
	for i := range n {
		frame := first + i
		if frame >= n {
			frame = n - 1 - i // before the first
		}
		if frame == first-1 {
			pose.copyFrom(&c.Poses[first])
		}
		few := f.count(frame) < enoughSeen
		if f.aim(frame); !few {
			f.ik.Solve(&pose, f.targets)
		}
		f.ik.Keep, f.ik.MaxIterations = fitKeep, 8
		c.Poses[frame] = pose
		c.Poses[frame].Q = slices.Clone(pose.Q)
		if few {
			blind++
			continue
		}
		sum, n := 0.0, 0.0
		for i, t := range f.targets {
			if t.Weight == 0 {
				unseen++
				continue
			}
			d := length(sub(f.place(i), t.Pos))
			fit.PointErrors[i] += d
			counts[i]++
			sum, n = sum+d, n+1
		}
		fit.MeanError, all = fit.MeanError+sum, all+n
		fit.WorstFrame = math.Max(fit.WorstFrame, sum/n)
	}
	fit.MeanError /= all
	for i := range counts {
		fit.PointErrors[i] /= counts[i]
	}
	if unseen > 0 {
		c.Repairs = append(c.Repairs, fmt.Sprintf("%d key points were not seen; their bodies follow the others", unseen))
	}
	if blind > 0 {
		c.Repairs = append(c.Repairs, fmt.Sprintf("%d frames show fewer than %d key points; interpolated", blind, enoughSeen))
		f.bridge(c.Poses)
	}
	c.continueSign()
	return c, fit
}

// bridge interpolates the poses of frames that show too few points from those around
// them; before the first and after the last of these nothing moves.
func (f *fitter) bridge(poses []Pose) {
	for _, gap := range runs(0, len(poses), func(frame int) bool { return f.count(frame) < enoughSeen }) {
		if gap.from == 0 || gap.to == len(poses) {
			continue
		}
		a, b := &poses[gap.from-1], &poses[gap.to]
		for frame := gap.from; frame < gap.to; frame++ {
			poses[frame] = between(a, b, float64(frame-gap.from+1)/float64(gap.to-gap.from+1))
		}
	}
}

// paveFloor moves the clip up or down so that the lowest point of the paws is at
// height zero in the median frame, and returns the height where it was. An
// animal stands on at least one paw most of the time, and a median forgives leaps.
func paveFloor(c *Clip, k Kinematics) float64 {
	var paws []int
	for _, name := range ratPaws() {
		if id, ok := k.BodyID(name); ok {
			paws = append(paws, id)
		}
	}
	lows := make([]float64, len(c.Poses))
	for i := range c.Poses {
		p := &c.Poses[i]
		k.SetPose(p.Pos, p.Quat, p.Q)
		lows[i] = math.Inf(1)
		for _, b := range paws {
			lows[i] = min(lows[i], k.LowestPoint(b))
		}
	}
	slices.Sort(lows)
	floor := lows[len(lows)/2]
	for i := range c.Poses {
		c.Poses[i].Pos[2] -= floor
	}
	return floor
}
