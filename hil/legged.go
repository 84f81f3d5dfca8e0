package hil

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/onnx"
	"whisker/sim"
)

// openProfiled opens a robot that a profile describes, in the simulator.
func openProfiled(s *Scenario, name string) (*sim.Robot, error) {
	p, err := profile.Open(name)
	if err != nil {
		return nil, err
	}
	return s.openPlant(sim.Options{Profile: p, Model: s.Model, Timestep: milliseconds(s.Physics.TimestepMs), Torque: s.Physics.Torque})
}

func openRanges(p *Physics) (*sim.Ranges, error) {
	if p.Randomise == "body" {
		return bodyRanges(p.Body)
	}
	return sim.OpenRanges(p.Randomise)
}

// foreign tells whether the scenario's policy was trained elsewhere.
func (s *Scenario) foreign() bool { return strings.EqualFold(filepath.Ext(s.Policy), ".onnx") }

// goal is where the scenario sends a policy that follows no clip.
func (s *Scenario) goal() policy.Velocity {
	v := policy.Velocity{}
	if len(s.Goal) == 3 && s.Gamepad == "" { // a gamepad begins at rest
		v = policy.Velocity{Forward: s.Goal[0], Left: s.Goal[1], Turn: s.Goal[2]}
	}
	return v
}

// checkGoal reports a goal or a layout that the scenario's policy cannot use.
func (s *Scenario) checkGoal() error {
	switch {
	case !s.foreign() && (len(s.Goal) > 0 || s.Layout != ""):
		return fmt.Errorf("hil: scenario: goal and layout are for a policy in an .onnx file, policy is %q", s.Policy)
	case len(s.Goal) != 0 && len(s.Goal) != 3:
		return fmt.Errorf("hil: scenario: goal has %d numbers, expected forward m/s, left m/s, turn rad/s", len(s.Goal))
	case s.foreign() && len(s.Clips) > 0:
		return fmt.Errorf("hil: scenario: a policy in an .onnx file follows a goal, not clips: leave one out")
	}
	for _, x := range s.Goal {
		if !(math.Abs(x) < 100) {
			return fmt.Errorf("hil: scenario: goal is %v, expected m/s, m/s and rad/s", s.Goal)
		}
	}
	return nil
}

// LayoutFile is the layout of a policy trained elsewhere: the one named, else the YAML
// file beside the ONNX file.
func (s *Scenario) LayoutFile() string {
	if s.Layout != "" {
		return s.Layout
	}
	return strings.TrimSuffix(s.Policy, filepath.Ext(s.Policy)) + ".yaml"
}

// readForeign reads the ONNX file and its layout.
func (g *rig) readForeign() error {
	s := &g.scenario
	if _, err := os.Stat(s.Policy); err != nil {
		return fmt.Errorf("hil: policy: %w", err)
	}
	l, err := policy.OpenLayout(s.LayoutFile())
	if err != nil {
		return err
	}
	if l.Robot != "" && l.Robot != g.body.Name {
		return fmt.Errorf("hil: %s is a policy for %s, the robot is %s", l.Name, l.Robot, g.body.Name)
	}
	for i, v := range s.Goal {
		if math.Abs(v) > l.MaxGoal[i] {
			return fmt.Errorf("hil: scenario: goal is %v, beyond %v, the max_goal of %s", s.Goal, l.MaxGoal, l.Name)
		}
	}
	net, err := onnx.Load(s.Policy)
	if err != nil {
		return err
	}
	g.network = net.Hash()
	g.foreign, err = policy.NewForeign(g.body, l, net, g.kin)
	return err
}

// leggedClips are the clips of a robot with a profile: stand, files, clips of the
// rat, or, for a policy that follows no clip, the way that its goal asks for.
func (g *rig) leggedClips() (clips []*motion.Clip, err error) {
	s := &g.scenario
	if g.foreign != nil {
		seconds := s.Seconds
		if seconds == 0 {
			seconds = goalSeconds
		}
		return []*motion.Clip{course(g.body, g.kin, s.goal(), seconds)}, nil
	}
	l := newLeggedSource(g.body, g.kin)
	defer l.close()
	clips, err = l.readAll(s.Clips)
	g.fidelity, g.rats = l.kept, l.rats
	return clips, err
}

// standing is the clip of a robot that stands.
func standing(b *controller.Body, k *sim.Kinematics) *motion.Clip {
	c := course(b, k, policy.Velocity{}, standSeconds)
	c.Name, c.Source = "stand", "the standing pose of the profile"
	return c
}

const (
	standSeconds = 5
	goalSeconds  = 20
)

// course is a clip that stands, goes and turns at a velocity, with the feet where
// they are when standing: the ghost and the measure of a policy that has a goal.
func course(b *controller.Body, k *sim.Kinematics, v policy.Velocity, seconds float64) *motion.Clip {
	c := &motion.Clip{
		Name: fmt.Sprintf("goal %g,%g,%g", v.Forward, v.Left, v.Turn), Source: "the goal",
		Rate: 1 / b.Period.Seconds(), Joints: k.JointNames(),
	}
	low := math.Inf(1)
	k.SetPose([3]float64{}, [4]float64{1, 0, 0, 0}, b.Stand)
	for _, name := range b.Feet {
		if id, ok := k.BodyID(name); ok {
			low = math.Min(low, k.LowestPoint(id))
		}
	}
	at, dt := [3]float64{0, 0, -low}, b.Period.Seconds()
	for f := range max(2, int(math.Round(seconds*c.Rate))) {
		h := v.Turn * dt * float64(f)
		cos, sin := math.Cos(h), math.Sin(h)
		vel := [3]float64{cos*v.Forward - sin*v.Left, sin*v.Forward + cos*v.Left, 0}
		c.Poses = append(c.Poses, motion.Pose{Pos: at, Quat: [4]float64{math.Cos(h / 2), 0, 0, math.Sin(h / 2)}, Q: b.Stand})
		c.Twists = append(c.Twists, motion.Twist{Vel: vel, AngVel: [3]float64{0, 0, v.Turn}, Qd: make([]float64, len(b.Joints))})
		at[0], at[1] = at[0]+dt*vel[0], at[1]+dt*vel[1]
	}
	return c
}

// walker makes a policy that follows no clip count frames as a tracker does.
type walker struct {
	*policy.Foreign
	frame int
}

// Frame is the frame that the next Act is measured against.
func (w *walker) Frame() int { return w.frame }

// Act acts, and steps to the next frame.
func (w *walker) Act(s *controller.State, cmd *controller.Command) error {
	w.frame++
	return w.Foreign.Act(s, cmd)
}

// begin puts the driver at a frame of the clip.
func (p *pass) begin(frame int) error {
	if w, ok := p.driver.(*walker); ok {
		w.frame = frame
		return nil
	}
	return p.tracker.Switch(p.ref, frame)
}

// policyHash identifies the policy that drives; "" is open loop.
func (g *rig) policyHash() string {
	switch {
	case g.file != nil:
		return g.file.Hash()
	case g.foreign != nil:
		return g.network
	}
	return ""
}
