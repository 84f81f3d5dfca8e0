package mutant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// firmware is the suite of the C sources: the programs in firmware/test/unit.
type firmware struct {
	root, dir string
	programs  []string // names
	batch     *batch
}

// choose lets the environment say which mutant runs, and ends one that loops.
const choose = `#include <stdlib.h>
#include <sys/resource.h>
int ` + chosen + `;
__attribute__((constructor)) static void choose(void)
{
	const char *number = getenv("` + chosen + `");
	` + chosen + ` = number ? atoi(number) : 0;
	setrlimit(RLIMIT_CPU, &(struct rlimit){5, 5});
}
`

// portable are the sources that every board is built from.
var portable = []string{"servo", "mit", "imu", "safety", "robot", "robot_host", "wire", "wire_schema", "config_quadruped"}

// The two builds: one that is fast and tells equal code, and one that finds
// what only a sanitizer sees.
var builds = map[string][]string{
	"plain":     {"-O2", "-ffp-contract=off"},
	"sanitized": {"-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"},
}

func (f *firmware) cc(ctx context.Context, dir, build string, args ...string) (bool, error) {
	_, ok, err := f.compiler(ctx, dir, build, args...)
	return ok, err
}

func (f *firmware) compiler(ctx context.Context, dir, build string, args ...string) (out []byte, ok bool, err error) {
	fw := filepath.Join(f.root, "firmware")
	flags := append([]string{"-std=c11", "-D_DEFAULT_SOURCE", "-Werror=return-type", "-I" + fw, "-I" + filepath.Join(fw, "test/unit")}, builds[build]...)
	return said(ctx, dir, nil, "cc", append(flags, args...)...)
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
	return f.combine(ctx)
}

// combine builds the programs with all mutants in them, and runs them with none.
func (f *firmware) combine(ctx context.Context) error {
	for _, build := range []string{"plain", "sanitized"} {
		dir := filepath.Join(f.dir, build, "together")
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("mutant: %w", err)
		}
		objects := []string{"choose.o"}
		compile := func(file string, text []byte) (out []byte, ok bool, err error) {
			name := filepath.Base(file)
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				return nil, false, fmt.Errorf("mutant: %w", err)
			}
			return f.compiler(ctx, dir, build, "-fmax-errors=0", "-c", "-o", object(name), name)
		}
		if _, ok, err := compile("choose.c", []byte(choose)); err != nil || !ok {
			return errors.Join(errors.New("mutant: choose.c does not compile"), err)
		}
		for _, file := range f.batch.files {
			err := f.batch.settle(func(texts map[string][]byte) ([]byte, bool, error) {
				return compile(file, append([]byte("extern int "+chosen+";\n"), texts[file]...))
			})
			if err != nil {
				return err
			}
			objects = append(objects, object(file))
		}
		if err := f.link(ctx, build, dir, objects); err != nil {
			return err
		}
	}
	return nil
}

// link makes the test programs of objects in dir, and of the others that are not
// there, and runs each.
func (f *firmware) link(ctx context.Context, build, dir string, objects []string) error {
	others := slices.Clone(objects)
	for _, name := range portable {
		if !slices.Contains(objects, name+".o") {
			others = append(others, filepath.Join(f.dir, build, name+".o"))
		}
	}
	for _, p := range f.programs {
		args := append([]string{"-o", p, filepath.Join(f.dir, build, p+".o")}, others...)
		if ok, err := f.cc(ctx, dir, build, append(args, "-lm")...); err != nil || !ok {
			return errors.Join(fmt.Errorf("mutant: %s does not link with all mutants", p), err)
		}
		if out, ok, err := said(ctx, dir, nil, filepath.Join(dir, p)); err != nil || !ok {
			return errors.Join(fmt.Errorf("mutant: %s fails without a change: %.200s", p, out), err)
		}
	}
	return nil
}

func (f *firmware) together(ctx context.Context, number int) (verdict, error) {
	if v := f.batch.verdict(number); v != survived {
		return v, nil
	}
	env := []string{fmt.Sprintf("%s=%d", chosen, number)}
	for _, build := range []string{"plain", "sanitized"} {
		dir := filepath.Join(f.dir, build, "together")
		for _, p := range f.order(strings.TrimSuffix(filepath.Base(f.batch.mutants[number-1].File), ".c")) {
			if ok, err := succeeds(ctx, dir, env, filepath.Join(dir, p)); err != nil || !ok {
				return killed, err
			}
		}
	}
	return survived, nil
}

func object(src string) string { return strings.TrimSuffix(filepath.Base(src), ".c") + ".o" }

func (f *firmware) alone(ctx context.Context, m Mutant, source []byte, dir string, lived bool) (verdict, error) {
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
		if lived {
			return survived, nil
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
		if ok, err := succeeds(ctx, dir, nil, filepath.Join(dir, "program")); err != nil || !ok {
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
