package hil

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"whisker/policy/motion"
)

// travels prints how legged robots went: against a clip, or against the velocity
// that they were asked for.
func (r *Result) travels(w io.Writer) error {
	if len(r.Clips) == 0 || r.Clips[0].Travel == nil {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "clip\tcontroller\tcompleted\tfell\tstood s\tpath m\tof m\theading deg\tjoints rad\tforward m/s\tof\tleft m/s\tof\tturn rad/s\tof\tvelocity error\t")
	for _, c := range r.Clips {
		s, fell := c.Travel, "no"
		if s.Fell != "" {
			fell = s.Fell
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Clip, c.Controller, yes(c.Completed), fell,
			number(s.Stood, 2), number(s.Path, 2), number(s.RefPath, 2), number(s.HeadingErr, 1), number(s.JointRMS, 3),
			number(s.Forward, 3), number(s.RefForward, 2), number(s.Left, 3), number(s.RefLeft, 2), number(s.Turn, 3), number(s.RefTurn, 2), velocityError(s))
	}
	return t.Flush()
}

// velocityError is that of the mean velocity along the ground, and of the turn.
func velocityError(s *motion.TravelScore) string {
	off := math.Hypot(float64(s.Forward-s.RefForward), float64(s.Left-s.RefLeft))
	return number(motion.Measure(off), 3) + " m/s " + number(s.Turn-s.RefTurn, 3) + " rad/s"
}
