package train

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"whisker/policy/motion"
)

// TravelRow sums up the trials of a robot with legs, by clip as Row does: shares of
// the trials, and means over them.
type TravelRow struct {
	Clip      string  `json:"clip"`
	Trials    int     `json:"trials"`
	Kept      float64 `json:"kept_share"` // by retargeting: the others are not completed
	Completed float64 `json:"completed_share"`
	Fell      float64 `json:"fell_share"`
	Stood     float64 `json:"stood_share"` // mean share of the clip's time

	Path    motion.Measure `json:"path_share"`      // of the reference's, of those that stood to the end
	Heading motion.Measure `json:"heading_err_deg"` // the largest of each
	Joints  motion.Measure `json:"joint_rms_rad"`   // root of the mean square, over all
	Jerk    motion.Measure `json:"action_jerk"`     // mean
	RefJerk motion.Measure `json:"reference_action_jerk"`

	OpenCompleted float64        `json:"open_loop_completed_share"`
	OpenFell      float64        `json:"open_loop_fell_share"`
	OpenJoints    motion.Measure `json:"open_loop_joint_rms_rad"`
}

// TravelRows is Rows for trials of robots with legs.
func TravelRows(trials, open []Trial) []TravelRow {
	var rows []TravelRow
	for _, g := range groups(trials) {
		r, o := travelRow(trials, g.trials), travelRow(open, g.trials)
		r.Clip, r.OpenCompleted, r.OpenFell, r.OpenJoints = g.name, o.Completed, o.Fell, o.Joints
		rows = append(rows, r)
	}
	return rows
}

func travelRow(trials []Trial, which []int) TravelRow {
	n := float64(len(which))
	r := TravelRow{Trials: len(which)}
	paths, way, squares := 0.0, 0.0, 0.0
	for _, i := range which {
		t := &trials[i]
		count := func(to *float64, yes bool) {
			if yes {
				*to += 1 / n
			}
		}
		count(&r.Kept, t.Kept == nil || t.Kept.Kept())
		count(&r.Completed, t.Completed)
		count(&r.Fell, t.Travel.Fell != "")
		r.Stood += t.Survived() / n
		if t.Travel.Fell == "" && t.Travel.RefPath > 0.3 {
			paths, way = paths+1, way+float64(t.Travel.Path/t.Travel.RefPath)
		}
		r.Heading += t.Travel.HeadingErr / motion.Measure(n)
		if v := float64(t.Travel.JointRMS); !math.IsNaN(v) {
			squares += v * v / n
		}
		r.Jerk += t.ActionJerk / motion.Measure(n)
		r.RefJerk += t.ReferenceJerk / motion.Measure(n)
	}
	r.Path, r.Joints = motion.Measure(way/paths), motion.Measure(math.Sqrt(squares))
	return r
}

// TravelTable prints rows for people.
func TravelTable(out io.Writer, rows []TravelRow) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "clip\ttrials\tkept\tcompleted\tfell\tstood\topen loop\tfell\tpath\theading deg\tjoints rad\topen loop\tjerk (own)\t")
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(w, "%s\t%d\t%.0f %%\t%.0f %%\t%.0f %%\t%.0f %%\t%.0f %%\t%.0f %%\t%s\t%s\t%s\t%s\t%s (%s)\t\n", r.Clip, r.Trials, 100*r.Kept, 100*r.Completed,
			100*r.Fell, 100*r.Stood, 100*r.OpenCompleted, 100*r.OpenFell, percent(r.Path), r.Heading.Text(1), r.Joints.Text(3), r.OpenJoints.Text(3), brief(r.Jerk), brief(r.RefJerk))
	}
	return w.Flush()
}

// percent prints a share, or a dash where it is unknown.
func percent(m motion.Measure) string {
	if text := (100 * m).Text(0); text != "-" {
		return text + " %"
	}
	return "-"
}

// brief prints two significant digits, or a dash where m is unknown.
func brief(m motion.Measure) string {
	if m.Text(0) == "-" {
		return "-"
	}
	return fmt.Sprintf("%.2g", m)
}
