package identify

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// minOverlap is the part of the longer of the two tables that both must cover: a
// log that lacks more was broken off.
const minOverlap = 0.9

// readSAGE reads a folder of github.com/isaac-sim2real/sage: joint_list.txt,
// control.csv and state_motor.csv, whose timestamps are µs and whose positions
// are lists in rad. Commands and states are matched by time: with each state goes the
// command that holds halfway to the next, for it holds most of that time.
func readSAGE(dir string) (*Log, error) {
	names, err := readJointList(filepath.Join(dir, "joint_list.txt"))
	if err != nil {
		return nil, err
	}
	ct, cmd, err := readSAGETable(filepath.Join(dir, "control.csv"), len(names))
	if err != nil {
		return nil, err
	}
	st, pos, err := readSAGETable(filepath.Join(dir, "state_motor.csv"), len(names))
	if err != nil {
		return nil, err
	}
	first, last := max(ct[0], st[0]), min(ct[len(ct)-1], st[len(st)-1])
	if longest := max(ct[len(ct)-1]-ct[0], st[len(st)-1]-st[0]); last-first < minOverlap*longest {
		return nil, fmt.Errorf("identify: %s: control.csv spans %.3f to %.3f s and state_motor.csv %.3f to %.3f s, want the same times",
			dir, ct[0], ct[len(ct)-1], st[0], st[len(st)-1])
	}
	l := &Log{Name: dir, Joints: names, Command: make([][]float64, len(names)), Position: make([][]float64, len(names))}
	c := 0
	for i, t := range st {
		for c+1 < len(ct) && ct[c+1] <= (t+st[min(i+1, len(st)-1)])/2 {
			c++
		}
		if t < first || t > last {
			continue // no command is known there
		}
		l.Time = append(l.Time, t)
		for j := range names {
			l.Command[j] = append(l.Command[j], cmd[c][j])
			l.Position[j] = append(l.Position[j], pos[i][j])
		}
	}
	return l, nil
}

func readJointList(path string) ([]string, error) {
	text, err := readText(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("identify: %s is no SAGE log: no joint_list.txt, want it with control.csv and state_motor.csv in one folder", filepath.Dir(path))
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		if n := strings.TrimSpace(line); n != "" {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("identify: %s: no joint, want a name per line", path)
	}
	return names, nil
}

// readSAGETable reads times (s) and the lists of the column positions.
func readSAGETable(path string, joints int) (times []float64, lists [][]float64, err error) {
	rows, lines, err := csvRows(path)
	if err != nil {
		return nil, nil, err
	}
	stamp, list := -1, -1
	for i, h := range rows[0] {
		switch h {
		case "timestamp":
			stamp = i
		case "positions":
			list = i
		}
	}
	if stamp < 0 || list < 0 {
		return nil, nil, fmt.Errorf("identify: %s:1: columns %s, want timestamp (µs) and positions (rad)", path, strings.Join(rows[0], ", "))
	}
	for i, row := range rows[1:] {
		us, err := strconv.ParseFloat(row[stamp], 64)
		if err != nil {
			return nil, nil, fmt.Errorf("identify: %s:%d: timestamp %q, want µs", path, lines[i+1], row[stamp])
		}
		var x []*float64 // a null would leave a number at 0
		if err := json.Unmarshal([]byte(row[list]), &x); err != nil || len(x) != joints || slices.Contains(x, nil) {
			return nil, nil, fmt.Errorf("identify: %s:%d: positions %.40q, want a list of %d angles in rad", path, lines[i+1], row[list], joints)
		}
		angles := make([]float64, joints)
		for j := range x {
			angles[j] = *x[j]
		}
		times, lists = append(times, us/1e6), append(lists, angles)
	}
	// A SAGE log runs at 10 to 1000 Hz; a period far outside of that is a log in other units.
	if period := (times[len(times)-1] - times[0]) / float64(len(times)-1); period < 1e-4 || period > 0.5 {
		return nil, nil, fmt.Errorf("identify: %s: a mean period of %.3g µs, want 100 to 500000: are the timestamps in µs?", path, 1e6*period)
	}
	return times, lists, (&Log{Name: path, Time: times}).checkTime()
}
