package mutant

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	_ "embed"

	"golang.org/x/sync/errgroup"
)

// Sources are the files that stop the robot, under the root of the module.
var Sources = []string{"firmware/safety.c", "firmware/wire.c", "firmware/servo.c", "controller/guard.go", "controller/checks.go"}

//go:embed equivalent.txt
var judged string

// Report counts what became of mutants.
type Report struct {
	Mutants, Killed  int
	Stillborn        int
	SameCode, Judged int      // equivalent, by the compiler and by a person
	Survivors        []Mutant // in the order of Sources
}

// Score is the share of mutants that are not equivalent which a test notices.
func (r *Report) Score() float64 {
	return float64(r.Killed) / float64(max(1, r.Killed+len(r.Survivors)))
}

// String is the report for people: a line of counts, then every survivor.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d mutants: %d found by the unit tests, %d not: %.1f %%; left out: %d that do not compile, %d equivalent (%d by their code, %d as judged in equivalent.txt)\n",
		r.Mutants, r.Killed, len(r.Survivors), 100*r.Score(), r.Stillborn, r.SameCode+r.Judged, r.SameCode, r.Judged)
	for _, m := range r.Survivors {
		fmt.Fprintf(&b, "%v\n", m)
	}
	return b.String()
}

// All are the mutants of Sources, in the module at root.
func All(root string) (all []Mutant, err error) {
	for _, file := range Sources {
		source, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, fmt.Errorf("mutant: %w", err)
		}
		sites := CSites
		if strings.HasSuffix(file, ".go") {
			sites = GoSites
		}
		some, err := sites(file, source)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// Options of Run.
type Options struct {
	// Keep is a file of verdicts: a run that was stopped goes on from it. "" is none.
	Keep string
	// Progress is told how many are done; nil for nobody.
	Progress func(done int)
}

// Run builds and tests every mutant on all cores.
func Run(ctx context.Context, root string, mutants []Mutant, o Options) (r *Report, err error) {
	tmp, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return nil, fmt.Errorf("mutant: %w", err)
	}
	defer os.RemoveAll(tmp)
	k, err := openKept(o.Keep, root)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	j, err := newJudge(ctx, root, tmp, mutants)
	if err != nil {
		return nil, err
	}
	return j.all(ctx, k, o.Progress)
}

// all judges every mutant whose verdict is not kept.
func (j *judge) all(ctx context.Context, k *kept, progress func(done int)) (*Report, error) {
	known, verdicts := judgements(), make([]verdict, len(j.mutants))
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, m := range j.mutants {
		group.Go(func() (err error) {
			if v, ok := k.get(m); ok || known[m.key()] {
				verdicts[i] = v
			} else if verdicts[i], err = j.judge(ctx, i); err == nil {
				err = k.put(m, verdicts[i])
			}
			if n := done.Add(1); progress != nil {
				progress(int(n))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return count(j.mutants, verdicts, known), nil
}

func count(mutants []Mutant, verdicts []verdict, known map[string]bool) *Report {
	r := &Report{Mutants: len(mutants)}
	for i, m := range mutants {
		switch {
		case known[m.key()]:
			r.Judged++
		case verdicts[i] == killed:
			r.Killed++
		case verdicts[i] == stillborn:
			r.Stillborn++
		case verdicts[i] == equivalent:
			r.SameCode++
		default:
			r.Survivors = append(r.Survivors, m)
		}
	}
	return r
}

// key is the mutant by the text around it, which changes elsewhere leave alone.
func (m Mutant) key() string {
	return fmt.Sprintf("%s\t%s\t%d\t%s", m.File, m.Text, m.Nth, m.New)
}

// judgements are the mutants that a person found equivalent, by their keys.
func judgements() map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(judged) {
		key, _, ok := cutLast(strings.TrimRight(line, "\n"), '\t')
		if ok && !strings.HasPrefix(line, "#") {
			known[key] = true
		}
	}
	return known
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
