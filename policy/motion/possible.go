package motion

import (
	"fmt"
	"math"

	"whisker/controller"
)

// Limits of what a body can do at all. Recorded rats are far away from them: their
// fits stay within the joints' ranges, run at v²/(g size) of up to 0.6, and are never
// longer than 0.06 s without a paw that stands.
const (
	// rangeMargin is how far beyond its range a joint may be, rad: copies shaken to
	// learn from are by up to 0.7.
	rangeMargin = 1.0
	// fastest is the largest v²/(g size), the square of a speed in sizes: gallops begin at
	// 2 to 3 (Alexander & Jayes 1983); 20 is 4.1 m/s for a rat, five times its recorded dash.
	fastest = 20.0
	// longestFlight is without a foot that stands, in sqrt(size/g): 0.9 s of a rat, a
	// leap of twelve times its size.
	longestFlight = 10.0
	// slideShare of the root's speed is more than a paw has that stands, however smeared
	// it was tracked.
	slideShare = 0.8
	// speedSpan is what a speed is taken over, s: a jump where two fits were joined is
	// reported (see Repair), not refused.
	speedSpan = 0.1
)

// Possible refuses what body b, whose geometry is k, cannot do: joints far outside
// their ranges, a root faster than a body of its size runs, a body in the air for
// longer than it could jump. ReadFile and policy.NewReference ask it. The error is one
// line that names clip, frame and quantity. Joints of c are those of k, in order. A body
// fixed to the world, or without feet, has joints only.
func Possible(c *Clip, b *controller.Body, k Kinematics) error {
	if err := withinRanges(c, k); err != nil || b.StandHeight <= 0 {
		return err
	}
	var feet []int
	for _, name := range b.Feet {
		if id, ok := k.BodyID(name); ok {
			feet = append(feet, id)
		}
	}
	if len(feet) == 0 {
		return nil
	}
	size := sizeOf(k, &Pose{Pos: [3]float64{0, 0, b.StandHeight}, Quat: [4]float64{1, 0, 0, 0}, Q: b.Stand}, feet)
	if err := slowEnough(c, size); err != nil {
		return err
	}
	return grounded(c, size, func(f int) bool {
		p := &c.Poses[f]
		k.SetPose(p.Pos, p.Quat, p.Q)
		for _, id := range feet {
			if k.LowestPoint(id) < size/2 {
				return true
			}
		}
		return false
	})
}

// possible refuses what the body of k cannot do: of a rat all that Possible refuses, and
// paws that slide along with it, for those do not stand; of another body, whose feet k
// does not tell, joints only.
func possible(c *Clip, k Kinematics) error {
	if err := withinRanges(c, k); err != nil {
		return err
	}
	r, err := findRat(k)
	if err != nil || r.findStand() != nil {
		return nil // it is no rat
	}
	size := r.size()
	if err := slowEnough(c, size); err != nil {
		return err
	}
	return grounded(c, size, r.stands(c, r.observe(c.Poses), size))
}

// stands says of a frame whether any paw stands.
func (r *rat) stands(c *Clip, paths *[4]pawPath, size float64) func(frame int) bool {
	return func(f int) bool {
		v := c.Twists[f].Vel
		slow := math.Max(stanceSpeed, slideShare*math.Hypot(v[0], v[1]))
		for leg := range paths {
			if paths[leg].low[f] < size/2 && planeSpeed(paths[leg].pad, f, c.Rate) < slow {
				return true
			}
		}
		return false
	}
}

func (r *rat) size() float64 {
	var feet []int
	for leg := range r.paws {
		feet = append(feet, r.paws[leg].foot)
	}
	return sizeOf(r.k, &r.stand, feet)
}

// sizeOf is how far the feet of a standing body are from its root, m, on average.
func sizeOf(k Kinematics, stand *Pose, feet []int) (size float64) {
	k.SetPose(stand.Pos, stand.Quat, stand.Q)
	for _, id := range feet {
		at, _ := k.BodyPose(id)
		size += length(sub(at, stand.Pos)) / float64(len(feet))
	}
	return size
}

// withinRanges refuses joints far outside their ranges.
func withinRanges(c *Clip, k Kinematics) error {
	most, frame, joint := rangeMargin, -1, 0
	for f := range c.Poses {
		for j, q := range c.Poses[f].Q {
			low, high := k.JointRange(j)
			if d := math.Max(low-q, q-high); d > most {
				most, frame, joint = d, f, j
			}
		}
	}
	if frame < 0 {
		return nil
	}
	low, high := k.JointRange(joint)
	return c.impossible(frame, "joint %s is at %.2f rad, expected its range of %.2f to %.2f or at most %g rad beyond",
		c.Joints[joint], c.Poses[frame].Q[joint], low, high, rangeMargin)
}

// slowEnough refuses speeds of the root that no body of a size (m) runs at.
func slowEnough(c *Clip, size float64) error {
	limit := math.Sqrt(fastest * gravity * size)
	span := max(1, int(math.Round(speedSpan*c.Rate)))
	most, frame := limit, -1
	for f := span; f < c.Len(); f++ {
		if v := length(sub(c.Poses[f].Pos, c.Poses[f-span].Pos)) * c.Rate / float64(span); v > most {
			most, frame = v, f
		}
	}
	if frame < 0 {
		return nil
	}
	return c.impossible(frame, "the root goes at %.2f m/s, expected at most %.2f for a body of this size", most, limit)
}

// grounded refuses a motion that is without a foot that stands for too long.
func grounded(c *Clip, size float64, stands func(frame int) bool) error {
	limit := longestFlight * math.Sqrt(size/gravity)
	for _, h := range runs(0, c.Len(), func(f int) bool { return !stands(f) }) {
		if s := float64(h.to-h.from) / c.Rate; s > limit {
			return c.impossible(h.from, "for %.2f s from here on no foot stands on the floor, expected at most %.2f", s, limit)
		}
	}
	return nil
}

func (c *Clip) impossible(frame int, format string, a ...any) error {
	return fmt.Errorf("motion: clip %s, frame %d (%.2f s): "+format, append([]any{c.Name, frame, float64(frame) / c.Rate}, a...)...)
}
