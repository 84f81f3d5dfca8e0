package motion

import "whisker/controller"

// Kinematics is the geometry and mass of a body, as its one owner (sim) gives
// it. It holds a current pose; one goroutine uses it at a time. Velocity
// coordinates (nv of them) are root linear (world, 3), root angular (body
// frame, 3), then joints in the order of JointNames.
type Kinematics interface {
	// JointNames are the names of Pose.Q's entries, in order.
	JointNames() []string
	// JointRange is the range of joint j, rad.
	JointRange(j int) (min, max float64)
	// BodyID resolves a body's name; ok is false when the model lacks it.
	BodyID(name string) (id int, ok bool)
	// SetPose sets the current pose (root position m, root orientation w, x, y, z,
	// joints rad) and runs forward kinematics.
	SetPose(pos [3]float64, quat [4]float64, q []float64)
	// BodyPose is the pose of a body's frame in the world (m; w, x, y, z).
	BodyPose(body int) (pos [3]float64, quat [4]float64)
	// PointJacobian fills jac (3 rows of nv, row-major) with the derivative of a
	// world point fixed to body with respect to the velocity coordinates.
	PointJacobian(body int, point [3]float64, jac []float64)
	// CenterOfMass is that of the whole body, m, world.
	CenterOfMass() [3]float64
	// LowestPoint is the height of the lowest point of the collision shapes of a
	// body's own and its descendants' frames, m.
	LowestPoint(body int) float64
	// Overlaps appends to dst the places where bodies are in each other, or in the floor, which
	// is body 0, at the current pose.
	Overlaps(dst []controller.Overlap) []controller.Overlap
	// ActuatorLengths fills out with the actuator positions at the current pose, rad.
	ActuatorLengths(out []float64)
	// InverseDynamics fills qfrc (nv) with the generalised forces that produce
	// acceleration acc (nv) at the given root, joints and joint velocities without
	// contact. Passive joint forces (springs, damping) are already taken off.
	InverseDynamics(root *controller.Root, q, qd, acc, qfrc []float64)
	// ActuatorMoment fills m (nu rows of nv, row-major) with the moment arms of
	// the actuators at the current pose.
	ActuatorMoment(m []float64)
	// BodyMass is the mass of a body, kg.
	BodyMass(body int) float64
}
