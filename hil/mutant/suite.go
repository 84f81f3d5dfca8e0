package mutant

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// patience bounds one run of a test program; a mutant may loop for ever.
const patience = 2 * time.Minute

// verdict of a build and its tests.
type verdict int

const (
	survived   verdict = iota
	killed             // a test failed, a sanitizer spoke, or nothing ended
	stillborn          // it does not compile
	equivalent         // it compiles to the same code
	absent             // from the build of all: it has to be run alone
)

// suite builds and runs the tests of some sources.
type suite interface {
	// prepare builds everything that mutants share, and one build with them all.
	prepare(ctx context.Context) error
	// together runs a mutant in that build.
	together(ctx context.Context, number int) (verdict, error)
	// alone builds one mutant, in a folder of its own, and runs it unless it has
	// survived already.
	alone(ctx context.Context, m Mutant, source []byte, dir string, lived bool) (verdict, error)
}

// succeeds runs a test program and says whether it succeeded.
func succeeds(ctx context.Context, dir string, env []string, program string, args ...string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, ok, err := said(ctx, dir, env, program, args...)
	return ok, err
}

// said runs a command, with more in its environment, and gives what it printed and
// whether it succeeded.
func said(ctx context.Context, dir string, env []string, name string, args ...string) (out []byte, ok bool, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(cmd.Environ(), env...)
	out, err = cmd.CombinedOutput()
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) || ctx.Err() != nil {
		return out, err == nil, nil
	}
	return out, false, fmt.Errorf("mutant: %w", err)
}
