package mutant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// unsteady are tests that keep deadlines: on a busy machine they would find mutants
// that are none.
const unsteady = "Realtime"

// guard is the suite of the Go sources: the tests of package controller.
type guard struct {
	root, dir string
	batch     *batch
}

// chooseGo lets the environment say which mutant runs, and ends one that loops.
const chooseGo = `package controller

import (
	"os"
	"strconv"
	"syscall"
)

var ` + chosen + ` = func() int {
	n, _ := strconv.Atoi(os.Getenv("` + chosen + `"))
	syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: 30, Max: 30})
	return n
}()
`

func (g *guard) prepare(ctx context.Context) error {
	err := g.batch.settle(func(texts map[string][]byte) ([]byte, bool, error) {
		texts["controller/choose.go"] = []byte(chooseGo)
		return g.build(ctx, g.dir, texts)
	})
	if err != nil {
		return err
	}
	if ok, err := g.passes(ctx, g.dir, 0); err != nil || !ok {
		return errors.Join(errors.New("mutant: the tests of controller fail without a change"), err)
	}
	return nil
}

// build makes the test program in dir, with texts in the place of files.
func (g *guard) build(ctx context.Context, dir string, texts map[string][]byte) (out []byte, ok bool, err error) {
	replace := map[string]string{}
	for file, text := range texts {
		changed := filepath.Join(dir, filepath.Base(file))
		replace[filepath.Join(g.root, file)] = changed
		err = errors.Join(err, os.WriteFile(changed, text, 0o644))
	}
	overlay := filepath.Join(dir, "overlay.json")
	list, e := json.Marshal(map[string]any{"Replace": replace})
	if err = errors.Join(err, e, os.WriteFile(overlay, list, 0o644)); err != nil {
		return nil, false, fmt.Errorf("mutant: %w", err)
	}
	return said(ctx, g.root, nil, "go", "test", "-c", "-vet=off", "-gcflags=-e", "-overlay", overlay, "-o", filepath.Join(dir, "program"), "./controller")
}

// passes runs the test program in dir. The guard's own tests find most; the rest
// take longer.
func (g *guard) passes(ctx context.Context, dir string, number int) (bool, error) {
	for _, which := range []string{"Guard|Clamp|Fault|Body|Neutral", "."} {
		env := []string{fmt.Sprintf("%s=%d", chosen, number)}
		ok, err := succeeds(ctx, filepath.Join(g.root, "controller"), env, filepath.Join(dir, "program"), "-test.failfast", "-test.run", which, "-test.skip", unsteady)
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (g *guard) together(ctx context.Context, number int) (verdict, error) {
	if v := g.batch.verdict(number); v != survived {
		return v, nil
	}
	if ok, err := g.passes(ctx, g.dir, number); err != nil || !ok {
		return killed, err
	}
	return survived, nil
}

func (g *guard) alone(ctx context.Context, m Mutant, source []byte, dir string, lived bool) (verdict, error) {
	if lived {
		return survived, nil
	}
	if _, ok, err := g.build(ctx, dir, map[string][]byte{m.File: source}); err != nil || !ok {
		return stillborn, err
	}
	if ok, err := g.passes(ctx, dir, 0); err != nil || !ok {
		return killed, err
	}
	return survived, nil
}
