package train

import (
	"slices"
	"strings"

	"whisker/policy"
)

// reflection turns a vector into that of the mirrored body: entry i is sign[i]
// times entry from[i].
type reflection struct {
	from []int
	sign []float32
}

func (r *reflection) apply(dst, src []float32) {
	for i, k := range r.from {
		dst[i] = r.sign[i] * src[k]
	}
}

// append adds n entries that the given function maps, counted from the end.
func (r *reflection) append(from []int, sign []float32) {
	at := len(r.from)
	for i, k := range from {
		r.from = append(r.from, at+k)
		r.sign = append(r.sign, sign[i])
	}
}

// names maps joints or actuators: _L and _R, FL and FR, RL and RR change places,
// and what bends or twists about the midline, or abducts a robot's hip, changes
// sign. ok is false when one has no partner.
func names(list []string) (r reflection, ok bool) {
	for _, n := range list {
		k := slices.Index(list, otherSide(n))
		if k < 0 {
			return r, false
		}
		s := float32(1)
		if list[k] == n && (strings.HasSuffix(n, "_bend") || strings.HasSuffix(n, "_twist")) || strings.HasSuffix(n, "_hip_joint") {
			s = -1
		}
		r.from, r.sign = append(r.from, k), append(r.sign, s)
	}
	return r, true
}

func otherSide(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts {
		switch p {
		case "L":
			parts[i] = "R"
		case "R":
			parts[i] = "L"
		case "FL":
			parts[i] = "FR"
		case "FR":
			parts[i] = "FL"
		case "RL":
			parts[i] = "RR"
		case "RR":
			parts[i] = "RL"
		}
	}
	return strings.Join(parts, "_")
}

// mirror maps observations and actions of a body to those of its mirror image.
type mirror struct{ obs, act reflection }

// newMirror is nil for a body without symmetry: each transition then counts once.
func newMirror(c *policy.Contract, feet []string) *mirror {
	joints, ok1 := names(c.Layout.Joints)
	acts, ok2 := names(c.Actuators)
	paws, ok3 := names(feet)
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	polar := reflection{[]int{0, 1, 2}, []float32{1, -1, 1}}
	axial := reflection{[]int{0, 1, 2}, []float32{-1, 1, -1}}
	parts := map[string]reflection{
		"joints_pos": joints, "joints_vel": joints, "joints_difference": joints, "previous_command": acts, "activation": acts,
		"gravity": polar, "root_velocity": polar, "root_position": polar, "reference_velocity": polar,
		"gyro": axial, "root_orientation": axial, "foot_force": paws, "stance": paws, "height": {[]int{0}, []float32{1}},
	}
	m := &mirror{act: acts}
	for _, t := range slices.Concat(c.Layout.Proprioception, c.Layout.Reference) {
		p, ok := parts[t.Name]
		if !ok {
			return nil
		}
		for range t.Size / len(p.from) {
			m.obs.append(p.from, p.sign)
		}
	}
	return m
}

// symmetrise makes the normaliser treat left and right alike.
func (m *mirror) symmetrise(n *normaliser) {
	mean, std := slices.Clone(n.Mean), slices.Clone(n.Std)
	for i, k := range m.obs.from {
		n.Mean[i] = (mean[i] + m.obs.sign[i]*mean[k]) / 2
		n.Std[i] = (std[i] + std[k]) / 2
	}
}
