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
			s.Stood.Text(2), s.Path.Text(2), s.RefPath.Text(2), s.HeadingErr.Text(1), s.JointRMS.Text(3),
			s.Forward.Text(3), s.RefForward.Text(2), s.Left.Text(3), s.RefLeft.Text(2), s.Turn.Text(3), s.RefTurn.Text(2), velocityError(s))
	}
	return t.Flush()
}

// velocityError is that of the mean velocity along the ground, and of the turn.
func velocityError(s *motion.TravelScore) string {
	off := math.Hypot(float64(s.Forward-s.RefForward), float64(s.Left-s.RefLeft))
	return motion.Measure(off).Text(3) + " m/s " + (s.Turn - s.RefTurn).Text(3) + " rad/s"
}
