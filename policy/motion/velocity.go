package motion

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
)

// Differentiate computes Twists from Poses: at every frame the slope of the
// quadratic that fits best to the five frames around it (Savitzky and Golay
// 1964), one-sided at the ends; rotation by the same fit to rotation vectors
// relative to the frame. Clips of fewer than five frames get plain differences.
func (c *Clip) Differentiate() {
	n := len(c.Poses)
	c.Twists = make([]Twist, n)
	if n == 0 {
		return
	}
	nq := len(c.Poses[0].Q)
	qd := make([]float64, n*nq)
	for f := range c.Poses {
		first, w := slope(f, n, c.Rate)
		t := &c.Twists[f]
		t.Qd = qd[f*nq : (f+1)*nq : (f+1)*nq]
		back := quatConj(c.Poses[f].Quat)
		for k, wk := range w {
			p := &c.Poses[first+k]
			turn := quatLog(quatMul(back, p.Quat))
			for i := range t.Vel {
				t.Vel[i] += wk * p.Pos[i]
				t.AngVel[i] += wk * turn[i]
			}
			for j, q := range p.Q {
				t.Qd[j] += wk * q
			}
		}
	}
}

// slope gives the weights that turn the frames from first on into the
// derivative at frame f of n.
func slope(f, n int, rate float64) (first int, w []float64) {
	if n < minFrames {
		lo, hi := max(f-1, 0), min(f+1, n-1)
		w = make([]float64, hi-lo+1)
		if hi > lo {
			k := rate / float64(hi-lo)
			w[0], w[hi-lo] = -k, k
		}
		return lo, w
	}
	first = min(max(f-2, 0), n-5)
	o := float64(f - first - 2)
	w = make([]float64, 5)
	for k := range w {
		i := float64(k - 2)
		w[k] = rate * (i/10 + 2*o*(i*i-2)/14)
	}
	return first, w
}

// finish is the end of every reader: it checks the clip, keeps the quaternion's
// sign continuous, and differentiates.
func (c *Clip) finish() error {
	if err := c.Validate(); err != nil {
		return err
	}
	c.continueSign()
	c.Differentiate()
	return nil
}

// continueSign flips quaternions to the side of their predecessor: q and -q are
// the same orientation, but not the same to interpolation. Repairs tells where.
func (c *Clip) continueSign() {
	var at []string
	flipped := false
	for i := 1; i < len(c.Poses); i++ {
		q, change := &c.Poses[i].Quat, false
		if quatDot(*q, c.Poses[i-1].Quat) < 0 {
			for k := range q {
				q[k] = -q[k]
			}
			change = true
		}
		if change != flipped {
			flipped = change
			at = append(at, fmt.Sprint(i))
		}
	}
	if n := len(at); n > 5 {
		at = append(at[:5], fmt.Sprintf("%d more", n-5))
	}
	if len(at) > 0 {
		c.Repairs = append(c.Repairs, "root quaternion changed sign at frame "+strings.Join(at, ", ")+"; made continuous")
	}
}

// Validate reports the first thing that is wrong with c: its rate, its length,
// its names, a value that is not finite, a quaternion that is not a rotation.
func (c *Clip) Validate() error {
	where := c.Source
	if where == "" {
		where = c.Name
	}
	if !(c.Rate >= 1 && c.Rate <= 10000) {
		return fmt.Errorf("motion: %s: rate %g, expected 1 to 10000 frames per second", where, c.Rate)
	}
	if len(c.Poses) < minFrames {
		return fmt.Errorf("motion: %s: %d frames, expected at least %d", where, len(c.Poses), minFrames)
	}
	seen := map[string]bool{}
	for i, n := range c.Joints {
		if n == "" || seen[n] {
			return fmt.Errorf("motion: %s: joint %d is named %q, expected a name used once", where, i, n)
		}
		seen[n] = true
	}
	for f := range c.Poses {
		if err := c.validatePose(f); err != nil {
			return fmt.Errorf("motion: %s: frame %d: %w", where, f, err)
		}
	}
	return nil
}

func (c *Clip) validatePose(f int) error {
	p := &c.Poses[f]
	if len(p.Q) != len(c.Joints) {
		return fmt.Errorf("%d joint angles, expected %d", len(p.Q), len(c.Joints))
	}
	for i, v := range p.Pos {
		if !(math.Abs(v) < 1e6) {
			return fmt.Errorf("root_%c is %g, expected a finite position in m", 'x'+i, v)
		}
	}
	for i, v := range p.Q {
		if !(math.Abs(v) < 1e3) {
			return fmt.Errorf("joint %s is %g, expected a finite angle in rad", c.Joints[i], v)
		}
	}
	return p.unitQuat("root")
}

// clipName is a file's name without folder and extension.
func clipName(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
