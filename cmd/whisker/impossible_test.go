package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// everyRow is a clip's text with v added to, or times multiplied with, a column.
func everyRow(t *testing.T, text, column string, times, v float64) string {
	t.Helper()
	rows := strings.Split(strings.TrimSpace(text), "\n")
	at := -1
	for i, name := range strings.Split(rows[0], ",") {
		if name == column {
			at = i
		}
	}
	if at < 0 {
		t.Fatalf("no column %s", column)
	}
	for i := range rows[1:] {
		f := strings.Split(rows[1+i], ",")
		x, err := strconv.ParseFloat(f[at], 64)
		if err != nil {
			t.Fatal(err)
		}
		f[at] = fmt.Sprint(x*times + v)
		rows[1+i] = strings.Join(f, ",")
	}
	return strings.Join(rows, "\n") + "\n"
}

// Whoever takes a clip refuses what no rat can do, in the same words.
func TestClipsThatNoBodyCanDoAreRefused(t *testing.T) {
	walk := converted(t, "walk")
	for _, c := range []struct{ name, text, want string }{
		{"fast", everyRow(t, walk, "root_x", 40, 0), "m/s, expected at most "},
		{"knee", everyRow(t, walk, "knee_L", 1, 6), "joint knee_L is at "},
		{"air", everyRow(t, walk, "root_z", 1, 1), "no foot stands on the floor"},
	} {
		path, out := file(t, c.name+".csv", c.text), filepath.Join(t.TempDir(), "out.csv")
		for _, args := range [][]string{
			{"run", "--pace", "lockstep", "--clip", path},
			{"run", "--pace", "lockstep", "--robot", "quadruped", "--clip", path},
			{"evaluate", "--clip", path},
			{"evaluate", "--raw", "--clip", path},
			{"evaluate", "--robot", "quadruped", "--clip", path},
			{"train", "--out", t.TempDir(), "--worlds", "8", "--workers", "1", "--clip", path},
			{"train", "--robot", "quadruped", "--out", t.TempDir(), "--worlds", "8", "--workers", "1", "--clip", path},
			{"clip", "retarget", "--robot", "quadruped", "--out", out, path},
		} {
			refused(t, whisker(args...), "clip "+c.name+", frame ", c.want)
		}
	}
}
