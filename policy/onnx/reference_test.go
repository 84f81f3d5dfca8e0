package onnx

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"whisker/policy/nn"
)

// A question is a model and the inputs that ONNX Runtime shall run it on.
type question struct {
	Model string            `json:"model"`
	Check bool              `json:"check"` // also by the checker of package onnx
	Runs  []map[string]feed `json:"runs"`
}

type feed struct {
	Shape []int     `json:"shape"`
	Data  []float32 `json:"data"`
}

// ask gives, per question and run, the outputs of ONNX Runtime.
func ask(t *testing.T, questions []question) [][]map[string][]float64 {
	t.Helper()
	python, err := filepath.Abs("../../.deps/venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("ONNX Runtime is missing; make test installs it: %v", err)
	}
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/reference.py")
	var out, msg bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &msg
	if err := cmd.Run(); err != nil {
		t.Fatalf("ONNX Runtime: %v\n%s", err, &msg)
	}
	var answers [][]map[string][]float64
	if err := json.Unmarshal(out.Bytes(), &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// randomRuns makes n sets of inputs for a model.
func randomRuns(m *Model, r *rand.Rand, n int) []map[string]feed {
	runs := make([]map[string]feed, n)
	for i := range runs {
		runs[i] = map[string]feed{}
		for _, p := range m.Inputs() {
			runs[i][p.Name] = feed{Shape: p.Shape, Data: random(r, size(p.Shape))}
		}
	}
	return runs
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// compare runs the model on the same inputs; |a-b| <= 1e-5 max(1, |b|).
func compare(t *testing.T, m *Model, runs []map[string]feed, answers []map[string][]float64) {
	t.Helper()
	for i, run := range runs {
		for name, f := range run {
			copy(m.Input(name), f.Data)
		}
		m.Run()
		for name, want := range answers[i] {
			got := m.Output(name)
			if len(got) != len(want) {
				t.Fatalf("run %d: %s has %d values, ONNX Runtime gives %d", i, name, len(got), len(want))
			}
			for j, w := range want {
				if d := math.Abs(float64(got[j]) - w); !(d <= 1e-5*max(1, math.Abs(w))) {
					t.Fatalf("run %d: %s[%d] = %g, ONNX Runtime gives %g", i, name, j, got[j], w)
				}
			}
		}
	}
}

func kinds() map[string][]nn.Option {
	return map[string][]nn.Option{nn.Kernel(): nil, "plain go": {nn.PlainGo()}}
}
