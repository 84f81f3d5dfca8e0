package train

import (
	"errors"
	"math"

	"whisker/controller"
	"whisker/policy"
)

// Survival plays tracker in w from its current frame to the end of its reference
// and returns for how long the root stayed within 100 mm and 60 degrees, s, and
// whether it did so to the end.
func Survival(w World, t *policy.Tracker) (seconds float64, completed bool, err error) {
	r, b := t.Reference(), w.Body()
	frame := t.Frame()
	p, v := &r.Poses[frame], &r.Twists[frame]
	s, cmd, truth := controller.NewState(b), controller.NewCommand(b), controller.Truth{Contacts: make([]bool, len(b.Feet))}
	w.Place(r.Root(frame), p.Q, v.Qd)
	if err := w.Start(); err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, w.Halt()) }()
	for n := 0; ; n++ {
		if err := w.Read(&s); err != nil {
			return float64(n) * b.Period.Seconds(), false, nil // diverged: lost
		}
		w.Truth(&truth)
		pos, rot := rootErrors(&truth.Root, r, frame+n)
		if !(pos <= 0.1 && rot <= math.Pi/3) {
			return float64(n) * b.Period.Seconds(), false, nil
		}
		if frame+n == r.Len()-1 {
			return float64(n) * b.Period.Seconds(), true, nil
		}
		if err := t.Act(&s, &cmd); err != nil {
			return 0, false, err
		}
		if err := w.Write(&cmd); err != nil {
			return 0, false, err
		}
	}
}
