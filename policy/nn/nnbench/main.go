// Command nnbench compares the forward pass with ONNX Runtime: one thread, rounds
// that alternate between the two, medians of the ratios of each round.
//
// Hot is one run after the other; cold streams 96 MB through the caches before each
// run, as a simulator step between two ticks would. ONNX Runtime is called through
// its C library by a small C program with tensors made once, so that no Python and no
// binding is measured; both sides read the clock around one run. Start it under
// `taskset -c N` to keep both on one core.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"whisker/policy/nn"
	"whisker/policy/onnx"
)

func main() {
	library := flag.String("lib", ".deps/venv/lib/python3.*/site-packages/onnxruntime/capi/libonnxruntime.so.*", "ONNX Runtime's C library")
	rounds := flag.Int("rounds", 15, "rounds")
	lines := flag.Bool("json", false, "print a line of JSON a network in place of the table")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: nnbench [-lib FILE] [-rounds N] [-json] [MODEL.onnx ...]   (also runs a small and a paper-size network)")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(*library, *rounds, *lines, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(library string, rounds int, lines bool, files []string) error {
	found, err := filepath.Glob(library)
	if err != nil || len(found) == 0 {
		return fmt.Errorf("nnbench: no ONNX Runtime at %s; make test installs it", library)
	}
	dir, err := os.MkdirTemp("", "nnbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := compilePeer(dir)
	if err != nil {
		return err
	}
	own, err := networks(dir)
	if err != nil {
		return err
	}
	if !lines {
		fmt.Printf("kernel %s, %d rounds, medians; ratio = ours/ONNX Runtime\n", nn.Kernel(), rounds)
		fmt.Printf("%-40s %8s  %26s  %26s\n", "", "weights", "hot us: ours  ORT  ratio", "cold us: ours  ORT  ratio")
	}
	for _, f := range append(files, own...) {
		r, err := compare(f, program, found[0], rounds)
		if err != nil {
			return err
		}
		if !lines {
			fmt.Println(r)
		} else if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// result is one network's row.
type result struct {
	Network string  `json:"network"`
	Size    float64 `json:"size_mb"`
	Hot     times   `json:"hot"`
	Cold    times   `json:"cold"`
}

// times are medians over the rounds, µs.
type times struct {
	Ours  float64 `json:"ours_us"`
	Peer  float64 `json:"onnxruntime_us"`
	Ratio float64 `json:"ratio"`
}

func (r *result) String() string {
	s := fmt.Sprintf("%-40s %5.2f MB", r.Network, r.Size)
	for _, t := range []times{r.Hot, r.Cold} {
		s += fmt.Sprintf("  %12.1f %6.1f %6.2f", t.Ours, t.Peer, t.Ratio)
	}
	return s
}

// compare measures one network on both sides.
func compare(file, program, library string, rounds int) (*result, error) {
	m, err := onnx.Load(file)
	if err != nil {
		return nil, err
	}
	fill(m)
	p, err := start(program, library, file, m)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if err := p.agrees(m); err != nil {
		return nil, fmt.Errorf("nnbench: %s: %w", file, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	r := &result{Network: strings.TrimSuffix(filepath.Base(file), ".onnx"), Size: float64(info.Size()) / 1e6}
	if r.Hot, err = p.race(m, "hot", 200, rounds); err != nil {
		return nil, err
	}
	r.Cold, err = p.race(m, "cold", 20, rounds)
	return r, err
}

// fill sets the inputs to what the peer's are.
func fill(m *onnx.Model) {
	for _, in := range m.Inputs() {
		x := m.Input(in.Name)
		for i := range x {
			x[i] = float32(math.Sin(float64(i)))
		}
	}
}

// measure times single runs of ours, in ns.
func measure(m *onnx.Model, cold bool, runs int) []float64 {
	times := make([]float64, runs)
	var memory []byte
	if cold {
		memory = make([]byte, 96<<20)
	}
	for i := range times {
		for j := 0; j < len(memory); j += 64 {
			memory[j]++
		}
		start := time.Now()
		m.Run()
		times[i] = float64(time.Since(start))
	}
	return times
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
