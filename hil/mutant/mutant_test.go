package mutant

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	everything = flag.Bool("everything", false, "run every mutant, not a sample")
	keep       = flag.String("keep", "", "file of verdicts, for a run of every mutant to go on from")
	ask        = flag.String("only", "", "run the mutants of files whose name has this in it")
)

const root = "../.."

// TestTheUnitTestsNoticeWhatIsWrong runs a sample of mutants that is the same in
// every run; make hil-mutants runs them all.
func TestTheUnitTestsNoticeWhatIsWrong(t *testing.T) {
	all, err := All(absolute(t))
	if err != nil {
		t.Fatal(err)
	}
	if *ask != "" {
		all = only(all, *ask)
	}
	var r *Report
	if *everything {
		r, err = Run(t.Context(), absolute(t), all, Options{Keep: *keep, Progress: func(n int) {
			if n%50 == 0 {
				fmt.Fprintf(os.Stderr, "%d of %d mutants\n", n, len(all))
			}
		}})
	} else {
		r, err = sampled(t, Sample(all, 36, 6))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + r.String())
	if r.Score() < 0.9 {
		t.Errorf("%.1f %% of the mutants are found, want 90 %%", 100*r.Score())
	}
}

// sampled judges some mutants. A few of them have to be found, or not, in a build of
// their own as in the one with all others.
func sampled(t *testing.T, some []Mutant) (*Report, error) {
	j, err := newJudge(t.Context(), absolute(t), t.TempDir(), some)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(some); i += len(some)/5 + 1 {
		s := j.suite(some[i])
		together, err := s.together(t.Context(), i+1)
		if err != nil {
			return nil, err
		}
		alone, err := j.alone(t.Context(), s, i, false)
		if err != nil {
			return nil, err
		}
		if same := alone == together || together == survived && alone == equivalent; !same && together != absent {
			t.Errorf("%v: %v with others, %v alone", some[i], together, alone)
		}
	}
	k, err := openKept("", "")
	if err != nil {
		return nil, err
	}
	return j.all(t.Context(), k, nil)
}

func only(all []Mutant, part string) (some []Mutant) {
	for _, m := range all {
		if strings.Contains(m.File, part) {
			some = append(some, m)
		}
	}
	return some
}

func absolute(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
