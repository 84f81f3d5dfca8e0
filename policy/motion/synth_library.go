package motion

import (
	"fmt"
	"math/rand/v2"

	"whisker/controller"
)

// RandomSpec draws a spec of a kind within what rats do: walks of 0.05 to
// 0.4 m/s and trots of 0.3 to 0.6 m/s along curves down to a radius of 0.3 m,
// turns of 0.4 to 1.5 rad/s either way, roams of up to 0.25 to 0.6 m/s, dashes of up to 0.4 to 0.8,
// crabs of up to 0.1 to 0.4, whirls of up to 0.2 to 0.7.
func RandomSpec(kind Kind, seed uint64) Spec {
	r := rand.New(rand.NewPCG(seed, 0x5bec))
	s := Spec{Kind: kind, Seed: seed, Seconds: clipSeconds}
	switch kind {
	case Legs, Leaps:
		s.Seconds = legSeconds
	case Walk:
		s.Speed = within(r, 0.05, 0.4)
		s.Curvature = within(r, -3, 3)
	case Trot:
		s.Speed = within(r, 0.3, 0.6)
		s.Curvature = within(r, -1.5, 1.5)
	case Turn:
		s.TurnRate = within(r, 0.4, 1.5)
		if r.Float64() < 0.5 {
			s.TurnRate = -s.TurnRate
		}
	case Roam:
		s.Speed = within(r, 0.25, 0.6)
	case Dash:
		s.Speed = within(r, 0.4, 0.8)
	case Crab:
		s.Speed = within(r, 0.1, 0.4)
	case Whirl:
		s.Speed = within(r, 0.2, 0.7)
	}
	return s
}

// mix is what a library is made of, in the order it is drawn: half of it walks,
// so that any twelve in a row hold every kind but roam, dash, crab, whirl and upright, which are for learning from.
var mix = [...]Kind{Walk, Stand, Walk, Turn, Walk, HeadTurn, Walk, Lunge, Walk, Groom, Trot, Rear}

// LibrarySpecs draws n specs: half walks, the rest shared by the other kinds.
// Two seeds have no spec in common, so one library can be learned from and
// another keep unseen motion.
func LibrarySpecs(seed uint64, n int) []Spec {
	specs := make([]Spec, n)
	for i := range specs {
		specs[i] = RandomSpec(mix[i%len(mix)], seed<<20+uint64(i))
	}
	return specs
}

// Library synthesises LibrarySpecs(seed, n).
func Library(k Kinematics, b *controller.Body, seed uint64, n int) ([]*Clip, error) {
	r, err := newRat(k, b, 0)
	if err != nil {
		return nil, err
	}
	var clips []*Clip
	for i, spec := range LibrarySpecs(seed, n) {
		clip, _, err := r.synthesize(spec)
		if err != nil {
			return nil, fmt.Errorf("motion: library %d, clip %d: %w", seed, i, err)
		}
		clips = append(clips, clip)
	}
	return clips, nil
}
