package motion

import (
	"math"
	"testing"

	"whisker/controller"
)

// courseClip goes forward at a speed (m/s) and turns (rad/s), for five seconds.
func courseClip(speed, turn float64) *Clip {
	c := &Clip{Name: "course", Rate: 50, Joints: []string{"a", "b"}}
	x, y, h := 0.0, 0.0, 0.0
	for range 250 {
		p := Pose{Pos: [3]float64{x, y, 0.3}, Quat: [4]float64{math.Cos(h / 2), 0, 0, math.Sin(h / 2)}, Q: []float64{0, 1}}
		w := Twist{Vel: [3]float64{speed * math.Cos(h), speed * math.Sin(h), 0}, AngVel: [3]float64{0, 0, turn}, Qd: []float64{0, 0}}
		c.Poses, c.Twists = append(c.Poses, p), append(c.Twists, w)
		x, y, h = x+0.02*w.Vel[0], y+0.02*w.Vel[1], h+0.02*turn
	}
	return c
}

// travel scores a run that is one clip against another; change may spoil a frame.
func travel(ref, run *Clip, change func(frame int, root *controller.Root) (onBody bool)) TravelScore {
	b := &controller.Body{Name: "dog", Joints: make([]controller.Joint, 2), StandHeight: 0.3}
	t := NewTravel(b, ref)
	for f := range run.Poses {
		p := &run.Poses[f]
		root := controller.Root{Pos: p.Pos, Quat: p.Quat, Vel: run.Twists[f].Vel}
		onBody := false
		if change != nil {
			onBody = change(f, &root)
		}
		if !t.Add(f, &root, p.Q, onBody) {
			break
		}
	}
	return t.Score()
}

func TestTravelJudgesWayAndHeading(t *testing.T) {
	for _, c := range []struct {
		name             string
		ref, run         *Clip
		completed        bool
		path, refPath    float64
		heading, forward float64
	}{
		{"as the reference", courseClip(0.5, 0.5), courseClip(0.5, 0.5), true, 2.45, 2.45, 0, 0.5},
		{"a little slower", courseClip(0.5, 0), courseClip(0.42, 0), true, 0.42 * 4.5, 0.5 * 4.5, 0, 0.42},
		{"too slow", courseClip(0.5, 0), courseClip(0.38, 0), false, 0.38 * 4.5, 0.5 * 4.5, 0, 0.38},
		{"too fast", courseClip(0.5, 0), courseClip(0.62, 0), false, 0.62 * 4.5, 0.5 * 4.5, 0, 0.62},
		{"another way", courseClip(0.5, 0), courseClip(0.5, 0.1), false, 0.5 * 4.5, 0.5 * 4.5, 0.1 * 4.98 * 180 / math.Pi, 0.5},
		{"in place", courseClip(0, 0), courseClip(0.01, 0), true, 0.045, 0, 0, 0.01},
		{"around more than once", courseClip(0, 2), courseClip(0, 2), true, 0, 0, 0, 0},
	} {
		s := travel(c.ref, c.run, nil)
		if s.Completed != c.completed || (s.Lost == "") != c.completed || s.Fell != "" {
			t.Errorf("%s: %+v", c.name, s)
		}
		if math.Abs(float64(s.Path)-c.path) > 0.25 || math.Abs(float64(s.RefPath)-c.refPath) > 0.25 ||
			math.Abs(float64(s.HeadingErr)-c.heading) > 0.1 || math.Abs(float64(s.Forward)-c.forward) > 1e-9 {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

func TestTravelSeesFalls(t *testing.T) {
	still := courseClip(0, 0)
	onSide := [4]float64{math.Cos(0.6), math.Sin(0.6), 0, 0} // 1.2 rad
	for _, c := range []struct {
		why    string
		change func(int, *controller.Root) bool
		stood  float64
	}{
		{"low", func(f int, r *controller.Root) bool {
			if f >= 100 {
				r.Pos[2] = 0.149
			}
			return false
		}, 2},
		{"low", func(f int, r *controller.Root) bool {
			if f >= 100 {
				r.Pos[2] = math.NaN()
			}
			return false
		}, 2},
		{"tilt", func(f int, r *controller.Root) bool {
			if f >= 50 {
				r.Quat = onSide
			}
			return false
		}, 1},
		{"on its body", func(f int, _ *controller.Root) bool { return f >= 50 }, 1.2},
		{"", func(f int, _ *controller.Root) bool { return f%10 != 0 }, 5}, // touches, never for long
	} {
		s := travel(still, still, c.change)
		if s.Fell != c.why || s.Completed != (c.why == "") || math.Abs(float64(s.Stood)-c.stood) > 1e-9 {
			t.Errorf("want a fall by %q after %g s: %+v", c.why, c.stood, s)
		}
	}
	tilted := courseClip(0, 0)
	for f := range tilted.Poses {
		tilted.Poses[f].Quat = onSide
	}
	if s := travel(tilted, tilted, nil); s.Fell != "" {
		t.Errorf("it tilts as the reference does, but fell: %+v", s)
	}
}

func TestTravelThatEndsEarlyIsNotCompleted(t *testing.T) {
	ref, run := courseClip(0.5, 0), courseClip(0.5, 0)
	run.Poses, run.Twists = run.Poses[:249], run.Twists[:249]
	if s := travel(ref, run, nil); s.Completed || s.Fell != "" || s.Lost != "" {
		t.Errorf("one frame short: %+v", s)
	}
	run.Poses = nil
	if s := travel(ref, run, nil); s.Completed || s.Lost != "nothing was followed" || !math.IsNaN(float64(s.JointRMS)) {
		t.Errorf("nothing scored: %+v", s)
	}
}
