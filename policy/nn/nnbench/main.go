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
	"bufio"
	_ "embed"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"whisker/policy/nn"
	"whisker/policy/onnx"
)

//go:embed testdata/ortbench.c
var peerSource []byte

func main() {
	library := flag.String("lib", ".deps/venv/lib/python3.*/site-packages/onnxruntime/capi/libonnxruntime.so.*", "ONNX Runtime's C library")
	rounds := flag.Int("rounds", 15, "rounds")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: nnbench [-lib FILE] [-rounds N] [MODEL.onnx ...]   (also runs a small and a paper-size network)")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(*library, *rounds, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(library string, rounds int, files []string) error {
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
	fmt.Printf("kernel %s, %d rounds, medians; ratio = ours/ONNX Runtime\n", nn.Kernel(), rounds)
	fmt.Printf("%-40s %8s  %26s  %26s\n", "", "weights", "hot us: ours  ORT  ratio", "cold us: ours  ORT  ratio")
	for _, f := range append(files, own...) {
		if err := compare(f, program, found[0], rounds); err != nil {
			return err
		}
	}
	return nil
}

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

// compare prints one row.
func compare(file, program, library string, rounds int) error {
	m, err := onnx.Load(file)
	if err != nil {
		return err
	}
	fill(m)
	p, err := start(program, library, file, m)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.agrees(m); err != nil {
		return fmt.Errorf("nnbench: %s: %w", file, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	fmt.Printf("%-40s %5.2f MB", strings.TrimSuffix(filepath.Base(file), ".onnx"), float64(info.Size())/1e6)
	for _, mode := range []struct {
		name string
		runs int
	}{{"hot", 200}, {"cold", 20}} {
		var ours, theirs, ratio []float64
		for range rounds {
			a := median(measure(m, mode.name == "cold", mode.runs))
			times, err := p.ask(mode.name, mode.runs)
			if err != nil {
				return err
			}
			b := median(times)
			ours, theirs, ratio = append(ours, a), append(theirs, b), append(ratio, a/b)
		}
		fmt.Printf("  %12.1f %6.1f %6.2f", median(ours)/1e3, median(theirs)/1e3, median(ratio))
	}
	fmt.Println()
	return nil
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
