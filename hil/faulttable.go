package hil

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// faults prints what came of each fault.
func (r *Result) faults(w io.Writer) error {
	if len(r.Faults) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "fault\tat s\tclip\tinjected\tdetected by\tfor\tafter ms\tsafe after ms\tmotion rad\tspeed rad/s\trecovery\tverdict")
		for _, f := range r.Faults {
			fmt.Fprintf(t, "%v\t%g\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Fault, f.Fault.At, f.Clip, f.Injected, f.By(), f.Why(),
				f.Detected.Text(0), f.Safe.Text(0), f.Motion.Text(3), f.Speed.Text(2), f.Recovery, f.Verdict)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "altered frames accepted: %d\n", r.Altered)
	}
	if l := r.Latency; l != nil {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "latency ms\tp50\tp99\tp99.9\tmax\t")
		for _, s := range []struct {
			name string
			of   *Spread
		}{{"state to use", &l.State}, {"use to firmware", &l.Command}, {"state to motor", &l.Total}, {"command to its echo", l.Echo}} {
			if s.of == nil {
				continue
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", s.name, s.of.P50.Text(1), s.of.P99.Text(1), s.of.P999.Text(1), s.of.Max.Text(1))
		}
		return t.Flush()
	}
	return nil
}
