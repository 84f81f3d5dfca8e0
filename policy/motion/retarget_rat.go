package motion

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/interp"
)

// trunkCourse is what retargeting takes from a rat: the course of its trunk as
// functions of time (s), and when its paws stand. The trunk is the line from
// between the hips to between the shoulders; x, y (m) are its middle, z (m) and
// pitch (rad) count from standing.
type trunkCourse struct {
	x, y, z, yaw, pitch, roll interp.NotAKnotCubic
	holds                     [4][]hold
	rate                      float64
	frames                    int
	hip                       float64 // mean height of hips and shoulders when standing, m
	drawn                     bool    // by people: feet may leave when no body could
}

// girdles are the bodies whose origins are hip and shoulder joints.
var girdles = [4]string{leftHind: "upper_leg_L", rightHind: "upper_leg_R", leftFore: "upper_arm_L", rightFore: "upper_arm_R"}

// courseSmoothing is how often the filter 1 2 1 runs over the trunk's course: 40
// ms of a rat, which takes the jolts out and leaves the strides.
const courseSmoothing = 8

// In a run the tracking smears landing and lift-off: a paw stands as long as it is
// clearly slower than the body, and may drift meanwhile.
const (
	stanceShare = 0.5
	runDrift    = 0.025 // m
)

// seconds is how long the course is.
func (s *trunkCourse) seconds() float64 { return float64(s.frames-1) / s.rate }

// trunkPose is a trunk in numbers: x, y, z, yaw, pitch, roll.
type trunkPose [6]float64

func newRatCourse(c *Clip, k Kinematics) (*trunkCourse, error) {
	r, err := findRat(k)
	if err != nil {
		return nil, fmt.Errorf("motion: clip %s: retargeting starts from the rat, the body lacks %w", c.Name, err)
	}
	if err := r.findStand(); err != nil {
		return nil, err
	}
	var ids [4]int
	for i, name := range girdles {
		id, ok := k.BodyID(name)
		if !ok {
			return nil, fmt.Errorf("motion: clip %s: retargeting starts from the rat, the body lacks %s", c.Name, name)
		}
		ids[i] = id
	}
	k.SetPose(r.stand.Pos, r.stand.Quat, r.stand.Q)
	stand := trunkOf(k, &ids)
	s := &trunkCourse{rate: c.Rate, frames: c.Len(), hip: stand[2]}
	poses := make([]trunkPose, c.Len())
	for f := range poses {
		p := &c.Poses[f]
		k.SetPose(p.Pos, p.Quat, p.Q)
		t := trunkOf(k, &ids)
		t[2], t[4] = t[2]-stand[2], t[4]-stand[4]
		if f > 0 {
			t[3] = poses[f-1][3] + wrap(t[3]-poses[f-1][3])
		}
		poses[f] = t
	}
	paths := r.observe(c.Poses)
	for leg := range paths {
		path := &paths[leg]
		s.holds[leg] = path.stances(stanceHeight, runDrift, func(f int) bool {
			v := c.Twists[f].Vel
			return pointSpeed(path.pad, f, c.Rate) < math.Max(stanceSpeed, stanceShare*math.Hypot(v[0], v[1]))
		})
	}
	return s, s.fit(poses, courseSmoothing)
}

// trunkOf reads the trunk off the Kinematics' current pose.
func trunkOf(k Kinematics, ids *[4]int) trunkPose {
	var at [4][3]float64
	for i, id := range ids {
		at[i], _ = k.BodyPose(id)
	}
	hind, fore := add(at[leftHind], at[rightHind]), add(at[leftFore], at[rightFore])
	left, right := add(at[leftHind], at[leftFore]), add(at[rightHind], at[rightFore])
	along, across := sub(fore, hind), sub(left, right)
	mid := add(hind, fore)
	return trunkPose{mid[0] / 4, mid[1] / 4, mid[2] / 4, math.Atan2(along[1], along[0]),
		math.Atan2(along[2], math.Hypot(along[0], along[1])), math.Atan2(across[2], math.Hypot(across[0], across[1]))}
}

// fit smooths the frames in rounds of the filter 1 2 1, and lays splines through them.
func (s *trunkCourse) fit(poses []trunkPose, rounds int) error {
	for range rounds {
		last := poses[0]
		for f := 1; f < len(poses)-1; f++ {
			now := poses[f]
			for i := range now {
				poses[f][i] = (last[i] + 2*now[i] + poses[f+1][i]) / 4
			}
			last = now
		}
	}
	times, values := make([]float64, len(poses)), make([]float64, len(poses))
	for i, spline := range []*interp.NotAKnotCubic{&s.x, &s.y, &s.z, &s.yaw, &s.pitch, &s.roll} {
		for f := range poses {
			times[f], values[f] = float64(f)/s.rate, poses[f][i]
		}
		if err := spline.Fit(times, values); err != nil {
			return fmt.Errorf("motion: retargeting: the trunk's course: %w", err)
		}
	}
	return nil
}
