package sim

import (
	"fmt"
	"math"

	"whisker/controller"
)

// Kinematics is the geometry and mass of a robot's body, with a pose of its own
// that is independent of the robot's. One goroutine uses it at a time. Velocity
// coordinates are root linear (world), root angular (body frame), joints.
type Kinematics struct {
	facts   *facts
	world   *world
	names   []string
	spare   []float64 // per joint
	lengths bool      // of the current pose are computed

	full, force []float64 // of Dynamics: nv rows of nv, and nv
	overlapping []int32   // of Overlaps, as are places
	places      []float64
}

// Kinematics returns a new one, at the pose that the robot starts from.
func (r *Robot) Kinematics() *Kinematics {
	w, err := r.model.newWorld()
	if err != nil {
		panic(err) // some MB are not to be had: no caller can go on
	}
	k := &Kinematics{facts: r.facts, world: w}
	for j := range r.facts.joints {
		k.names = append(k.names, r.facts.joint(j).name)
	}
	k.spare = make([]float64, len(k.names))
	copy(w.qpos, r.startPos)
	k.must(w.kinematics())
	return k
}

// Close frees its memory; nothing else may be called after it.
func (k *Kinematics) Close() { k.world.close() }

// JointNames are the joints in the order of positions.
func (k *Kinematics) JointNames() []string { return k.names }

// JointRange is the range of joint j, rad; without limits in the model it is wide.
func (k *Kinematics) JointRange(j int) (min, max float64) {
	if f := k.facts.joint(j); f.limited {
		return f.min, f.max
	}
	return -far, far
}

// BodyID resolves a body's name; ok is false when the model lacks it.
func (k *Kinematics) BodyID(name string) (id int, ok bool) {
	id = k.facts.body(name)
	return id, id >= 0
}

// SetPose sets the pose: root position (m) and orientation, joints (rad). A body
// fixed to the world ignores the root.
func (k *Kinematics) SetPose(pos [3]float64, quat [4]float64, q []float64) {
	w := k.world
	free, _ := k.facts.free()
	if len(q) != len(k.names) {
		panic(fmt.Sprintf("sim: SetPose got %d positions for %d joints", len(q), len(k.names)))
	}
	if free > 0 {
		copy(w.qpos[0:3], pos[:])
		copy(w.qpos[3:7], quat[:])
	}
	k.facts.toModel(w.qpos[free:], q)
	k.must(w.kinematics())
	k.lengths = false
}

// must panics: with a model that compiled, these computations cannot fail.
func (k *Kinematics) must(err error) {
	if err != nil {
		panic("sim: kinematics: " + err.Error())
	}
}

// BodyPose is the pose of a body's frame in the world (m; w, x, y, z).
func (k *Kinematics) BodyPose(body int) (pos [3]float64, quat [4]float64) {
	copy(pos[:], k.world.xpos[3*body:])
	copy(quat[:], k.world.xquat[4*body:])
	return pos, quat
}

// PointJacobian fills jac (3 rows of nv) with the derivative of a world point
// fixed to body with respect to the velocity coordinates.
func (k *Kinematics) PointJacobian(body int, point [3]float64, jac []float64) {
	if len(jac) != 3*k.facts.nv {
		panic(fmt.Sprintf("sim: PointJacobian got %d entries for 3 x %d", len(jac), k.facts.nv))
	}
	k.world.jacobian(body, &point, jac)
	for nv := k.facts.nv; len(jac) > 0; jac = jac[nv:] {
		k.facts.rowToRobot(jac[:nv], k.spare)
	}
}

// CenterOfMass is that of the whole body, m, world.
func (k *Kinematics) CenterOfMass() [3]float64 { return [3]float64(k.world.com[0:3]) }

// BodyMass is the mass of one body, kg.
func (k *Kinematics) BodyMass(body int) float64 { return k.facts.mass[body] }

// Mass is the mass of the whole body, kg.
func (k *Kinematics) Mass() float64 {
	sum := 0.0
	for _, m := range k.facts.mass[1:] {
		sum += m
	}
	return sum
}

func (k *Kinematics) needLengths() {
	if !k.lengths {
		k.must(k.world.lengths())
		k.lengths = true
	}
}

// ActuatorLengths fills out with the actuators' positions at the pose, rad.
func (k *Kinematics) ActuatorLengths(out []float64) {
	k.needLengths()
	for i := range out {
		out[i] = k.world.length[i] / k.facts.actuators[i].gear
	}
}

// ActuatorMoment fills m (nu rows of nv) with the actuators' moment arms at the
// pose: generalised force per torque.
func (k *Kinematics) ActuatorMoment(m []float64) {
	nv := k.facts.nv
	if len(m) != k.facts.nu*nv {
		panic(fmt.Sprintf("sim: ActuatorMoment got %d entries for %d x %d", len(m), k.facts.nu, nv))
	}
	k.needLengths()
	k.world.moment(m)
	for i := range k.facts.actuators {
		gear := k.facts.actuators[i].gear
		for j := range nv {
			m[i*nv+j] /= gear
		}
		k.facts.rowToRobot(m[i*nv:(i+1)*nv], k.spare)
	}
}

// InverseDynamics fills qfrc (nv) with the generalised forces that produce the
// acceleration acc (nv) at the given state, without contacts and joint limits;
// springs and damping of the joints are already taken off. It leaves the pose at
// the given one.
func (k *Kinematics) InverseDynamics(root *controller.Root, q, qd, acc, qfrc []float64) {
	w := k.world
	free, freeV := k.facts.free()
	if len(q) != len(k.names) || len(qd) != len(k.names) || len(acc) != k.facts.nv || len(qfrc) != k.facts.nv {
		panic(fmt.Sprintf("sim: InverseDynamics got %d, %d, %d, %d entries for %d joints, nv %d", len(q), len(qd), len(acc), len(qfrc), len(k.names), k.facts.nv))
	}
	if free > 0 {
		putRoot(root, w.qpos, w.qvel)
	}
	k.facts.toModel(w.qpos[free:], q)
	k.facts.toModel(w.qvel[freeV:], qd)
	copy(w.qacc[:freeV], acc)
	k.facts.toModel(w.qacc[freeV:], acc[freeV:])
	k.must(w.inverse(qfrc))
	k.facts.rowToRobot(qfrc, k.spare)
	k.lengths = true
}

// Dynamics fills mass (n rows of n joints, kg·m²) and bias (n, N·m) at positions q
// and speeds qd, while the root is held level: mass times the accelerations, and
// bias, are the torques that make the links move so, against gravity. Neither
// rotors nor springs nor friction of the joints are counted.
func (k *Kinematics) Dynamics(q, qd, mass, bias []float64) {
	w, n, nv := k.world, len(k.names), k.facts.nv
	free, freeV := k.facts.free()
	if len(q) != n || len(qd) != n || len(mass) != n*n || len(bias) != n {
		panic(fmt.Sprintf("sim: Dynamics got %d, %d, %d, %d entries for %d joints", len(q), len(qd), len(mass), len(bias), n))
	}
	if free > 0 {
		putRoot(&controller.Root{Quat: [4]float64{1}}, w.qpos, w.qvel)
	}
	k.facts.toModel(w.qpos[free:], q)
	k.facts.toModel(w.qvel[freeV:], qd)
	if k.full == nil {
		k.full, k.force = make([]float64, nv*nv), make([]float64, nv)
	}
	k.must(w.dynamics(k.full, k.force))
	k.lengths = false
	k.facts.toRobot(bias, k.force[freeV:])
	rotor := w.parameters().armature
	for j := range n {
		at := freeV + k.facts.at(j)
		row := k.full[at*nv : (at+1)*nv]
		row[at] -= rotor[at]
		k.facts.toRobot(mass[j*n:(j+1)*n], row[freeV:])
	}
}

// mostOverlaps is how many places of overlap are found at most: a curled rat has twenty.
const mostOverlaps = 64

// Overlaps appends to dst the places where colliding shapes of two bodies are in each
// other at the current pose; of one that shares its place with the floor, the other is body 0.
func (k *Kinematics) Overlaps(dst []controller.Overlap) []controller.Overlap {
	if k.overlapping == nil {
		k.overlapping, k.places = make([]int32, 2*mostOverlaps), make([]float64, 7*mostOverlaps)
	}
	n, err := k.world.overlaps(k.overlapping, k.places)
	k.must(err)
	for i := range n {
		p := k.places[7*i:]
		dst = append(dst, controller.Overlap{
			Bodies: [2]int{int(k.overlapping[2*i]), int(k.overlapping[2*i+1])},
			At:     [3]float64(p[0:3]), Normal: [3]float64(p[3:6]), Depth: p[6],
		})
	}
	return dst
}

// LowestPoint is the height of the lowest point of the colliding shapes of a body
// and its descendants, m; +Inf when they have none.
func (k *Kinematics) LowestPoint(body int) float64 {
	low := math.Inf(1)
	for i := range k.facts.geoms {
		g := &k.facts.geoms[i]
		if g.collides && k.within(g.body, body) {
			low = math.Min(low, lowest(g, k.world.geomPos[3*i:3*i+3], k.world.geomMat[9*i:9*i+9]))
		}
	}
	return low
}

func (k *Kinematics) within(body, ancestor int) bool {
	for body > ancestor {
		body = k.facts.parent[body]
	}
	return body == ancestor
}
