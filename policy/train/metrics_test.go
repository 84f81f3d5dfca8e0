package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rowsOf are the updates of a metrics file's rows, which must be whole and follow its header.
func rowsOf(t *testing.T, path string) (updates []int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if lines[0] != metricsHeader {
		t.Errorf("the first line is %q, want the header", lines[0])
	}
	for _, line := range lines[1:] {
		u, err := strconv.Atoi(line[:strings.Index(line+",", ",")])
		if err != nil || strings.Count(line, ",") != strings.Count(metricsHeader, ",") {
			t.Errorf("no whole row: %q", line)
		}
		updates = append(updates, u)
	}
	return updates
}

// goesBack tells whether a curve of an HTML page goes back in its transitions.
func goesBack(t *testing.T, path string) bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	curves := regexp.MustCompile(`d="(M[^"]+)"`).FindAllStringSubmatch(string(text), -1)
	if len(curves) == 0 {
		t.Fatalf("no curves in\n%s", text)
	}
	for _, c := range curves {
		var x []float64
		for _, point := range strings.FieldsFunc(c[1], func(r rune) bool { return r == 'M' || r == 'L' }) {
			v, err := strconv.ParseFloat(strings.Fields(point)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, v)
		}
		if !slices.IsSorted(x) {
			return true
		}
	}
	return false
}

// trained runs four updates and returns how to go on for two more.
func trained(t *testing.T) (more Config) {
	t.Helper()
	worlds, refs := balancers(t, 16)
	c := quick()
	dir := t.TempDir()
	c.Checkpoint, c.Metrics = filepath.Join(dir, "a.ckpt"), filepath.Join(dir, "a.csv")
	if err := Run(context.Background(), c, worlds, refs); err != nil {
		t.Fatal(err)
	}
	c.Transitions += 2 * 16 * 32
	return c
}

// What a killed run left after its last checkpoint is done again, and shown once.
func TestAResumedRunTakesUpTheMetricsAtItsCheckpoint(t *testing.T) {
	const half = "7,3584,0.51"
	row := func(update int) string {
		return fmt.Sprintf("%d,%d%s\n", update, update*16*32, strings.Repeat(",0.5", 10))
	}
	for name, after := range map[string]string{
		"rows after the checkpoint":             row(5) + row(6) + row(7),
		"half a row":                            row(5) + row(6) + half,
		"half a row alone":                      half,
		"half a row that a later one went into": row(5) + half + row(3) + row(4),
		"rows that were repeated":               row(5) + row(6) + row(3) + row(4) + row(5),
	} {
		t.Run(name, func(t *testing.T) {
			c := trained(t)
			text, err := os.ReadFile(c.Metrics)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.Metrics, append(text, after...), 0o600); err != nil {
				t.Fatal(err)
			}
			worlds, refs := balancers(t, 16)
			if err := Run(context.Background(), c, worlds, refs); err != nil {
				t.Fatal(err)
			}
			if rows := rowsOf(t, c.Metrics); !slices.Equal(rows, []int{1, 2, 3, 4, 5, 6}) {
				t.Errorf("rows of updates %v, want 1 to 6", rows)
			}
			if goesBack(t, strings.TrimSuffix(c.Metrics, ".csv")+".html") {
				t.Error("a curve goes back")
			}
		})
	}
}

func TestAResumedRunWithoutMetricsBeginsNewOnes(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"removed":              os.Remove,
		"emptied":              func(path string) error { return os.Truncate(path, 0) },
		"cut in its header":    func(path string) error { return os.Truncate(path, 20) },
		"cut after its header": func(path string) error { return os.Truncate(path, int64(len(metricsHeader)+1)) },
	} {
		t.Run(name, func(t *testing.T) {
			c := trained(t)
			if err := lose(c.Metrics); err != nil {
				t.Fatal(err)
			}
			worlds, refs := balancers(t, 16)
			if err := Run(context.Background(), c, worlds, refs); err != nil {
				t.Fatal(err)
			}
			if rows := rowsOf(t, c.Metrics); !slices.Equal(rows, []int{5, 6}) {
				t.Errorf("rows of updates %v, want 5 and 6", rows)
			}
			if goesBack(t, strings.TrimSuffix(c.Metrics, ".csv")+".html") {
				t.Error("a curve goes back")
			}
		})
	}
}

// Rows are not added under a header that they do not fit.
func TestMetricsOfOtherColumnsAreRefused(t *testing.T) {
	c := trained(t)
	const other = "update,loss\n1,0.5\n"
	if err := os.WriteFile(c.Metrics, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	worlds, refs := balancers(t, 16)
	err := Run(context.Background(), c, worlds, refs)
	var open *OpenError
	if !errors.As(err, &open) || !strings.Contains(err.Error(), c.Metrics+":1: \"update,loss\", expected the header update,transitions,") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line on line 1 of %s", err, c.Metrics)
	}
	if text, err := os.ReadFile(c.Metrics); err != nil || string(text) != other {
		t.Errorf("the file is now %q (%v)", text, err)
	}
}
