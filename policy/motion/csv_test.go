package motion

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// clipCSV is a clip file of n frames at 50 Hz with two joints that move.
func clipCSV(n int) string {
	var b strings.Builder
	b.WriteString("t,root_x,root_y,root_z,root_qw,root_qx,root_qy,root_qz,knee_L,knee_R\n")
	for i := 0; i < n; i++ {
		fmt.Fprintf(&b, "%g,%g,0,0.07,1,0,0,0,%g,%g\n", float64(i)*0.02, float64(i)*0.004, 0.1*float64(i), -0.1)
	}
	return b.String()
}

func TestReadCSV(t *testing.T) {
	c, err := ReadCSV(strings.NewReader(clipCSV(10)), "some/walk.csv")
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "walk" || c.Rate != 50 || c.Len() != 10 || strings.Join(c.Joints, " ") != "knee_L knee_R" {
		t.Fatalf("read %s at %g Hz, %d frames, joints %v", c.Name, c.Rate, c.Len(), c.Joints)
	}
	if p := c.Poses[9]; math.Abs(p.Pos[0]-0.036) > 1e-12 || p.Pos[2] != 0.07 || math.Abs(p.Q[0]-0.9) > 1e-12 {
		t.Fatalf("last pose %+v", p)
	}
	if v := c.Twists[0]; math.Abs(v.Vel[0]-0.2) > 1e-9 || math.Abs(v.Qd[0]-5) > 1e-9 {
		t.Fatalf("velocity at frame 0: %v m/s, %v rad/s; want 0.2 and 5", v.Vel[0], v.Qd[0])
	}
}

func TestReadCSVTakesColumnsByName(t *testing.T) {
	swapped := strings.ReplaceAll(clipCSV(10), "root_x,root_y,root_z", "root_z,root_y,root_x")
	c, err := ReadCSV(strings.NewReader(swapped), "x.csv")
	if err != nil {
		t.Fatal(err)
	}
	if c.Poses[3].Pos[0] != 0.07 {
		t.Fatalf("root_x is %g, expected the third column, 0.07", c.Poses[3].Pos[0])
	}
}

func TestCSVRoundTrip(t *testing.T) {
	c, err := ReadCSV(strings.NewReader(clipCSV(10)), "x.csv")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteCSV(&b, c); err != nil {
		t.Fatal(err)
	}
	back, err := ReadCSV(&b, "x.csv")
	if err != nil {
		t.Fatal(err)
	}
	if d := clipDistance(back, c); d > 1e-9 || back.Rate != c.Rate || back.Len() != c.Len() {
		t.Fatalf("%d frames at %g Hz came back, %g away", back.Len(), back.Rate, d)
	}
}

// clipDistance is the largest difference in position (m), orientation (rad) or
// a joint (rad) over the frames that both have.
func clipDistance(a, b *Clip) float64 {
	worst := 0.0
	for f := range min(a.Len(), b.Len()) {
		p, q := &a.Poses[f], &b.Poses[f]
		worst = max(worst, length(sub(p.Pos, q.Pos)), quatAngle(p.Quat, q.Quat))
		for j := range p.Q {
			worst = max(worst, math.Abs(p.Q[j]-q.Q[j]))
		}
	}
	return worst
}

func TestReadCSVErrors(t *testing.T) {
	good := clipCSV(10)
	line4 := "0.04,0.008,0,0.07,1,0,0,0,0.2,-0.1"
	if !strings.Contains(good, line4) {
		t.Fatal("the test's line is not in the file")
	}
	for name, tc := range map[string]struct{ file, want string }{
		"missing column":  {strings.Replace(good, "root_qw", "quat_w", 1), `bad.csv:1: no column "root_qw"`},
		"column twice":    {strings.Replace(good, "knee_R", "knee_L", 1), `column 10 is named "knee_L"`},
		"NaN":             {strings.Replace(good, line4, "0.04,0.008,0,0.07,1,0,0,0,NaN,-0.1", 1), `bad.csv:4: column knee_L: "NaN", expected a finite number`},
		"text":            {strings.Replace(good, line4, "0.04,0.008,zero,0.07,1,0,0,0,1,-0.1", 1), `bad.csv:4: column root_y: "zero"`},
		"empty field":     {strings.Replace(good, line4, "0.04,0.008,,0.07,1,0,0,0,1,-0.1", 1), `bad.csv:4: column root_y: ""`},
		"field missing":   {strings.Replace(good, line4, "0.04,0.008,0,0.07,1,0,0,0,0.2", 1), "bad.csv:4: 9 fields, expected 10"},
		"quaternion":      {strings.Replace(good, line4, "0.04,0.008,0,0.07,0.5,0,0,0,0.2,-0.1", 1), "bad.csv:4: columns root_qw..root_qz: a quaternion of length 0.5, expected 1"},
		"frame left out":  {strings.Replace(good, line4+"\n", "", 1), "column t: "},
		"time backwards":  {strings.Replace(good, line4, "-0.04,0.008,0,0.07,1,0,0,0,0.2,-0.1", 1), "bad.csv:4: column t: -0.04 s, expected 0.04 s at a uniform 50"},
		"time stands":     {regexp.MustCompile(`\n[0-9.]+,`).ReplaceAllString(good, "\n1,"), "column t: 10 frames in 0 s"},
		"too short":       {strings.Join(strings.SplitAfter(good, "\n")[:4], ""), "3 frames, expected at least 5"},
		"nothing":         {"", "0 frames"},
		"quote left open": {strings.Replace(good, line4, `"0.04`, 1), "expected comma-separated values"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(tc.file), "bad.csv")
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.HasPrefix(err.Error(), "motion: bad.csv") || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q, expected one line with %q", err, tc.want)
			}
		})
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(clipCSV(6)))
	f.Add([]byte("t,root_x\n0,1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadCSV(bytes.NewReader(data), "f.csv")
		if err != nil {
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("accepted, yet %v", err)
		}
	})
}
