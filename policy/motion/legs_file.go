package motion

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// LegJoints are the joints of a motion of a robot with four legs that belongs to no
// robot in particular: abduction about x, thigh and knee about y, positive back.
var LegJoints = []string{
	"FR_hip", "FR_thigh", "FR_knee", "FL_hip", "FL_thigh", "FL_knee",
	"RR_hip", "RR_thigh", "RR_knee", "RL_hip", "RL_thigh", "RL_knee",
}

// legFile is the text that animators and imitation learning exchange (Peng et al.
// 2020, "Learning agile robotic locomotion skills by imitating animals"): a frame
// is root x, y, z (m), quaternion x, y, z, w, and the angles of LegJoints.
type legFile struct {
	LoopMode      string  // Wrap: the last frame is the first again
	FrameDuration float64 // s
	// Each round of a motion that wraps begins where the one before ended, and heads there.
	EnableCycleOffsetPosition, EnableCycleOffsetRotation bool

	Frames [][]float64
}

// A gait that is told by one stride of less than oneStride goes on for strides, s.
const oneStride, strides = 2.0, 5.0

// ReadLegs reads the motion of a robot with four legs of three joints. Such files
// have their robot's own root frame: of the two in use, the one in which it stands
// upright is taken.
func ReadLegs(data []byte, path string) (*Clip, error) {
	var f legFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("motion: %s: no motion of legs: %w", path, err)
	}
	if !(f.FrameDuration > 0) {
		return nil, fmt.Errorf("motion: %s: FrameDuration is %g, expected seconds", path, f.FrameDuration)
	}
	c := &Clip{
		Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), Source: path,
		Rate: 1 / f.FrameDuration, Joints: append([]string(nil), LegJoints...),
	}
	for i, row := range f.Frames {
		if len(row) != 7+len(LegJoints) {
			return nil, fmt.Errorf("motion: %s: frame %d has %d numbers, expected root x, y, z, quaternion x, y, z, w and %d joints", path, i, len(row), len(LegJoints))
		}
		for j, q := range row[7:] {
			if math.Abs(q) > 2*math.Pi {
				return nil, fmt.Errorf("motion: %s: frame %d: joint %s is at %g, expected rad, less than a turn", path, i, LegJoints[j], q)
			}
		}
		c.Poses = append(c.Poses, Pose{Pos: [3]float64(row[:3]), Quat: [4]float64{row[6], row[3], row[4], row[5]}, Q: row[7:]})
	}
	c.upright()
	if long := float64(len(c.Poses)-1) / c.Rate; f.LoopMode == "Wrap" && long > 0 && long < oneStride && c.closes() {
		c.repeat(int(math.Ceil(strides/long)), f.EnableCycleOffsetPosition, f.EnableCycleOffsetRotation)
	}
	return c, c.finish()
}

// closes says that the legs end as they began.
func (c *Clip) closes() bool {
	first, last := c.Poses[0].Q, c.Poses[len(c.Poses)-1].Q
	for i := range first {
		if math.Abs(last[i]-first[i]) > 0.1 {
			return false
		}
	}
	return true
}

// repeat plays a motion whose last frame is its first again so many times in all, each
// time going on from where it ended, or heading, along the ground.
func (c *Clip) repeat(times int, moves, turns bool) {
	first, last, n := c.Poses[0], c.Poses[len(c.Poses)-1], len(c.Poses)
	turn := [4]float64{1, 0, 0, 0}
	if turns {
		turn = quatExp([3]float64{0, 0, heading(last.Quat) - heading(first.Quat)})
	}
	for at := n; at < 1+times*(n-1); at++ {
		p := c.Poses[at-n+1] // a round ago
		from := p.Pos
		p.Q = slices.Clone(p.Q)
		for a := range 2 {
			from[a] -= first.Pos[a]
		}
		p.Quat, p.Pos = quatMul(turn, p.Quat), quatRotate(turn, from)
		for a := range 2 {
			if p.Pos[a] += first.Pos[a]; moves {
				p.Pos[a] += last.Pos[a] - first.Pos[a]
			}
		}
		c.Poses = append(c.Poses, p)
	}
	c.Repairs = append(c.Repairs, fmt.Sprintf("one round of %.2f s that wraps; played %d times", float64(n-1)/c.Rate, times))
}

// upright takes the root frame of the first of these robots, whose axes are z
// forward, x left and y up, out of the quaternions.
func (c *Clip) upright() {
	lying, turned := 0.0, [4]float64{0.5, -0.5, -0.5, -0.5}
	for _, p := range c.Poses {
		lying += quatRotate(quatMul(p.Quat, turned), [3]float64{0, 0, 1})[2] - quatRotate(p.Quat, [3]float64{0, 0, 1})[2]
	}
	if !(lying > 0) {
		return
	}
	for i := range c.Poses {
		c.Poses[i].Quat = quatMul(c.Poses[i].Quat, turned)
	}
}

// median of x, which it sorts.
func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// IsLegs tells a motion that ReadLegs read.
func IsLegs(c *Clip) bool {
	for _, j := range LegJoints {
		if indexOf(c.Joints, j) < 0 {
			return false
		}
	}
	return len(c.Joints) == len(LegJoints)
}

// A motion of legs has any frame rate; what is noise of it is told in time. Below 33
// frames a second stanceFrames and courseSmoothing are longer.
const (
	legStance    = 0.09 // s, of the shortest stance
	legSmoothing = 0.06 // s, standard deviation of the filter over the trunk's course
)

// newLegCourse is the course of a motion of legs, as seen by a robot with such legs:
// the robot that it was made for is taken for a larger or smaller one of the same
// build, as much larger as its root is higher above the feet.
func newLegCourse(c *Clip, q *quadruped) (*trunkCourse, error) {
	const low, high, slow, still, drift = 0.1, 0.3, 1.5, 0.8, 0.1 // hip heights, speeds a second
	const lowest, highest = 0.03, 3.0                             // hip, m
	size, order := q.size(c), q.fileOrder()
	s := &trunkCourse{rate: c.Rate, frames: c.Len(), hip: size * q.hip, drawn: true}
	if !(s.hip >= lowest && s.hip <= highest) {
		return nil, fmt.Errorf("motion: clip %s: the root is at %g m, expected it above the feet of a robot whose hips are %g to %g m high", c.Name, c.Poses[0].Pos[2], lowest, highest)
	}
	poses, heights := make([]trunkPose, c.Len()), make([]float64, c.Len())
	var paths [4]pawPath
	for f := range poses {
		p := &c.Poses[f]
		q.pose(p, order, size)
		heights[f] = p.Pos[2]
		nose, left := quatRotate(p.Quat, [3]float64{1, 0, 0}), quatRotate(p.Quat, [3]float64{0, 1, 0})
		poses[f] = trunkPose{p.Pos[0], p.Pos[1], p.Pos[2], heading(p.Quat), math.Asin(nose[2]), math.Atan2(left[2], math.Hypot(left[0], left[1]))}
		if f > 0 {
			poses[f][3] = poses[f-1][3] + wrap(poses[f][3]-poses[f-1][3])
		}
		floor := math.Inf(1)
		for leg := range paths {
			at := q.ik.point(&q.legs[leg].foot)
			paths[leg].pad = append(paths[leg].pad, at)
			paths[leg].low = append(paths[leg].low, at[2])
			floor = math.Min(floor, at[2])
		}
		for leg := range paths {
			paths[leg].low[f] -= floor
		}
	}
	stand := median(heights)
	for f := range poses {
		poses[f][2] -= stand
	}
	for leg := range paths {
		path := &paths[leg]
		path.shortest = int(math.Round(legStance * c.Rate))
		// Animators' feet hover and sink: one that rests stands, low or not.
		rests := func(f int) bool { return pointSpeed(path.pad, f, c.Rate) < still*q.hip }
		s.holds[leg] = path.stances(high*q.hip, drift*q.hip, func(f int) bool {
			if path.low[f] < low*q.hip {
				return pointSpeed(path.pad, f, c.Rate) < slow*q.hip
			}
			return rests(max(f-1, 0)) && rests(f) && rests(min(f+1, c.Len()-1))
		})
	}
	if err := slowEnough(c, s.hip); err != nil {
		return nil, err
	}
	if len(s.holds[leftHind])+len(s.holds[rightHind])+len(s.holds[leftFore])+len(s.holds[rightFore]) == 0 {
		return nil, c.impossible(0, "no foot ever stands, expected steps")
	}
	return s, s.fit(poses, max(courseSmoothing, int(math.Round(2*sq(legSmoothing*c.Rate)))))
}

// fileOrder is the joint of the robot for each of LegJoints.
func (q *quadruped) fileOrder() (order [12]int) {
	for i, leg := range [4]int{rightFore, leftFore, rightHind, leftHind} {
		copy(order[3*i:], q.legs[leg].joints)
	}
	return order
}

// pose puts the robot where one of a size stands in p.
func (q *quadruped) pose(p *Pose, order [12]int, size float64) {
	own := Pose{Quat: p.Quat, Q: make([]float64, len(q.joints))}
	for a := range own.Pos {
		own.Pos[a] = p.Pos[a] / size
	}
	for i, j := range order {
		own.Q[j] = p.Q[i]
	}
	q.k.SetPose(own.Pos, own.Quat, own.Q)
}

// size is how many times larger the robot of c is.
func (q *quadruped) size(c *Clip) float64 {
	order, ratio := q.fileOrder(), make([]float64, c.Len())
	for f := range ratio {
		p := c.Poses[f]
		p.Pos = [3]float64{}
		q.pose(&p, order, 1)
		low := math.Inf(1)
		for i := range q.legs {
			low = math.Min(low, q.ik.point(&q.legs[i].foot)[2]-q.legs[i].radius)
		}
		ratio[f] = -c.Poses[f].Pos[2] / low
	}
	return median(ratio)
}
