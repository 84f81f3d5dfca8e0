package report

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Table prints the report for people.
func (r *Report) Table(w io.Writer) error {
	fmt.Fprintf(w, "%s: %d ticks in common, %d and %d missing, %d at the ends\n", r.Title, r.Ticks, r.Gaps[0], r.Gaps[1], r.Cut)
	for _, u := range r.Unmatched {
		fmt.Fprintln(w, u)
	}
	for _, o := range r.Others() {
		fmt.Fprintln(w, o)
	}
	fmt.Fprintf(w, "%s\n\n", r.Difference.Words)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "#\titem\tvalue\t\tgate\tfloor\tverdict")
	for _, it := range r.Items {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", it.Number, it.Name, it.Value, it.Unit, it.Bound(), it.Floor, it.Verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if d := r.Difference; d.Known {
		fmt.Fprintln(w, "\none cause at a time, the best first:")
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, k := range slices.Concat(d.Singles[:min(4, len(d.Singles))], d.Pairs[:min(2, len(d.Pairs))]) {
			fmt.Fprintf(t, "  %s\t%.0f %% explained\treplay error %s rad\n", k.Say, 100*float64(k.Explained), k.Error)
		}
		return t.Flush()
	}
	return nil
}
