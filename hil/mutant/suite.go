package mutant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// patience bounds one run of tests; a mutant may loop for ever.
const patience = 2 * time.Minute

// verdict of a build and its tests.
type verdict int

const (
	survived   verdict = iota
	killed             // a test failed, a sanitizer spoke, or nothing ended
	stillborn          // it does not compile
	equivalent         // it compiles to the same code
)

// suite builds and runs the tests of some sources.
type suite interface {
	// prepare builds everything that mutants share.
	prepare(ctx context.Context) error
	// judge runs one mutant, in a folder of its own.
	judge(ctx context.Context, m Mutant, source []byte, dir string) (verdict, error)
}

// quiet runs a command and says whether it succeeded. Its output is of no interest.
func quiet(ctx context.Context, dir, name string, args ...string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	err := cmd.Run()
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) || ctx.Err() != nil {
		return err == nil, nil
	}
	return false, fmt.Errorf("mutant: %w", err)
}

// firmware is the suite of the C sources: the programs in firmware/test/unit.
type firmware struct {
	root, dir string
	programs  []string // names
}

// portable are the sources that every board is built from.
var portable = []string{"servo", "mit", "imu", "safety", "robot", "robot_host", "wire", "wire_schema", "config_quadruped"}

// The two builds: one that is fast and tells equal code, and one that finds
// what only a sanitizer sees.
var builds = map[string][]string{
	"plain":     {"-O2", "-ffp-contract=off"},
	"sanitized": {"-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"},
}

func (f *firmware) cc(ctx context.Context, dir, build string, args ...string) (bool, error) {
	fw := filepath.Join(f.root, "firmware")
	flags := append([]string{"-std=c11", "-D_DEFAULT_SOURCE", "-w", "-Werror=return-type", "-I" + fw, "-I" + filepath.Join(fw, "test/unit")}, builds[build]...)
	return quiet(ctx, dir, "cc", append(flags, args...)...)
}

func (f *firmware) prepare(ctx context.Context) error {
	fw := filepath.Join(f.root, "firmware")
	tests, err := filepath.Glob(filepath.Join(fw, "test/unit/*_test.c"))
	if err != nil || len(tests) == 0 {
		return fmt.Errorf("mutant: no test programs in %s/test/unit", fw)
	}
	for build := range builds {
		dir := filepath.Join(f.dir, build)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("mutant: %w", err)
		}
		sources := tests
		for _, name := range portable {
			sources = append(sources[:len(sources):len(sources)], filepath.Join(fw, name+".c"))
		}
		for _, src := range sources {
			vectors := fmt.Sprintf("-DVECTORS=%q", filepath.Join(fw, "test/testdata/imu.txt"))
			golden := fmt.Sprintf("-DGOLDEN=%q", filepath.Join(fw, "frames.golden"))
			// In its own folder, so that the object does not tell where the source was.
			if ok, err := f.cc(ctx, filepath.Dir(src), build, vectors, golden, "-c", "-o", filepath.Join(dir, object(src)), filepath.Base(src)); err != nil || !ok {
				return errors.Join(fmt.Errorf("mutant: %s does not compile", src), err)
			}
		}
	}
	for _, t := range tests {
		f.programs = append(f.programs, strings.TrimSuffix(filepath.Base(t), ".c"))
	}
	return nil
}

func object(src string) string { return strings.TrimSuffix(filepath.Base(src), ".c") + ".o" }

func (f *firmware) judge(ctx context.Context, m Mutant, source []byte, dir string) (verdict, error) {
	name := filepath.Base(m.File)
	if err := os.WriteFile(filepath.Join(dir, name), source, 0o644); err != nil {
		return 0, fmt.Errorf("mutant: %w", err)
	}
	for _, build := range []string{"plain", "sanitized"} {
		if ok, err := f.cc(ctx, dir, build, "-c", "-o", object(name), name); err != nil || !ok {
			return stillborn, err
		}
		if same, err := sameFile(filepath.Join(dir, object(name)), filepath.Join(f.dir, build, object(name))); err != nil || same {
			return equivalent, err
		}
		if ok, err := f.passes(ctx, build, dir, object(name)); err != nil || !ok {
			return killed, err
		}
	}
	return survived, nil
}

// passes links each program with the mutant and runs it.
func (f *firmware) passes(ctx context.Context, build, dir, changed string) (bool, error) {
	for _, p := range f.order(strings.TrimSuffix(changed, ".o")) {
		args := []string{"-o", "program", filepath.Join(f.dir, build, p+".o"), changed}
		for _, name := range portable {
			if name+".o" != changed {
				args = append(args, filepath.Join(f.dir, build, name+".o"))
			}
		}
		if ok, err := f.cc(ctx, dir, build, append(args, "-lm")...); err != nil || !ok {
			return false, errors.Join(fmt.Errorf("mutant: %s does not link", p), err)
		}
		if ok, err := quiet(ctx, dir, filepath.Join(dir, "program")); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// order puts the source's own test first: it finds most.
func (f *firmware) order(source string) []string {
	own := source + "_test"
	list := []string{own}
	if !slices.Contains(f.programs, own) {
		list = nil
	}
	for _, p := range f.programs {
		if p != own {
			list = append(list, p)
		}
	}
	return list
}

func sameFile(a, b string) (bool, error) {
	x, err := os.ReadFile(a)
	if err != nil {
		return false, fmt.Errorf("mutant: %w", err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		return false, fmt.Errorf("mutant: %w", err)
	}
	return bytes.Equal(x, y), nil
}

// unsteady are tests that keep deadlines: on a busy machine they would find mutants
// that are none.
const unsteady = "Realtime"

// guard is the suite of the Go sources: the tests of package controller.
type guard struct{ root string }

func (g *guard) prepare(ctx context.Context) error {
	if ok, err := quiet(ctx, g.root, "go", "test", "-count=1", "-skip", unsteady, "./controller"); err != nil || !ok {
		return errors.Join(errors.New("mutant: the tests of controller fail without a change"), err)
	}
	return nil
}

func (g *guard) judge(ctx context.Context, m Mutant, source []byte, dir string) (verdict, error) {
	changed, overlay, program := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "program")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(g.root, m.File): changed}})
	if err := errors.Join(err, os.WriteFile(changed, source, 0o644), os.WriteFile(overlay, text, 0o644)); err != nil {
		return 0, fmt.Errorf("mutant: %w", err)
	}
	if ok, err := quiet(ctx, g.root, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", program, "./controller"); err != nil || !ok {
		return stillborn, err
	}
	// The guard's own tests find most; the rest take longer.
	for _, which := range []string{"Guard|Clamp|Fault|Body|Neutral", "."} {
		if ok, err := quiet(ctx, filepath.Join(g.root, "controller"), program, "-test.failfast", "-test.run", which, "-test.skip", unsteady); err != nil || !ok {
			return killed, err
		}
	}
	return survived, nil
}
