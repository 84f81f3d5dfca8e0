package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"whisker/policy/onnx"
)

//go:embed testdata/ortbench.c
var peerSource []byte

func compilePeer(dir string) (string, error) {
	source, program := filepath.Join(dir, "ortbench.c"), filepath.Join(dir, "ortbench")
	if err := os.WriteFile(source, peerSource, 0o600); err != nil {
		return "", err
	}
	out, err := exec.Command("cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-o", program, source, "-ldl", "-lm").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("nnbench: cc: %w\n%s", err, out)
	}
	return program, nil
}

// A peer is the C program with one model loaded.
type peer struct {
	cmd *exec.Cmd
	in  *bufio.Writer
	out *bufio.Scanner
	end func() error
}

func start(program, library, file string, m *onnx.Model) (*peer, error) {
	var inputs []string
	for _, p := range m.Inputs() {
		inputs = append(inputs, spec(p))
	}
	cmd := exec.Command(program, library, file, strings.Join(inputs, ";"), spec(m.Outputs()[0]))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &peer{cmd: cmd, in: bufio.NewWriter(in), out: bufio.NewScanner(out), end: in.Close}
	p.out.Buffer(nil, 1<<20)
	p.out.Scan() // the version
	return p, nil
}

// spec is NAME:DIM,DIM..
func spec(p onnx.Port) string {
	return p.Name + ":" + strings.Trim(strings.ReplaceAll(fmt.Sprint(p.Shape), " ", ","), "[]")
}

func (p *peer) stop() {
	p.end()
	p.cmd.Wait()
}

func (p *peer) ask(what string, n int) ([]float64, error) {
	fmt.Fprintln(p.in, what, n)
	if err := p.in.Flush(); err != nil {
		return nil, fmt.Errorf("nnbench: the peer is gone: %w", err)
	}
	if !p.out.Scan() {
		return nil, fmt.Errorf("nnbench: no answer of the peer: %v", p.out.Err())
	}
	var values []float64
	for _, s := range strings.Fields(p.out.Text()) {
		var v float64
		if _, err := fmt.Sscan(s, &v); err != nil {
			return nil, fmt.Errorf("nnbench: the peer said %q", s)
		}
		values = append(values, v)
	}
	return values, nil
}

// agrees checks that both compute the same before they are timed.
func (p *peer) agrees(m *onnx.Model) error {
	if _, err := p.ask("hot", 50); err != nil {
		return err
	}
	want, err := p.ask("out", 1)
	if err != nil {
		return err
	}
	m.Run()
	got := m.Output(m.Outputs()[0].Name)
	if len(got) != len(want) {
		return fmt.Errorf("%d outputs, ONNX Runtime has %d", len(got), len(want))
	}
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > 1e-4*max(1, math.Abs(w)) {
			return fmt.Errorf("output %d is %g, ONNX Runtime gives %g", i, got[i], w)
		}
	}
	return nil
}

// race alternates rounds of so many runs between the two sides.
func (p *peer) race(m *onnx.Model, mode string, runs, rounds int) (times, error) {
	var ours, theirs, ratio []float64
	for range rounds {
		a := median(measure(m, mode == "cold", runs))
		all, err := p.ask(mode, runs)
		if err != nil {
			return times{}, err
		}
		b := median(all)
		ours, theirs, ratio = append(ours, a), append(theirs, b), append(ratio, a/b)
	}
	return times{median(ours) / 1e3, median(theirs) / 1e3, median(ratio)}, nil
}
