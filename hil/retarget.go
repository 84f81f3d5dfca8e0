package hil

import (
	"fmt"
	"slices"

	"whisker/policy/motion"
	"whisker/sim"
)

// leggedSource reads the clips of a robot with a profile: its own, and those of
// the rat, which it retargets on the way.
type leggedSource struct {
	rig *rig
	rat *sim.Robot // opened with the first clip of a rat
	kin *sim.Kinematics
}

func (l *leggedSource) close() {
	if l.rat != nil {
		l.kin.Close()
		l.rat.Close()
	}
}

// read gives the clips that a name stands for: stand, a shipped clip of the rat,
// a file or a glob.
func (l *leggedSource) read(name string) (clips []*motion.Clip, err error) {
	if name == "stand" {
		return []*motion.Clip{l.rig.standing()}, nil
	}
	if slices.Contains(motion.ShippedNames(), name) {
		c, err := motion.Shipped(name)
		if err != nil {
			return nil, err
		}
		return l.retarget([]*motion.Clip{c})
	}
	files, err := expand(name)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		more, err := l.file(f)
		if err != nil {
			return nil, err
		}
		clips = append(clips, more...)
	}
	return clips, nil
}

// file reads a file whose joints are the robot's, else as one of a rat.
func (l *leggedSource) file(name string) ([]*motion.Clip, error) {
	own, err := motion.ReadFile(name, nil)
	if err == nil && l.owns(own) {
		return motion.ReadFile(name, l.rig.kin)
	}
	if err := l.openRat(); err != nil {
		return nil, err
	}
	rats, err := motion.ReadFile(name, l.kin)
	if err != nil {
		return nil, err
	}
	return l.retarget(rats)
}

// owns tells whether clips have a joint of the robot.
func (l *leggedSource) owns(clips []*motion.Clip) bool {
	for _, c := range clips {
		for _, j := range c.Joints {
			if l.rig.body.JointIndex(j) >= 0 {
				return true
			}
		}
	}
	return false
}

func (l *leggedSource) openRat() (err error) {
	if l.rat != nil {
		return nil
	}
	if l.rat, err = sim.Open(sim.Options{}); err != nil {
		return fmt.Errorf("hil: to retarget a rat's clip: %w", err)
	}
	l.kin = l.rat.Kinematics()
	return nil
}

// retarget makes clips of the rat the robot's, and remembers what was kept.
func (l *leggedSource) retarget(rats []*motion.Clip) (out []*motion.Clip, err error) {
	if err := l.openRat(); err != nil {
		return nil, err
	}
	for _, rat := range rats {
		ordered, err := rat.Reorder(l.kin.JointNames())
		if err != nil {
			return nil, err
		}
		c, kept, err := motion.Retarget(ordered, l.kin, l.rig.kin, l.rig.body)
		if err != nil {
			return nil, err
		}
		if l.rig.fidelity == nil {
			l.rig.fidelity = map[string]*motion.Fidelity{}
		}
		l.rig.fidelity[c.Name] = kept
		out = append(out, c)
	}
	return out, nil
}
