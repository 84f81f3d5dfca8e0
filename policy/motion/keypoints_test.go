package motion

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

// pointsCSV is a key-point file in mm: all points of DANNCE in a line, 20 mm
// apart along x, so that SpineF to TailBase is 60 mm.
func pointsCSV(frames int) string {
	var b strings.Builder
	b.WriteString("t")
	for _, p := range danncePoints {
		fmt.Fprintf(&b, ",%s_x,%s_y,%s_z", p, p, p)
	}
	for f := 0; f < frames; f++ {
		fmt.Fprintf(&b, "\n%.3f", float64(f)*0.02)
		for i := range danncePoints {
			fmt.Fprintf(&b, ",%d,%d,50", 20*i, f)
		}
	}
	return b.String() + "\n"
}

func TestReadKeyPointsCSV(t *testing.T) {
	k, err := ReadKeyPointsCSV(strings.NewReader(pointsCSV(8)), "rat.csv")
	if err != nil {
		t.Fatal(err)
	}
	if k.Rate != 50 || len(k.Frames) != 8 || len(k.Points) != 23 || k.Points[3] != "SpineF" {
		t.Fatalf("%d frames at %g Hz of %v", len(k.Frames), k.Rate, k.Points)
	}
	if d := length(sub(k.Frames[7][3], [3]float64{0.06, 0.007, 0.05})); d > 1e-12 {
		t.Errorf("SpineF at %v m, want 0.06, 0.007, 0.05", k.Frames[7][3])
	}
}

func TestKeyPointsMayBeUnseen(t *testing.T) {
	file := strings.Replace(pointsCSV(8), "0.040,0,2,50,20,2,50", "0.040,nan,NaN,nan,,,", 1)
	k, err := ReadKeyPointsCSV(strings.NewReader(file), "rat.csv")
	if err != nil {
		t.Fatal(err)
	}
	if f := k.Frames[2]; !math.IsNaN(f[0][0]) || !math.IsNaN(f[1][2]) || f[2][0] != 0.04 {
		t.Errorf("frame 2 starts %v; the first two points were not seen", f[:3])
	}
}

func TestKeyPointsTellTheirUnit(t *testing.T) {
	for unit, factor := range map[string]float64{"mm": 1, "cm": 0.1, "m": 0.001} {
		var v []float64
		for f := 0; f < 6; f++ {
			for i := range danncePoints {
				v = append(v, factor*20*float64(i), factor*float64(f), 50*factor)
			}
		}
		k, err := keyPointArray(v, []int{6, 1, 23, 3}, nil, "x.mat")
		if err != nil {
			t.Fatal(unit, err)
		}
		if d := length(sub(k.Frames[5][4], [3]float64{0.08, 0.005, 0.05})); d > 1e-12 {
			t.Errorf("in %s: SpineM at %v m, want 0.08, 0.005, 0.05", unit, k.Frames[5][4])
		}
	}
}

func TestReadKeyPointsCSVErrors(t *testing.T) {
	good := pointsCSV(8)
	for name, tc := range map[string]struct{ file, want string }{
		"no time":     {strings.Replace(good, "t,Snout", "time,Snout", 1), `no column "t"`},
		"no z":        {strings.Replace(good, "KneeL_z", "KneeL_w", 1), "point KneeL lacks column KneeL_y or KneeL_z"},
		"no y at all": {strings.Replace(good, "KneeL_y", "Knee_y", 1), "point KneeL lacks column KneeL_y or KneeL_z"},
		"text":        {strings.Replace(good, ",60,", ",sixty,", 1), `rat.csv:2: column SpineF_x: "sixty"`},
		"other beast": {strings.ReplaceAll(good, ",60,", ",60000,"), "expected a rat's 30 to 300 mm"},
		"no spine":    {strings.ReplaceAll(good, "SpineF_", "Neck_"), "no points SpineF and TailBase"},
		"never seen":  {strings.ReplaceAll(good, ",60,", ",nan,"), "SpineF and TailBase are never seen together"},
		"irregular":   {strings.Replace(good, "\n0.060", "\n0.063", 1), "column t: 0.063 s, expected 0.06 s"},
		"too short":   {pointsCSV(3), "3 frames, expected at least 5"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadKeyPointsCSV(strings.NewReader(tc.file), "rat.csv")
			if err == nil || !strings.HasPrefix(err.Error(), "motion: rat.csv") || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, expected %q", err, tc.want)
			}
		})
	}
}

func TestKeyPointArrayShapes(t *testing.T) {
	v := make([]float64, 6*3*23)
	for f := 0; f < 6; f++ {
		for a := 0; a < 3; a++ {
			for i := 0; i < 23; i++ {
				v[(f*3+a)*23+i] = []float64{20 * float64(i), float64(f), 50}[a]
			}
		}
	}
	k, err := keyPointArray(v, []int{6, 3, 23}, nil, "x.mat")
	if err != nil {
		t.Fatal(err)
	}
	if d := length(sub(k.Frames[5][4], [3]float64{0.08, 0.005, 0.05})); d > 1e-12 {
		t.Errorf("SpineM at %v m, want 0.08, 0.005, 0.05", k.Frames[5][4])
	}
	for _, shape := range [][]int{{6, 69}, {6, 23, 4}, {6, 3, 20}, {2, 3, 3, 23}} {
		if _, err := keyPointArray(v, shape, nil, "x.mat"); err == nil || !strings.Contains(err.Error(), "expected frames x 3 x 23 or frames x 23 x 3") {
			t.Errorf("shape %v: error %v", shape, err)
		}
	}
}

func FuzzReadKeyPointsCSV(f *testing.F) {
	f.Add([]byte(pointsCSV(6)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if k, err := ReadKeyPointsCSV(bytes.NewReader(data), "f.csv"); err == nil && len(k.Frames) < minFrames {
			t.Fatalf("accepted %d frames", len(k.Frames))
		}
	})
}
