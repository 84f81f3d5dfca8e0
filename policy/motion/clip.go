package motion

// Pose is one pose of a body: root and joints.
type Pose struct {
	Pos  [3]float64 // root position, m, world
	Quat [4]float64 // root orientation w, x, y, z; body to world
	Q    []float64  // joint angles, rad
}

// Twist is the velocity of a Pose.
type Twist struct {
	Vel    [3]float64 // root, m/s, world
	AngVel [3]float64 // root, rad/s, body frame
	Qd     []float64  // joints, rad/s
}

// Clip is a motion at a fixed rate. Poses and Twists have the same length; Q
// and Qd are in the order of Joints.
type Clip struct {
	Name   string
	Rate   float64 // frames per second
	Joints []string
	Poses  []Pose
	Twists []Twist // filtered finite differences of Poses
	// Source says where the clip came from: a file, or generator, seed and parameters.
	Source string
	// Repairs lists what reading the clip mended, a sentence each.
	Repairs []string
}

// Len is the number of frames.
func (c *Clip) Len() int { return len(c.Poses) }
