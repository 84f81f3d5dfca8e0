package sim

// facts is what the package needs to know of a compiled model, read once.
type facts struct {
	nq, nv, nu int
	rat        bool
	floating   bool // the first joint is free
	root       int  // body that carries the free joint, else the first body
	bodies     []string
	parent     []int
	mass       []float64 // kg, per body
	joints     []jointFact
	actuators  []actuatorFact
	geoms      []geomFact
	home       []float64 // qpos of the first key frame, else the model's own
	order      []int     // the model's joint of each of the robot's joints; nil: the same
	warnings   []string
}

// jointFact is one hinge or slide joint.
type jointFact struct {
	name     string
	limited  bool
	min, max float64
}

type actuatorFact struct {
	name          string
	joint         int // index into joints; -1 for a tendon
	motor         bool
	servo         bool // affine bias on the length
	filter        bool
	tau           float64 // s
	act           int     // index into act, or -1
	gain          float64
	bias          [3]float64
	gear          float64
	ctrlLimited   bool
	ctrl          [2]float64
	forceLimited  bool
	force         [2]float64
	jointLimited  bool // the joint bounds what its actuators may do
	jointForceMax float64
}

type geomFact struct {
	body, kind, group int
	collides          bool
	size, pos         [3]float64
	quat              [4]float64
	rgba              [4]float32
	vertices          []float32
	faces             []int32
}

// free is how many of qpos the floating base takes; nv takes one less.
func (f *facts) free() (q, v int) {
	if f.floating {
		return 7, 6
	}
	return 0, 0
}

// at is the place among the model's joints of the robot's joint j.
func (f *facts) at(j int) int {
	if f.order != nil {
		return f.order[j]
	}
	return j
}

// joint is the model's joint of the robot's joint j.
func (f *facts) joint(j int) *jointFact { return &f.joints[f.at(j)] }

// toModel copies values per joint from the robot's order into the model's.
func (f *facts) toModel(model, robot []float64) {
	if f.order == nil {
		copy(model, robot)
		return
	}
	for j, at := range f.order {
		model[at] = robot[j]
	}
}

// toRobot copies values per joint from the model's order into the robot's.
func (f *facts) toRobot(robot, model []float64) {
	if f.order == nil {
		copy(robot, model)
		return
	}
	for j, at := range f.order {
		robot[j] = model[at]
	}
}

// rowToRobot reorders the joints of one row of velocity coordinates in place;
// spare has room for them.
func (f *facts) rowToRobot(row, spare []float64) {
	if f.order == nil {
		return
	}
	_, free := f.free()
	copy(spare, row[free:])
	f.toRobot(row[free:], spare)
}

func (f *facts) body(name string) int {
	for i, b := range f.bodies {
		if b == name {
			return i
		}
	}
	return -1
}

// feetOf maps every body to the foot whose subtree it is in, or -1.
func (f *facts) feetOf(feet []string) []int32 {
	of := make([]int32, len(f.bodies))
	for i := range of {
		of[i] = -1
		for k, name := range feet {
			if f.bodies[i] == name {
				of[i] = int32(k)
			}
		}
		if i > 0 && of[i] < 0 {
			of[i] = of[f.parent[i]] // parents come before children
		}
	}
	return of
}
