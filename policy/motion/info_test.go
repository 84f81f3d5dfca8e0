package motion

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

// stepping is a kinematics of two feet under the root: left stands on even
// tenths of a second, right on odd ones, and the other swings forward.
type stepping struct {
	hanging
	t float64
}

func (s *stepping) SetPose(pos [3]float64, quat [4]float64, q []float64) { s.t = q[0] }

func (s *stepping) LowestPoint(body int) float64 {
	if s.stands(body) {
		return 0.001
	}
	return 0.02
}

func (s *stepping) stands(body int) bool { return int(s.t*10+1e-6)%2 == body }

func (s *stepping) BodyPose(body int) ([3]float64, [4]float64) {
	return [3]float64{0, 0.02, 0}, [4]float64{1, 0, 0, 0}
}

func walking() *Clip {
	return makeClip([]string{"a", "b", "c"}, 100, func(t float64, p *Pose) {
		p.Pos = [3]float64{0.3 * t, 0.4 * t, 0.07 + 0.01*math.Sin(2*math.Pi*t)}
		p.Quat = quatExp([3]float64{0, 0, 2 * t})
		p.Q = []float64{t, -3 * t, 100 * t}
	})
}

func TestInspect(t *testing.T) {
	b, _, _ := scored()
	b.Feet = b.Feet[:2]
	i := Inspect(walking(), b, &stepping{})
	for what, v := range map[string][2]float64{
		"duration": {i.Duration, 2}, "path": {i.Path, 0.5 * 1.98}, "mean speed": {i.SpeedMean, 0.5}, "peak speed": {i.SpeedPeak, 0.5},
		"turn": {i.Turn, 2 * 1.98}, "lowest": {i.HeightMin, 0.06}, "highest": {i.HeightMax, 0.08}, "mean height": {i.HeightMean, 0.07},
		"median joint speed": {i.JointSpeed.P50, 1}, "fastest limb joint": {i.JointSpeed.Max, 3},
		"left duty": {i.Feet[0].Duty, 0.5}, "right duty": {i.Feet[1].Duty, 0.5}, "stance height": {float64(i.Feet[0].Height), 0.001},
	} {
		if math.Abs(v[0]-v[1]) > 1e-3*math.Max(0.1, v[1]) {
			t.Errorf("%s is %g, want %g", what, v[0], v[1])
		}
	}
	if f := i.Feet[1].Falls; len(f) != 10 || math.Abs(f[0]-0.1) > 1e-9 || math.Abs(f[1]-0.3) > 1e-9 {
		t.Errorf("right foot touches down at %v s, want 0.1, 0.3 and so on to 1.9", f)
	}
	var out strings.Builder
	if err := i.Fprint(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"100 frames at 50 Hz, 2.00 s", "0.990 m, mean 0.500 m/s", "stands 50 % of the time, 10 footfalls"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed\n%swithout %q", out.String(), want)
		}
	}
}

func TestShortContactsAreNoStance(t *testing.T) {
	var foot Foot
	stance := []bool{false, true, true, false, true, true, true, false}
	foot.setStance(stance, make([]float64, 8), 50)
	if foot.Duty != 3.0/8 || len(foot.Falls) != 1 || foot.Falls[0] != 4.0/50 {
		t.Errorf("duty %g, falls %v; want 3/8, one at frame 4", foot.Duty, foot.Falls)
	}
}

func TestPlot(t *testing.T) {
	b, _, _ := scored()
	b.Feet = b.Feet[:2]
	c := walking()
	c.Name = "a <walk> & more"
	var out strings.Builder
	if err := Plot(&out, c, b, &stepping{}); err != nil {
		t.Fatal(err)
	}
	svg, counts := out.String(), map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			counts[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "class" {
					counts[a.Value]++
				}
			}
		}
	}
	// Path, height, speed and two limb joints are curves; ten stances a foot are bars, with the dot at the start.
	if counts["polyline"] != 5 || counts["bar"] != 21 {
		t.Errorf("%d curves and %d bars, want 5 and 21", counts["polyline"], counts["bar"])
	}
	for _, want := range []string{"a &lt;walk&gt; &amp; more", "root height, mm", "path of the root", "feet on the ground", ">left<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in the drawing", want)
		}
	}
	if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Error("the drawing has NaN or Inf in it")
	}
}

func TestPlotOfAStillBody(t *testing.T) {
	b, _, _ := scored()
	c := makeClip([]string{"a", "b", "c"}, 10, func(float64, *Pose) {})
	var out strings.Builder
	if err := Plot(&out, c, b, nil); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, "feet on the ground") {
		t.Error("the drawing of a body that does not move has NaN, Inf or a gait in it")
	}
}
