package main

import (
	"path/filepath"
	"testing"

	"whisker/policy/onnx"
)

// Both sides of the bench compute the same network before anything is timed, and a
// difference is noticed.
func TestPeerComputesTheSame(t *testing.T) {
	library, err := filepath.Glob("../../../.deps/venv/lib/python3.*/site-packages/onnxruntime/capi/libonnxruntime.so.*")
	if err != nil || len(library) == 0 {
		t.Fatalf("no ONNX Runtime in .deps; make test installs it: %v", err)
	}
	dir := t.TempDir()
	program, err := compilePeer(dir)
	if err != nil {
		t.Fatal(err)
	}
	file, err := write(filepath.Join(dir, "small.onnx"), small())
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	fill(m)
	p, err := start(program, library[0], file, m)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if err := p.agrees(m); err != nil {
		t.Error(err)
	}
	if times, err := p.ask("cold", 2); err != nil || len(times) != 2 || times[0] <= 0 {
		t.Errorf("times %v, %v", times, err)
	}
	m.Input(m.Inputs()[0].Name)[0]++
	if p.agrees(m) == nil {
		t.Error("another input is not noticed")
	}
}

func TestMedian(t *testing.T) {
	for want, x := range map[float64][]float64{2: {3, 1, 2}, 2.5: {4, 1, 2, 3}} {
		if got := median(x); got != want {
			t.Errorf("median of %g is %g, want %g", x, got, want)
		}
	}
}
