package hil

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"whisker/controller"
	"whisker/policy/motion"
)

// Result is what a run found: the JSON of `whisker run`.
type Result struct {
	Clips []Row `json:"clips"`
	// Loop is how the loop kept its period, over all passes that were paced.
	Loop *controller.Stats `json:"loop"`
}

// Row is the score of one pass over one clip.
type Row struct {
	motion.Score
	Controller string `json:"controller"`      // policy or open loop
	Fault      string `json:"fault,omitempty"` // why the pass ended, when a fault ended it
}

// Table prints the result for people.
func (r *Result) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "clip\tcontroller\tcompleted\tsurvival s\tat 50 mm s\troot mm\trotation deg\tlimb joints rad\tpaws+head mm\tjerk rad/s³\t")
	for _, c := range r.Clips {
		done := "no"
		if c.Completed {
			done = "yes"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Clip, c.Controller, done,
			number(c.Survival, 2), number(c.Survival50, 2), number(c.RootErr, 1), number(c.RotErr, 1),
			number(c.LimbJointRMS, 3), number(c.PawHeadErr, 1), number(c.ActionJerk, 0))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range r.Clips {
		if c.Fault != "" {
			fmt.Fprintf(w, "%s, %s: %s\n", c.Clip, c.Controller, c.Fault)
		}
	}
	l := r.Loop
	if l == nil || l.Ticks == 0 {
		return nil
	}
	fmt.Fprintf(w, "\nloop: %d ticks of %v, %d overruns, %d values clamped\n", l.Ticks, l.Period, l.Overruns, l.Clamped)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "us\tp50\tp99\tp99.9\tmax\t")
	us := func(d time.Duration) float64 { return float64(d) / 1e3 }
	for _, stage := range []struct {
		name string
		h    *controller.Histogram
	}{{"lateness", &l.Late}, {"read", &l.Read}, {"act", &l.Act}, {"guard", &l.Guard}, {"write", &l.Write}} {
		h := stage.h
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t\n", stage.name, us(h.Quantile(0.5)), us(h.Quantile(0.99)), us(h.Quantile(0.999)), us(h.Max()))
	}
	return t.Flush()
}

// number prints a measure, or a dash when it is unknown.
func number(m motion.Measure, digits int) string {
	if math.IsNaN(float64(m)) {
		return "-"
	}
	return fmt.Sprintf("%.*f", digits, float64(m))
}
