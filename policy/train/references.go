package train

import (
	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

// References prepares clips for learning on body b. k is used during the call.
func References(b *controller.Body, k motion.Kinematics, clips []*motion.Clip) ([]*policy.Reference, error) {
	var refs []*policy.Reference
	for _, c := range clips {
		r, err := policy.NewReference(b, c, k)
		if err != nil {
			return nil, err
		}
		refs = append(refs, r)
	}
	return refs, nil
}
