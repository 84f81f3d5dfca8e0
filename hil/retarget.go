package hil

import (
	"fmt"
	"slices"

	"whisker/controller"
	"whisker/policy/motion"
	"whisker/sim"
)

// LeggedClips reads what names mean to a robot with a profile, whose geometry k is:
// stand, its own clips, motions of other robots with legs, and clips of the rat,
// files, globs or shipped names. What is not its own is retargeted on the way: kept
// tells by clip name what was kept.
func LeggedClips(names []string, b *controller.Body, k *sim.Kinematics) (clips []*motion.Clip, kept map[string]*motion.Fidelity, err error) {
	l := newLeggedSource(b, k)
	defer l.close()
	clips, err = l.readAll(names)
	return clips, l.kept, err
}

// leggedSource reads the clips of a robot with a profile.
type leggedSource struct {
	body *controller.Body
	own  *sim.Kinematics
	kept map[string]*motion.Fidelity
	rats map[string]*motion.Clip // what was retargeted, by the name that it has now
	rat  *sim.Robot              // opened with the first clip of a rat
	kin  *sim.Kinematics
}

func newLeggedSource(b *controller.Body, own *sim.Kinematics) *leggedSource {
	return &leggedSource{body: b, own: own, kept: map[string]*motion.Fidelity{}, rats: map[string]*motion.Clip{}}
}

func (l *leggedSource) close() {
	if l.rat != nil {
		l.kin.Close()
		l.rat.Close()
	}
}

// readAll gives the clips that names stand for, at the robot's rate.
func (l *leggedSource) readAll(names []string) (clips []*motion.Clip, err error) {
	for _, name := range names {
		more, err := l.read(name)
		if err != nil {
			return nil, err
		}
		clips = append(clips, more...)
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("hil: no clip: name stand, a file or a glob")
	}
	for i, c := range clips {
		if clips[i], err = c.Reorder(l.own.JointNames()); err != nil {
			return nil, err
		}
		clips[i] = atRate(clips[i], l.body.Period)
	}
	return clips, nil
}

// read gives the clips that a name stands for: stand, a shipped clip of the rat,
// a file or a glob.
func (l *leggedSource) read(name string) (clips []*motion.Clip, err error) {
	if name == "stand" {
		return []*motion.Clip{standing(l.body, l.own)}, nil
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

// file reads a file whose joints are the robot's, a motion of another robot's legs,
// or a clip of a rat.
func (l *leggedSource) file(name string) ([]*motion.Clip, error) {
	own, err := motion.ReadFile(name, nil)
	switch {
	case err == nil && l.owns(own):
		return motion.ReadFile(name, l.own)
	case err == nil && motion.IsLegs(own[0]):
		c, kept, err := motion.RetargetLegs(own[0], l.own, l.body)
		if err != nil {
			return nil, err
		}
		l.kept[c.Name] = kept
		return []*motion.Clip{c}, nil
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
			if l.body.JointIndex(j) >= 0 {
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
		c, kept, err := motion.Retarget(ordered, l.kin, l.own, l.body)
		if err != nil {
			return nil, err
		}
		l.kept[c.Name], l.rats[c.Name] = kept, ordered
		out = append(out, c)
	}
	return out, nil
}
