package sim

import "whisker/controller"

// Truth stores what only the simulator knows: the root, which feet touch the
// ground, and the mean magnitude of the helping force over the last period.
func (r *Robot) Truth(t *controller.Truth) {
	if len(t.Contacts) != len(r.body.Feet) {
		t.Contacts = make([]bool, len(r.body.Feet))
	}
	r.storeRoot(&t.Root)
	r.world.touch(t.Contacts)
	t.Assist = r.world.assistForce[0]
}

// SetAssist helps the root towards target with a spring of the given stiffness
// (K, N/m; 0 is off): force K dx + 0.3 sqrt(K) dv, torque 0.002 K (rotation
// vector) + 1e-4 K dw. It lasts until the next SetAssist or Close.
func (r *Robot) SetAssist(target controller.Root, stiffness float64) {
	w := r.world
	w.assist[0] = stiffness
	copy(w.target[0:3], target.Pos[:])
	copy(w.target[3:7], target.Quat[:])
	copy(w.target[7:10], target.Vel[:])
	copy(w.target[10:13], target.AngVel[:])
}

// Perturb pushes the root with a force (N, world) during the next period.
func (r *Robot) Perturb(force [3]float64) { copy(r.world.push, force[:]) }

// OnBody tells whether anything but the feet touches the ground: a legged robot
// that does so has fallen, or lies.
func (r *Robot) OnBody() bool { return r.world.touch(r.touches) }
