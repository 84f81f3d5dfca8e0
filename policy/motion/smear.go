package motion

// Smear is what slow shutters and the smoothing of fits do to a motion: each joint is
// the mean of the frames up to half before and behind. Paws leave early, land late and
// hardly rise.
func Smear(c *Clip, half int) *Clip {
	if half == 0 {
		return c
	}
	out := *c
	out.Poses = copyPoses(c.Poses)
	for f := range out.Poses {
		q := out.Poses[f].Q
		from, to := max(f-half, 0), min(f+half, len(c.Poses)-1)
		for j := range q {
			sum := 0.0
			for g := from; g <= to; g++ {
				sum += c.Poses[g].Q[j]
			}
			q[j] = sum / float64(to-from+1)
		}
	}
	out.Differentiate()
	return &out
}
