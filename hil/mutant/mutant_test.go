package mutant

import (
	"context"
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
	if !*everything {
		all = Sample(all, 36, 6)
	}
	told := func(n int) {
		if *everything && n%50 == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d mutants\n", n, len(all))
		}
	}
	r, err := Run(context.Background(), absolute(t), all, Options{Keep: *keep, Progress: told})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + r.String())
	if r.Score() < 0.9 {
		t.Errorf("%.1f %% of the mutants are found, want 90 %%", 100*r.Score())
	}
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
