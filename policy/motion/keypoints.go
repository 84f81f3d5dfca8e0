package motion

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// KeyPoints are named points on an animal over time, as motion capture gives
// them.
type KeyPoints struct {
	Name   string
	Source string
	Rate   float64 // frames per second
	Points []string
	// Frames holds per frame and point a position, m; one that was not seen is NaN.
	Frames [][][3]float64
}

// danncePoints is the order of the 23 points that DANNCE gives for rats, and that
// files without names have.
var danncePoints = []string{
	"Snout", "EarL", "EarR", "SpineF", "SpineM", "SpineL", "TailBase",
	"ShoulderL", "ElbowL", "WristL", "HandL", "ShoulderR", "ElbowR", "WristR", "HandR",
	"HipL", "KneeL", "AnkleL", "FootL", "HipR", "KneeR", "AnkleR", "FootR",
}

// dannceRate is the frame rate of files that do not state one: that of the rat
// recordings with six cameras (Dunn et al. 2021).
const dannceRate = 50

// ReadKeyPointsCSV reads key points: a header line with t and three columns
// NAME_x, NAME_y, NAME_z per point, then one line a frame. nan or an empty field
// is a point that was not seen.
func ReadKeyPointsCSV(r io.Reader, name string) (*KeyPoints, error) {
	t, err := readTable(r, name, true)
	if err != nil {
		return nil, err
	}
	timeCol := t.index("t")
	if timeCol < 0 {
		return nil, fmt.Errorf("motion: %s:1: no column \"t\", expected the time in s", name)
	}
	k := &KeyPoints{Name: clipName(name), Source: name}
	var cols [][3]int
	for i, h := range t.header {
		point, isX := strings.CutSuffix(h, "_x")
		if !isX {
			if i != timeCol && !strings.HasSuffix(h, "_y") && !strings.HasSuffix(h, "_z") {
				return nil, fmt.Errorf("motion: %s:1: column %q, expected NAME_x, NAME_y or NAME_z", name, h)
			}
			continue
		}
		c := [3]int{i, t.index(point + "_y"), t.index(point + "_z")}
		if c[1] < 0 || c[2] < 0 {
			return nil, fmt.Errorf("motion: %s:1: point %s lacks column %s_y or %s_z", name, point, point, point)
		}
		k.Points, cols = append(k.Points, point), append(cols, c)
	}
	if len(t.header) != 1+3*len(cols) {
		return nil, fmt.Errorf("motion: %s:1: %d columns for %d points, expected t and three a point", name, len(t.header), len(cols))
	}
	if k.Rate, err = t.rate(timeCol); err != nil {
		return nil, err
	}
	for _, row := range t.rows {
		f := make([][3]float64, len(cols))
		for i, c := range cols {
			f[i] = [3]float64{row[c[0]], row[c[1]], row[c[2]]}
		}
		k.Frames = append(k.Frames, f)
	}
	return k, k.toMetres()
}

// keyPointArray makes key points of an array of shape frames x 3 x points or
// frames x points x 3, other dimensions being one.
func keyPointArray(v []float64, shape []int, points []string, name string) (*KeyPoints, error) {
	var dims []int
	for _, d := range shape {
		if d != 1 {
			dims = append(dims, d)
		}
	}
	if points == nil {
		points = danncePoints
	}
	n := len(points)
	if len(dims) != 3 || !(dims[1] == 3 && dims[2] == n || dims[1] == n && dims[2] == 3) {
		return nil, fmt.Errorf("motion: %s: key points of shape %v, expected frames x 3 x %d or frames x %d x 3", name, shape, n, n)
	}
	xyz, point := 1, 3 // strides of a row
	if dims[1] == 3 {
		xyz, point = n, 1
	}
	k := &KeyPoints{Name: clipName(name), Source: name, Rate: dannceRate, Points: points}
	for ; len(v) >= 3*n; v = v[3*n:] {
		f := make([][3]float64, n)
		for i := range f {
			for a := range f[i] {
				f[i][a] = v[i*point+a*xyz]
			}
		}
		k.Frames = append(k.Frames, f)
	}
	if len(k.Frames) < minFrames {
		return nil, fmt.Errorf("motion: %s: %d frames, expected at least %d", name, len(k.Frames), minFrames)
	}
	return k, k.toMetres()
}

// toMetres tells the unit by the animal: a rat's spine is 30 to 300 mm from neck
// to tail base. Files hold mm, cm or m and seldom say which.
func (k *KeyPoints) toMetres() error {
	neck, tail := slices.Index(k.Points, "SpineF"), slices.Index(k.Points, "TailBase")
	if neck < 0 || tail < 0 {
		return fmt.Errorf("motion: %s: no points SpineF and TailBase, expected the points %s", k.Source, strings.Join(danncePoints, ","))
	}
	var d []float64
	for _, f := range k.Frames {
		if l := length(sub(f[neck], f[tail])); !math.IsNaN(l) {
			d = append(d, l)
		}
	}
	if len(d) == 0 {
		return fmt.Errorf("motion: %s: SpineF and TailBase are never seen together", k.Source)
	}
	slices.Sort(d)
	l, unit := d[len(d)/2], 0.0
	for _, u := range []float64{1e-3, 1e-2, 1} {
		if l*u >= 0.03 && l*u <= 0.3 {
			unit = u
		}
	}
	if unit == 0 {
		return fmt.Errorf("motion: %s: SpineF to TailBase is %.3g, expected a rat's 30 to 300 mm in mm, cm or m", k.Source, l)
	}
	for _, f := range k.Frames {
		for i := range f {
			for a := range f[i] {
				f[i][a] *= unit
			}
		}
	}
	return nil
}
