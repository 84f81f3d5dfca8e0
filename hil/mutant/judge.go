package mutant

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// judge runs mutants: all those of a language in one build, and in builds of their own
// those that could not be in it, and those that survive there, whose code may be the
// same.
type judge struct {
	root, dir string
	mutants   []Mutant
	c         *firmware
	guard     *guard
}

// newJudge builds what mutants share, in the folder dir.
func newJudge(ctx context.Context, root, dir string, mutants []Mutant) (*judge, error) {
	var c, g []string
	for _, file := range Sources {
		if strings.HasSuffix(file, ".go") {
			g = append(g, file)
		} else {
			c = append(c, file)
		}
	}
	j := &judge{root, dir, mutants, &firmware{root: root, dir: dir}, &guard{root: root, dir: dir}}
	var err error
	if j.c.batch, err = newBatch(root, c, mutants, cFunctions, "#line 1 \"%s\"\n"); err != nil {
		return nil, err
	}
	if j.guard.batch, err = newBatch(root, g, mutants, goFunctions, "//line %s:1\n"); err != nil {
		return nil, err
	}
	for _, s := range []suite{j.c, j.guard} {
		if err := s.prepare(ctx); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// suite is that of a mutant's file.
func (j *judge) suite(m Mutant) suite {
	if strings.HasSuffix(m.File, ".go") {
		return j.guard
	}
	return j.c
}

// judge is what becomes of mutant i.
func (j *judge) judge(ctx context.Context, i int) (v verdict, err error) {
	s := j.suite(j.mutants[i])
	if v, err = s.together(ctx, i+1); err == nil && (v == survived || v == absent) {
		v, err = j.alone(ctx, s, i, v == survived)
	}
	if ctx.Err() != nil { // who was stopped has not failed
		return 0, ctx.Err()
	}
	return v, err
}

// alone is mutant i in a build of its own.
func (j *judge) alone(ctx context.Context, s suite, i int, lived bool) (verdict, error) {
	m, dir := j.mutants[i], filepath.Join(j.dir, fmt.Sprint(i))
	source, err := os.ReadFile(filepath.Join(j.root, m.File))
	if err == nil {
		err = os.Mkdir(dir, 0o755)
	}
	if err != nil {
		return 0, fmt.Errorf("mutant: %w", err)
	}
	defer os.RemoveAll(dir)
	return s.alone(ctx, m, m.Apply(source), dir, lived)
}
