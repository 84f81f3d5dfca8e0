package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"whisker/policy"
	"whisker/policy/motion"
)

// Row sums up the trials of one clip, or of one kind of synthesised clip: shares
// of the trials, and means over them.
type Row struct {
	Clip      string  `json:"clip"`
	Trials    int     `json:"trials"`
	Completed float64 `json:"completed_share"`
	Survived  float64 `json:"survived_share"` // mean share of the possible time

	RootErr motion.Measure `json:"root_err_mm"`
	PawHead motion.Measure `json:"paw_head_err_mm"`
	Limbs   motion.Measure `json:"limb_joint_rms_rad"`
	RawRoot motion.Measure `json:"raw_root_err_mm"` // against the clip as recorded
	RawPaws motion.Measure `json:"raw_paw_head_err_mm"`
	RawLimb motion.Measure `json:"raw_limb_joint_rms_rad"`
	Taps    motion.Measure `json:"foot_taps_hz"`
	RefTaps motion.Measure `json:"reference_foot_taps_hz"`
	Jerk    motion.Measure `json:"action_jerk"`
	RefJerk motion.Measure `json:"reference_action_jerk"`
	Help    motion.Measure `json:"assist_n"`

	OpenCompleted float64 `json:"open_loop_completed_share"`
	OpenSurvived  float64 `json:"open_loop_survived_share"`
}

// Rows sums trials up by clip, in order of appearance, where the synthesised ones
// of a kind count as one clip; a row of all synthesised ones follows. open are the
// same trials without a policy.
func Rows(trials, open []Trial) []Row {
	var rows []Row
	for _, g := range groups(trials) {
		rows = append(rows, row(g.name, g.trials, trials, open))
	}
	return rows
}

// group is the trials that a row sums up.
type group struct {
	name   string
	trials []int
}

func groups(trials []Trial) (all []group) {
	put := func(name string, i int) {
		for g := range all {
			if all[g].name == name {
				all[g].trials = append(all[g].trials, i)
				return
			}
		}
		all = append(all, group{name, []int{i}})
	}
	made := group{name: "all synthesised"}
	for i := range trials {
		kind, isMade := synthesised(trials[i].Clip)
		if isMade {
			made.trials = append(made.trials, i)
		}
		put(kind, i)
	}
	if len(made.trials) > 0 {
		all = append(all, made)
	}
	return all
}

// synthesised tells the kind of a synthesised clip from its name: walk-900001.
func synthesised(name string) (kind string, ok bool) {
	kind, _, ok = strings.Cut(name, "-")
	for _, k := range motion.Kinds() {
		if ok && string(k) == kind {
			return kind, true
		}
	}
	return name, false
}

func row(name string, which []int, trials, open []Trial) Row {
	n := float64(len(which))
	r := Row{Clip: name, Trials: len(which)}
	one := func(b bool) float64 {
		if b {
			return 1 / n
		}
		return 0
	}
	for _, i := range which {
		r.Completed += one(trials[i].Completed)
		r.Survived += trials[i].Survived() / n
		r.OpenCompleted += one(open[i].Completed)
		r.OpenSurvived += open[i].Survived() / n
	}
	mean := func(f func(*Trial) motion.Measure) motion.Measure {
		sum, n := 0.0, 0.0
		for _, i := range which {
			if v := float64(f(&trials[i])); !math.IsNaN(v) && !math.IsInf(v, 0) {
				sum, n = sum+v, n+1
			}
		}
		return motion.Measure(sum / n)
	}
	raw := func(f func(*motion.Score) motion.Measure) motion.Measure {
		return mean(func(t *Trial) motion.Measure {
			if t.Raw == nil {
				return f(&t.Score)
			}
			return f(t.Raw)
		})
	}
	r.RootErr = mean(func(t *Trial) motion.Measure { return t.RootErr })
	r.PawHead = mean(func(t *Trial) motion.Measure { return t.PawHeadErr })
	r.Limbs = mean(func(t *Trial) motion.Measure { return t.LimbJointRMS })
	r.RawRoot = raw(func(s *motion.Score) motion.Measure { return s.RootErr })
	r.RawPaws = raw(func(s *motion.Score) motion.Measure { return s.PawHeadErr })
	r.RawLimb = raw(func(s *motion.Score) motion.Measure { return s.LimbJointRMS })
	r.Taps = mean(func(t *Trial) motion.Measure { return t.Taps })
	r.RefTaps = mean(func(t *Trial) motion.Measure { return t.ReferenceTaps })
	r.Jerk = mean(func(t *Trial) motion.Measure { return t.ActionJerk })
	r.RefJerk = mean(func(t *Trial) motion.Measure { return t.ReferenceJerk })
	r.Help = mean(func(t *Trial) motion.Measure { return t.Help })
	return r
}

// Table prints rows for people.
func Table(out io.Writer, rows []Row) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "clip\ttrials\tcompleted\tsurvived\topen loop\tsurvived\troot mm\tpaws, head mm\tlimbs rad\traw root mm\traw paws mm\traw limbs rad\ttaps 1/s (own)\tjerk (own)\tassist N\t")
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(w, "%s\t%d\t%.0f %%\t%.0f %%\t%.0f %%\t%.0f %%\t%s\t%s\t%s\t%s\t%s\t%s\t%s (%s)\t%s (%s)\t%s\t\n", r.Clip, r.Trials, 100*r.Completed, 100*r.Survived,
			100*r.OpenCompleted, 100*r.OpenSurvived, r.RootErr.Text(1), r.PawHead.Text(1), r.Limbs.Text(3), r.RawRoot.Text(1), r.RawPaws.Text(1), r.RawLimb.Text(3),
			r.Taps.Text(1), r.RefTaps.Text(1), brief(r.Jerk), brief(r.RefJerk), r.Help.Text(2))
	}
	return w.Flush()
}

// Hash is the SHA-256 of the poses of references, in order: it tells whether a
// generator still makes the clips that it made.
func Hash(refs []*policy.Reference) string {
	sum := sha256.New()
	for _, r := range refs {
		for i := range r.Poses {
			p := &r.Poses[i]
			for _, v := range [][]float64{p.Pos[:], p.Quat[:], p.Q} {
				if err := binary.Write(sum, binary.LittleEndian, v); err != nil {
					panic(err) // a hash takes every number
				}
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
