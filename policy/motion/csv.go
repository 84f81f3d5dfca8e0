package motion

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// csvRoot are the columns that every clip file has, beside one per joint.
var csvRoot = []string{"t", "root_x", "root_y", "root_z", "root_qw", "root_qx", "root_qy", "root_qz"}

// minFrames is the shortest clip that has filtered velocities.
const minFrames = 5

// ReadCSV reads a clip: a header line, then one line a frame with time t (s),
// root position (m), root quaternion and joint angles (rad), columns in any
// order. name is the file's, for errors and Clip.Name. The rate comes from t.
// Every column that is not the root's counts as a joint; Reorder refuses those
// that a body lacks.
func ReadCSV(r io.Reader, name string) (*Clip, error) {
	t, err := readTable(r, name, false)
	if err != nil {
		return nil, err
	}
	root := make([]int, len(csvRoot))
	for i, want := range csvRoot {
		if root[i] = t.index(want); root[i] < 0 {
			return nil, fmt.Errorf("motion: %s:1: no column %q; a clip has the columns %s and one per joint", name, want, strings.Join(csvRoot, ","))
		}
	}
	var joints []int
	c := &Clip{Name: clipName(name), Source: name}
	for i, h := range t.header {
		if indexOf(csvRoot, h) < 0 {
			joints = append(joints, i)
			c.Joints = append(c.Joints, h)
		}
	}
	if c.Rate, err = t.rate(root[0]); err != nil {
		return nil, err
	}
	for i, row := range t.rows {
		p, err := csvPose(row, root, joints)
		if err != nil {
			return nil, fmt.Errorf("motion: %s:%d: %w", name, t.lines[i], err)
		}
		c.Poses = append(c.Poses, p)
	}
	return c, c.finish()
}

// csvPose is one row of a clip file.
func csvPose(row []float64, root, joints []int) (Pose, error) {
	p := Pose{Q: make([]float64, len(joints))}
	for i := range p.Pos {
		p.Pos[i] = row[root[1+i]]
	}
	for i := range p.Quat {
		p.Quat[i] = row[root[4+i]]
	}
	for i, j := range joints {
		p.Q[i] = row[j]
	}
	return p, p.unitQuat("columns root_qw..root_qz")
}

// unitQuat refuses a root quaternion that is far from length one, and scales
// away the rest.
func (p *Pose) unitQuat(where string) error {
	n := quatNorm(p.Quat)
	if !(math.Abs(n-1) < 0.01) {
		return fmt.Errorf("%s: a quaternion of length %.4g, expected 1", where, n)
	}
	p.Quat = quatUnit(p.Quat)
	return nil
}

// WriteCSV writes c as ReadCSV reads it.
func WriteCSV(w io.Writer, c *Clip) error {
	b := bufio.NewWriter(w)
	b.WriteString(strings.Join(append(append([]string{}, csvRoot...), c.Joints...), ","))
	b.WriteByte('\n')
	var num []byte
	for i := range c.Poses {
		p := &c.Poses[i]
		row := append([]float64{float64(i) / c.Rate}, p.Pos[:]...)
		row = append(append(row, p.Quat[:]...), p.Q...)
		for k, v := range row {
			if k > 0 {
				b.WriteByte(',')
			}
			num = strconv.AppendFloat(num[:0], v, 'g', 9, 64)
			b.Write(num)
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// table is a CSV file of numbers under a header of distinct names.
type table struct {
	name   string
	header []string
	rows   [][]float64
	lines  []int // of the file, per row
}

// readTable reads a whole CSV file; every field must be a finite number or,
// where gaps are allowed, nan or nothing.
func readTable(r io.Reader, name string, gaps bool) (*table, error) {
	cr := csv.NewReader(r)
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	cr.TrimLeadingSpace = true
	t := &table{name: name}
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("motion: %s: %w; expected comma-separated values", name, err)
		}
		line, _ := cr.FieldPos(0)
		if t.header == nil {
			if err := t.setHeader(rec); err != nil {
				return nil, err
			}
			continue
		}
		if err := t.addRow(line, rec, gaps); err != nil {
			return nil, err
		}
	}
	if len(t.rows) < minFrames {
		return nil, fmt.Errorf("motion: %s: %d frames, expected at least %d under a header line", name, len(t.rows), minFrames)
	}
	return t, nil
}

func (t *table) setHeader(rec []string) error {
	seen := map[string]bool{}
	for i, h := range rec {
		if i == 0 {
			h = strings.TrimPrefix(h, "\ufeff")
		}
		h = strings.TrimSpace(h)
		if h == "" || seen[h] {
			return fmt.Errorf("motion: %s:1: column %d is named %q, expected a name used once", t.name, i+1, h)
		}
		seen[h] = true
		t.header = append(t.header, h)
	}
	return nil
}

func (t *table) addRow(line int, rec []string, gaps bool) error {
	if len(rec) != len(t.header) {
		return fmt.Errorf("motion: %s:%d: %d fields, expected %d as in the header", t.name, line, len(rec), len(t.header))
	}
	row := make([]float64, len(rec))
	for i, s := range rec {
		s = strings.TrimSpace(s)
		if gaps && (s == "" || strings.EqualFold(s, "nan")) {
			row[i] = math.NaN()
			continue
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("motion: %s:%d: column %s: %q, expected a finite number", t.name, line, t.header[i], clip20(s))
		}
		row[i] = v
	}
	t.rows = append(t.rows, row)
	t.lines = append(t.lines, line)
	return nil
}

// clip20 keeps an error line short.
func clip20(s string) string {
	if len(s) > 20 {
		return s[:20] + "..."
	}
	return s
}

func (t *table) index(column string) int { return indexOf(t.header, column) }

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// rate is that of the time column, which must be uniform: each frame within a
// tenth of a period of where the mean rate puts it (files print milliseconds).
func (t *table) rate(col int) (float64, error) {
	n := len(t.rows) - 1
	first, span := t.rows[0][col], t.rows[n][col]-t.rows[0][col]
	rate := float64(n) / span
	if !(rate >= 1 && rate <= 10000) {
		return 0, fmt.Errorf("motion: %s: column %s: %d frames in %.4g s, expected 1 to 10000 frames per second", t.name, t.header[col], n+1, span)
	}
	for i := range t.rows {
		want := first + float64(i)/rate
		if got := t.rows[i][col]; math.Abs(got-want)*rate > 0.1 {
			return 0, fmt.Errorf("motion: %s:%d: column %s: %.6g s, expected %.6g s at a uniform %.5g frames per second", t.name, t.lines[i], t.header[col], got, want, rate)
		}
	}
	if whole := math.Round(rate); math.Abs(rate-whole) < 1e-3*rate {
		rate = whole
	}
	return rate, nil
}
