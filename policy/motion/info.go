package motion

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"whisker/controller"
)

// A foot stands where its lowest point is near the floor and it hardly moves;
// contacts shorter than three frames are noise of the tracking.
const (
	stanceHeight = 0.012 // m
	stanceSpeed  = 0.22  // m/s
	stanceFrames = 3
)

// Quantiles of a quantity over frames.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Foot is how one foot steps in a clip.
type Foot struct {
	Name string `json:"name"`
	// Duty is the share of frames that the foot stands.
	Duty float64 `json:"duty"`
	// Falls are the times when it touches down, s.
	Falls []float64 `json:"footfalls_s"`
	// Stance tells for each frame whether it stands.
	Stance []bool `json:"-"`
	// Height of its lowest point over the floor, m: median over stance frames; NaN
	// where it never stands.
	Height Measure `json:"stance_height_m"`
}

// Info is what a clip shows, in numbers.
type Info struct {
	Name       string    `json:"clip"`
	Source     string    `json:"source"`
	Frames     int       `json:"frames"`
	Rate       float64   `json:"rate_hz"`
	Duration   float64   `json:"duration_s"`
	Path       float64   `json:"path_m"` // of the root, over the ground
	SpeedMean  float64   `json:"speed_mean_m_s"`
	SpeedPeak  float64   `json:"speed_peak_m_s"` // filtered
	Turn       float64   `json:"turn_rad"`       // of the heading, left positive
	HeightMin  float64   `json:"height_min_m"`   // of the root
	HeightMean float64   `json:"height_mean_m"`
	HeightMax  float64   `json:"height_max_m"`
	JointSpeed Quantiles `json:"joint_speed_rad_s"` // of the limb joints, absolute
	Feet       []Foot    `json:"feet"`
	Repairs    []string  `json:"repairs"`
}

// Inspect measures a clip whose joints are those of b, in order. k may be nil:
// feet are then left out.
func Inspect(c *Clip, b *controller.Body, k Kinematics) *Info {
	if len(c.Joints) != len(b.Joints) {
		panic(fmt.Sprintf("motion: Inspect: clip %s has %d joints, body %s has %d", c.Name, len(c.Joints), b.Name, len(b.Joints)))
	}
	n := len(c.Poses)
	i := &Info{Name: c.Name, Source: c.Source, Frames: n, Rate: c.Rate, Duration: float64(n) / c.Rate, Repairs: c.Repairs, HeightMin: math.Inf(1)}
	var joints []float64
	for f := range c.Poses {
		p, v := &c.Poses[f], &c.Twists[f]
		i.HeightMin, i.HeightMax = math.Min(i.HeightMin, p.Pos[2]), math.Max(i.HeightMax, p.Pos[2])
		i.HeightMean += p.Pos[2] / float64(n)
		i.SpeedPeak = math.Max(i.SpeedPeak, math.Hypot(v.Vel[0], v.Vel[1]))
		if f > 0 {
			d := sub(p.Pos, c.Poses[f-1].Pos)
			i.Path += math.Hypot(d[0], d[1])
			i.Turn += wrap(heading(p.Quat) - heading(c.Poses[f-1].Quat))
		}
		for _, j := range b.LimbJoints {
			joints = append(joints, math.Abs(v.Qd[j]))
		}
	}
	i.SpeedMean = i.Path / (float64(n-1) / c.Rate)
	i.JointSpeed = quantiles(joints)
	if k != nil {
		i.Feet = feet(c, b, k)
	}
	return i
}

// heading is the direction of the body's x axis over the ground, rad.
func heading(q [4]float64) float64 {
	x := quatRotate(q, [3]float64{1, 0, 0})
	return math.Atan2(x[1], x[0])
}

// wrap brings an angle to -pi..pi.
func wrap(a float64) float64 { return math.Remainder(a, 2*math.Pi) }

func quantiles(v []float64) Quantiles {
	if len(v) == 0 {
		return Quantiles{}
	}
	slices.Sort(v)
	at := func(q float64) float64 { return v[int(q*float64(len(v)-1))] }
	return Quantiles{at(0.5), at(0.95), at(0.99), v[len(v)-1]}
}

// feet finds when each foot of the body stands.
func feet(c *Clip, b *controller.Body, k Kinematics) []Foot {
	var out []Foot
	var ids []int
	for _, name := range b.Feet {
		if id, ok := k.BodyID(name); ok {
			ids, out = append(ids, id), append(out, Foot{Name: name})
		}
	}
	n := len(c.Poses)
	at, low := make([][][3]float64, len(ids)), make([][]float64, len(ids))
	for f := range c.Poses {
		p := &c.Poses[f]
		k.SetPose(p.Pos, p.Quat, p.Q)
		for i, id := range ids {
			x, _ := k.BodyPose(id)
			at[i], low[i] = append(at[i], x), append(low[i], k.LowestPoint(id))
		}
	}
	for i := range out {
		stance := make([]bool, n)
		for f := range stance {
			stance[f] = low[i][f] < stanceHeight && pointSpeed(at[i], f, c.Rate) < stanceSpeed
		}
		out[i].setStance(stance, low[i], c.Rate)
	}
	return out
}

// pointSpeed is that of a point at frame f of its path, m/s, filtered.
func pointSpeed(path [][3]float64, f int, rate float64) float64 {
	return length(pointVelocity(path, f, rate))
}

func pointVelocity(path [][3]float64, f int, rate float64) (v [3]float64) {
	first, w := slope(f, len(path), rate)
	for k, wk := range w {
		for a := range v {
			v[a] += wk * path[first+k][a]
		}
	}
	return v
}

// planeSpeed is pointSpeed along the floor.
func planeSpeed(path [][3]float64, f int, rate float64) float64 {
	v := pointVelocity(path, f, rate)
	return math.Hypot(v[0], v[1])
}

func (foot *Foot) setStance(stance []bool, low []float64, rate float64) {
	var heights []float64
	for f := 0; f < len(stance); {
		end := f
		for end < len(stance) && stance[end] == stance[f] {
			end++
		}
		if stance[f] && end-f >= stanceFrames {
			if f > 0 {
				foot.Falls = append(foot.Falls, float64(f)/rate)
			}
			heights = append(heights, low[f:end]...)
		} else if stance[f] {
			for ; f < end; f++ {
				stance[f] = false
			}
		}
		f = end
	}
	foot.Stance, foot.Duty, foot.Height = stance, float64(len(heights))/float64(len(stance)), Measure(math.NaN())
	if len(heights) > 0 {
		foot.Height = Measure(quantiles(heights).P50)
	}
}

// Fprint writes i for people.
func (i *Info) Fprint(w io.Writer) error {
	var b strings.Builder
	line := func(what, format string, a ...any) {
		fmt.Fprintf(&b, "%-12s "+format+"\n", append([]any{what}, a...)...)
	}
	line("clip", "%s, from %s", i.Name, i.Source)
	line("length", "%d frames at %g Hz, %.2f s", i.Frames, i.Rate, i.Duration)
	line("path", "%.3f m, mean %.3f m/s, peak %.3f m/s, turns %.0f degrees", i.Path, i.SpeedMean, i.SpeedPeak, i.Turn*180/math.Pi)
	line("root height", "%.1f to %.1f mm, mean %.1f mm", 1000*i.HeightMin, 1000*i.HeightMax, 1000*i.HeightMean)
	line("limb joints", "speed %.2f rad/s (median), %.2f (95 %%), %.2f (99 %%), %.2f (most)", i.JointSpeed.P50, i.JointSpeed.P95, i.JointSpeed.P99, i.JointSpeed.Max)
	for _, f := range i.Feet {
		line(f.Name, "stands %.0f %% of the time, %d footfalls, %.1f mm over the floor in stance", 100*f.Duty, len(f.Falls), 1000*float64(f.Height))
	}
	for _, r := range i.Repairs {
		line("repaired", "%s", r)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
