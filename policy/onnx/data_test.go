//go:build data

package onnx

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Every policy of others agrees with ONNX Runtime on 200 random inputs, with every kernel.
func TestPoliciesOfOthers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(os.Getenv("WHISKER_DATA"), "policies", "*.onnx"))
	if err != nil || len(files) < 3 || os.Getenv("WHISKER_DATA") == "" {
		t.Fatalf("WHISKER_DATA must name the data folder with at least three policies, found %v", files)
	}
	r := rand.New(rand.NewPCG(11, 12))
	var questions []question
	for _, f := range files {
		m, err := Load(f)
		if err != nil {
			t.Fatal(err)
		}
		questions = append(questions, question{Model: f, Runs: randomRuns(m, r, 200)})
	}
	answers := ask(t, questions)
	for name, opts := range kinds() {
		for i, q := range questions {
			t.Run(name+"/"+filepath.Base(q.Model), func(t *testing.T) {
				m, err := Load(q.Model, opts...)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, m, q.Runs, answers[i])
				if n := testing.AllocsPerRun(10, m.Run); n != 0 {
					t.Errorf("%g allocations", n)
				}
			})
		}
	}
}
