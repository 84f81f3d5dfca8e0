package identify

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readCSV reads a table with a header: t_s, and per joint cmd_NAME_rad and
// pos_NAME_rad, in any order; other columns are left alone.
func readCSV(path string) (*Log, error) {
	rows, lines, err := csvRows(path)
	if err != nil {
		return nil, err
	}
	time, cmd, pos, names, err := csvColumns(path, rows[0])
	if err != nil {
		return nil, err
	}
	l := &Log{Name: path, Joints: names}
	l.Command, l.Position = make([][]float64, len(names)), make([][]float64, len(names))
	for i, row := range rows[1:] {
		cell := func(c int) float64 {
			v, e := strconv.ParseFloat(row[c], 64)
			if e != nil && err == nil {
				err = fmt.Errorf("identify: %s:%d: column %s is %q, want a number", path, lines[i+1], rows[0][c], row[c])
			}
			return v
		}
		l.Time = append(l.Time, cell(time))
		for j := range names {
			l.Command[j] = append(l.Command[j], cell(cmd[j]))
			l.Position[j] = append(l.Position[j], cell(pos[j]))
		}
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// readText reads a file, without the byte order mark that spreadsheets write.
func readText(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("identify: %w", err)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

// csvRows reads all rows, with the line that each begins on, and wants them equally long
// and more than a header. Spaces around what a cell says are left out.
func csvRows(path string) (rows [][]string, lines []int, err error) {
	text, err := readText(path)
	if err != nil {
		return nil, nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1 // the reader's own error names no file
	r.TrimLeadingSpace = true
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("identify: %s: %w", path, err)
		}
		line, _ := r.FieldPos(0)
		if rows, lines = append(rows, row), append(lines, line); len(row) != len(rows[0]) {
			return nil, nil, fmt.Errorf("identify: %s:%d: %d values, want %d as in the header", path, line, len(row), len(rows[0]))
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
	}
	if len(rows) < 2 {
		return nil, nil, fmt.Errorf("identify: %s: %d rows, want a header and samples", path, len(rows))
	}
	return rows, lines, nil
}

// csvColumns finds the time and the pair of columns of every joint.
func csvColumns(path string, header []string) (time int, cmd, pos []int, names []string, err error) {
	at := map[string]int{}
	for i, h := range header {
		if _, twice := at[h]; twice && (h == "t_s" || strings.HasSuffix(h, "_rad")) {
			return 0, nil, nil, nil, fmt.Errorf("identify: %s:1: two columns %s, want one", path, h)
		}
		at[h] = i
	}
	time, ok := at["t_s"]
	if _, sage := at["positions"]; sage && !ok {
		return 0, nil, nil, nil, fmt.Errorf("identify: %s is a table of a SAGE log, want the folder that it is in: %s", path, filepath.Dir(path))
	}
	if !ok {
		return 0, nil, nil, nil, fmt.Errorf("identify: %s:1: no column t_s, want the time in s; the columns are %s", path, strings.Join(header, ", "))
	}
	for _, h := range header {
		if name, is := between(h, "cmd_", "_rad"); is {
			p, ok := at["pos_"+name+"_rad"]
			if !ok {
				return 0, nil, nil, nil, fmt.Errorf("identify: %s:1: no column pos_%s_rad for %s, want both", path, name, h)
			}
			names, cmd, pos = append(names, name), append(cmd, at[h]), append(pos, p)
		} else if name, is := between(h, "pos_", "_rad"); is {
			if _, ok := at["cmd_"+name+"_rad"]; !ok {
				return 0, nil, nil, nil, fmt.Errorf("identify: %s:1: no column cmd_%s_rad for %s, want both", path, name, h)
			}
		}
	}
	if len(names) == 0 {
		return 0, nil, nil, nil, fmt.Errorf("identify: %s:1: no columns cmd_NAME_rad and pos_NAME_rad, want a pair per joint, in rad; the columns are %s",
			path, strings.Join(header, ", "))
	}
	return time, cmd, pos, names, nil
}

func between(s, prefix, suffix string) (string, bool) {
	s, a := strings.CutPrefix(s, prefix)
	s, b := strings.CutSuffix(s, suffix)
	return s, a && b && s != ""
}
