package motion

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// Reorder returns c with its joints in the order of a body's. Names may carry
// the walker's prefix of dm_control ("walker/knee_L"). Tail joints that c lacks
// are held at zero, and Repairs says so; any other joint that c lacks, or that
// the body lacks, is an error that names it.
func (c *Clip) Reorder(joints []string) (*Clip, error) {
	at := make(map[string]int, len(c.Joints))
	for i, n := range c.Joints {
		at[n[strings.LastIndexByte(n, '/')+1:]] = i
	}
	from := make([]int, len(joints))
	var missing, tail []string
	for i, n := range joints {
		k, ok := at[n]
		switch {
		case ok:
			delete(at, n)
		case tailJoint.MatchString(n):
			k, tail = -1, append(tail, n)
		default:
			missing = append(missing, n)
		}
		from[i] = k
	}
	if len(missing) > 0 || len(at) > 0 {
		var unknown []string
		for _, n := range c.Joints {
			if _, left := at[n[strings.LastIndexByte(n, '/')+1:]]; left {
				unknown = append(unknown, n)
			}
		}
		return nil, fmt.Errorf("motion: clip %s does not fit the body: %s; expected the body's %d joints, of which only tail joints may be left out",
			c.Name, wrongNames(missing, unknown), len(joints))
	}
	out := c.withJoints(joints, from)
	if len(tail) > 0 {
		out.Repairs = append(out.Repairs, fmt.Sprintf("%d tail joints are not in the clip; held at 0", len(tail)))
	}
	return out, nil
}

// tailJoint matches caudal vertebrae: C and a number.
var tailJoint = regexp.MustCompile(`^vertebra_C\d+_`)

// wrongNames says in one phrase which joints are missing and which are too many.
func wrongNames(missing, unknown []string) string {
	var parts []string
	for _, l := range []struct {
		what  string
		names []string
	}{{"missing", missing}, {"unknown", unknown}} {
		if n := len(l.names); n > 5 {
			parts = append(parts, fmt.Sprintf("%s joints %s and %d more", l.what, strings.Join(l.names[:5], ", "), n-5))
		} else if n > 0 {
			parts = append(parts, fmt.Sprintf("%s joint %s", l.what, strings.Join(l.names, ", ")))
		}
	}
	return strings.Join(parts, "; ")
}

// withJoints copies c with joint i taken from index from[i]; -1 is zero.
func (c *Clip) withJoints(joints []string, from []int) *Clip {
	out := c.copyHead()
	out.Joints = append([]string(nil), joints...)
	for f := range c.Poses {
		p := c.Poses[f]
		q := make([]float64, len(joints))
		for i, k := range from {
			if k >= 0 {
				q[i] = p.Q[k]
			}
		}
		p.Q = q
		out.Poses = append(out.Poses, p)
	}
	out.Differentiate()
	return out
}

// copyHead copies everything but the frames.
func (c *Clip) copyHead() *Clip {
	return &Clip{Name: c.Name, Rate: c.Rate, Source: c.Source,
		Joints: append([]string(nil), c.Joints...), Repairs: append([]string(nil), c.Repairs...)}
}

// Slice returns frames from to to-1; it panics where there are none.
func (c *Clip) Slice(from, to int) *Clip {
	out := c.copyHead()
	out.Poses, out.Twists = c.Poses[from:to:to], c.Twists[from:to:to]
	return out
}

// Mirror swaps left and right, by the names of the joints: y turns round, each
// joint with _L in its name changes places with its _R, each of leg FL or RL with
// that of FR or RR, and those that turn about an axis in the midline's plane
// change sign: of the rat what bends or twists the spine, of a four-legged robot
// the hips, as their makers name abduction. It returns an error for a joint
// without a partner.
func Mirror(c *Clip) (*Clip, error) {
	from := make([]int, len(c.Joints))
	for i, n := range c.Joints {
		if from[i] = indexOf(c.Joints, otherSide(n)); from[i] < 0 {
			return nil, fmt.Errorf("motion: clip %s: joint %s has no partner %s to mirror to", c.Name, n, otherSide(n))
		}
	}
	out := c.withJoints(c.Joints, from)
	out.Name, out.Source = c.Name+"_mirrored", c.Source+", mirrored"
	for f := range out.Poses {
		p := &out.Poses[f]
		p.Pos[1] = -p.Pos[1]
		p.Quat[1], p.Quat[3] = -p.Quat[1], -p.Quat[3]
		for i, n := range c.Joints {
			if from[i] == i && (strings.HasSuffix(n, "_bend") || strings.HasSuffix(n, "_twist")) || strings.HasSuffix(n, "_hip_joint") {
				p.Q[i] = -p.Q[i]
			}
		}
	}
	out.Differentiate()
	return out, nil
}

// otherSide exchanges L and R where they stand alone in a joint's name, and the
// legs FL, FR and RL, RR of four-legged robots.
func otherSide(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts {
		switch p {
		case "L":
			parts[i] = "R"
		case "R":
			parts[i] = "L"
		case "FL":
			parts[i] = "FR"
		case "FR":
			parts[i] = "FL"
		case "RL":
			parts[i] = "RR"
		case "RR":
			parts[i] = "RL"
		}
	}
	return strings.Join(parts, "_")
}

// Resample returns c at another rate, frames per second: straight lines between
// frames for position and joints, the shortest turn for the root. The last frame
// is the last that fits.
func Resample(c *Clip, rate float64) *Clip {
	if !(rate > 0) {
		panic("motion: Resample: rate must be positive")
	}
	out := c.copyHead()
	out.Rate = rate
	last := len(c.Poses) - 1
	n := int(math.Floor(float64(last)*rate/c.Rate+1e-9)) + 1
	for i := 0; i < n; i++ {
		at := float64(i) * c.Rate / rate
		k := min(int(at+1e-9), last)
		out.Poses = append(out.Poses, between(&c.Poses[k], &c.Poses[min(k+1, last)], math.Max(0, at-float64(k))))
	}
	out.Differentiate()
	return out
}

// between goes from pose a (f = 0) to b (f = 1).
func between(a, b *Pose, f float64) Pose {
	p := Pose{Quat: quatSlerp(a.Quat, b.Quat, f), Q: make([]float64, len(a.Q))}
	for i := range p.Pos {
		p.Pos[i] = a.Pos[i] + f*(b.Pos[i]-a.Pos[i])
	}
	for i := range p.Q {
		p.Q[i] = a.Q[i] + f*(b.Q[i]-a.Q[i])
	}
	return p
}
