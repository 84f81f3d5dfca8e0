package hil

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"whisker/controller"
	"whisker/hil/fault"
	"whisker/policy/motion"
)

// Result is what a run found: the JSON of `whisker run`.
type Result struct {
	Clips []Row `json:"clips"`
	// Loop is how the loop kept its period, over all passes that were paced.
	Loop *controller.Stats `json:"loop"`
	// Emulated is how a robot's firmware in its emulator did.
	Emulated *Emulated `json:"emulated,omitempty"`
	// Faults is a row per fault and clip; Altered counts frames that nobody said so and
	// that were accepted; Latency is that of a robot whose line echoes commands.
	Faults  []fault.Row `json:"faults,omitempty"`
	Altered uint64      `json:"altered_frames_accepted"`
	Latency *Latency    `json:"latency,omitempty"`
	// Refused counts the frames that an emulated firmware did not take, CRC those of
	// them whose checksum was wrong.
	Refused uint64 `json:"frames_refused,omitempty"`
	CRC     uint64 `json:"crc_errors,omitempty"`
	// PeakRSS is the most memory that the process had resident so far, MB; 0
	// where the system does not tell.
	PeakRSS float64 `json:"peak_rss_mb,omitempty"`
}

// Row is the score of one pass over one clip.
type Row struct {
	motion.Score
	Travel *motion.TravelScore `json:"travel,omitempty"` // of a legged robot
	// Retargeting is what the clip kept of the rat\'s that it was made of; a clip that
	// keeps too little is not completed.
	Retargeting *motion.Fidelity `json:"retargeting,omitempty"`
	Controller  string           `json:"controller"`      // policy or open loop
	Played      bool             `json:"played"`          // to the last frame that was asked for, without being lost
	Fault       string           `json:"fault,omitempty"` // why the pass ended, when a fault ended it
	// Assist is the stiffness of the spring that helped the trunk, Help the mean size
	// of its force; absent where nothing helped.
	Assist float64         `json:"assist_n_per_m,omitempty"`
	Help   *motion.Measure `json:"assist_n,omitempty"`
}

// Table prints the result for people.
func (r *Result) Table(w io.Writer) error {
	if err := errors.Join(r.scores(w), r.travels(w), r.faults(w)); err != nil {
		return err
	}
	for _, c := range r.Clips {
		if c.Fault != "" {
			fmt.Fprintf(w, "%s, %s: %s\n", c.Clip, c.Controller, c.Fault)
		}
		if c.Help != nil {
			fmt.Fprintf(w, "%s, %s: helped by a root assist of %g N/m, %.2f N on average\n", c.Clip, c.Controller, c.Assist, float64(*c.Help))
		}
	}
	fmt.Fprintln(w)
	if r.Emulated != nil {
		r.Emulated.print(w)
	}
	if r.PeakRSS > 0 {
		fmt.Fprintf(w, "memory: %.0f MB at most\n", r.PeakRSS)
	}
	if r.Loop == nil || r.Loop.Ticks == 0 {
		return nil
	}
	return timing(w, r.Loop)
}

// scores prints the bodies that follow a clip in place; legged robots have a
// table of their own.
func (r *Result) scores(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.Clips) == 0 || r.Clips[0].Travel != nil {
		return nil
	}
	fmt.Fprintf(t, "clip\tcontroller\tcompleted\tsurvival s\tat 50 mm s\troot mm\trotation deg\tlimb joints rad\tpaws+head mm\tjerk %s\t\n", r.Clips[0].ActionJerkUnit)
	for _, c := range r.Clips {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Clip, c.Controller, yes(c.Completed),
			c.Survival.Text(2), c.Survival50.Text(2), c.RootErr.Text(1), c.RotErr.Text(1),
			c.LimbJointRMS.Text(3), c.PawHeadErr.Text(1), c.ActionJerk.Text(0))
	}
	return t.Flush()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// timing prints how the loop kept its period. In lockstep there is no clock, and
// only the counts are known.
func timing(w io.Writer, l *controller.Stats) error {
	fmt.Fprintf(w, "loop: %d ticks of %v, %d overruns, %d values clamped\n", l.Ticks, l.Period, l.Overruns, l.Clamped)
	if l.Read.Max() == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
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

// peakRSS is the VmHWM of proc(5), MB. Unlike getrusage's it does not count
// what the process that started this one had.
func peakRSS() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kB float64
	if _, line, ok := strings.Cut(string(b), "\nVmHWM:"); ok {
		fmt.Sscan(line, &kB)
	}
	return kB * 1024 / 1e6
}
