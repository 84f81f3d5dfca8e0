package motion

import "whisker/controller"

// Footing is what the tests look at in one synthesised frame.
type Footing struct {
	Down    [4]bool       // the paw stands: left hind, right hind, left fore, right fore
	Pad     [4][3]float64 // of the paw, m
	Low     [4]float64    // lowest point of the paw, m
	Outside float64       // of the zero moment point beyond the paws' polygon, m
}

// SynthesizeFooting is Synthesize with what became of the feet.
func SynthesizeFooting(k Kinematics, b *controller.Body, spec Spec) (*Clip, []Footing, error) {
	r, err := newRat(k, b, spec.Posture)
	if err != nil {
		return nil, nil, err
	}
	clip, frames, err := r.synthesize(spec)
	if err != nil {
		return nil, nil, err
	}
	bal := newBalance(r.k, r.stand, len(frames), clipRate)
	bal.measure(r, frames, clip.Poses)
	footing := make([]Footing, len(frames))
	for i := range frames {
		p, f := &clip.Poses[i], &footing[i]
		k.SetPose(p.Pos, p.Quat, p.Q)
		for leg := range r.paws {
			f.Down[leg] = frames[i].paws[leg].down
			f.Pad[leg] = r.ik.point(&r.paws[leg].pad)
			f.Low[leg] = k.LowestPoint(r.paws[leg].foot)
		}
		f.Outside = bal.support[i].outside(bal.zmp[i])
	}
	return clip, footing, nil
}
