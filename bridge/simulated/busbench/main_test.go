package main

import "testing"

// A quick look gives figures, and no codec allocates.
func TestMeasure(t *testing.T) {
	r, err := measure(options{rounds: 1, cycles: 5, python: "../../../.deps/venv/bin/python"})
	if err != nil {
		t.Fatal(err)
	}
	if !(r.Driver > 0 && r.SDK > 0 && r.Ratio > 0) || len(r.Codecs) != 3 {
		t.Errorf("%+v", r)
	}
	for _, c := range r.Codecs {
		if c.Allocs != 0 || !(c.Time > 0) {
			t.Errorf("%+v: want no allocations", c)
		}
	}
}
