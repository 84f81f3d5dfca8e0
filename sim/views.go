package sim

// views are windows on the memory of one simulated world: reading them costs no
// call into C. They end with the world's close.
type views struct {
	qpos, qvel, qacc, act, ctrl, applied []float64 // applied: generalised force, for solve
	length, velocity, force              []float64 // per actuator, in its own coordinates
	xpos, xquat                          []float64 // per body
	geomPos, geomMat                     []float64
	com                                  []float64 // per body: of its subtree
	pos, vel, tau, kp, kd                []float64 // the command
	strength, zero, ceiling              []float64 // per actuator: of its torque; of its encoder, rad; of its bound
	lag                                  []int32   // per actuator: physics steps from command to motor
	footForce, acc                       []float64
	assist                               []float64 // 1, N/m
	target                               []float64 // 13
	assistForce                          []float64 // 1, N
	push                                 []float64 // 3, N
}

// drive is how an actuator's command becomes MuJoCo's control; see ws_drive.
type drive struct {
	kind                       int
	scale, offset, gear, limit float64
	full, free                 float64 // rad/s: speeds of full torque and of none
}

const (
	drivePosition = iota
	driveTorque
	driveImpedance
)

// ringLength is how many commands a world keeps for motors that obey late:
// WS_RING of world.h.
const ringLength = 64
