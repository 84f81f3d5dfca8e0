package motion

import "math"

// A rat that rears as high as it can stands on its toes. The model's bend one way only,
// so that with its heels up it stands on their tips: a support a few millimetres
// long, on which nothing that stays where it is can be balanced. What moves on rolls over
// them, and what has a fore paw near the floor can stand on that.
const (
	// Slower than stillSpeed (of the trunk in the plane, m/s) a body stays where it is, and
	// faster than movingSpeed it does not.
	stillSpeed, movingSpeed = 0.05, 0.15
	rollFrames              = 8 // of a stance, in which its foot may roll over its toes
	stillRounds             = 8 // of the filter 1 2 1 over what comes and goes with such a stand
	sinks                   = 4 // of the trunk, each followed by a fit of the legs
)

// reared is how much each frame is one of a body that stays where it is on its hind paws, 0 to 1.
func (w *cleaner) reared(paths *[4]pawPath) []float64 {
	root, reared := make([][3]float64, len(w.poses)), make([]float64, len(w.poses))
	for f := range root {
		root[f] = w.poses[f].Pos
	}
	for f := range reared {
		moving := smoothStep((planeSpeed(root, f, w.rate) - stillSpeed) / (movingSpeed - stillSpeed))
		up := math.Min(paths[leftFore].low[f], paths[rightFore].low[f])
		reared[f] = (1 - moving) * smoothStep(up/airHeight-1)
	}
	blur(reared)
	return reared
}

// blur runs the filter 1 2 1; the first and last value stay.
func blur(x []float64) {
	for range stillRounds {
		last := x[0]
		for f := 1; f < len(x)-1; f++ {
			now := x[f]
			x[f] = (last + 2*now + x[f+1]) / 4
			last = now
		}
	}
}

// rolling is how much of a heel that is up in frame f a body on its hind paws keeps up:
// all of it in a swing and in the last frames of a stance.
func rolling(holds []hold, f int) float64 {
	for _, h := range holds {
		if h.from <= f && f < h.to {
			return 1 - smoothStep(float64(h.to-f-rollFrames)/rollFrames)
		}
	}
	return 1
}

// sink lowers the trunk of a reared body by what its heels are above where they should be:
// legs that are stretched cannot bring them down.
func (w *cleaner) sink() {
	paths, by := w.r.observe(w.poses), make([]float64, len(w.poses))
	for f := range by {
		for _, leg := range [...]int{leftHind, rightHind} {
			if t := &w.plan[leg][f]; t.down {
				by[f] = math.Max(by[f], w.rears[f]*(paths[leg].heel[f][2]-t.heel[2]))
			}
		}
	}
	blur(by)
	for f := range w.poses {
		w.poses[f].Pos[2] -= by[f]
	}
}

// merge takes back those steps of a hind paw, between neighbouring places, that would leave a
// reared body on the other alone: a paw that creeps stands where it is on average.
func merge(holds []hold, reared []float64) []hold {
	var out []hold
	for _, h := range holds {
		if n := len(out); n > 0 {
			last := &out[n-1]
			far := math.Hypot(h.at[0]-last.at[0], h.at[1]-last.at[1])
			if up := runs(last.to, h.from, func(f int) bool { return reared[f] > 0.5 }); far < holdReach && up != nil {
				a, b := float64(last.to-last.from), float64(h.to-h.from)
				for i := range last.at {
					last.at[i] = (a*last.at[i] + b*h.at[i]) / (a + b)
				}
				last.to = h.to
				continue
			}
		}
		out = append(out, h)
	}
	return out
}
