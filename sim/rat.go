package sim

import (
	"fmt"
	"strings"

	"whisker/controller"
)

// The rat's parts by their names in rodent.xml. Scores over limbs, paws and head
// mean these.
func ratPaws() []string { return []string{"foot_L", "foot_R", "hand_L", "hand_R"} }

func ratLimbs() []string {
	return []string{"hip_", "knee_", "ankle_", "scapula_", "shoulder_", "elbow_", "wrist_"}
}

const (
	ratRoot = "torso"
	ratHead = "skull"
)

// describeRat adds to the body what only the rat has.
func describeRat(b *controller.Body, f *facts, scale float64) error {
	b.Name, b.Root, b.Head, b.Feet = "rat", ratRoot, ratHead, ratPaws()
	b.Measures.Root = true
	for _, name := range append([]string{ratHead, ratRoot}, ratPaws()...) {
		if f.body(name) < 0 {
			return fmt.Errorf("sim: the rat has no body %q: take rodent.xml of dm_control", name)
		}
	}
	b.Stand = make([]float64, len(b.Joints))
	for j := range b.Joints {
		name := b.Joints[j].Name
		b.Stand[j] = ratStand(name)
		for _, limb := range ratLimbs() {
			if strings.HasPrefix(name, limb) {
				b.LimbJoints = append(b.LimbJoints, j)
			}
		}
	}
	b.StandHeight = ratStandHeight * scale / defaultScale
	limitRat(b)
	return nil
}

// The guard's bounds on the rat. Recorded rats turn their limb joints at up to
// 18 rad/s; inverting the servo's filter asks for 2.5 times that. Beyond the
// others nothing but a simulation that comes apart goes.
func limitRat(b *controller.Body) {
	const commandRate, jointSpeed, jointMargin = 60, 500, 1 // rad/s, rad/s, rad
	for i := range b.Actuators {
		if b.Actuators[i].Drive == controller.DrivePosition {
			b.Actuators[i].MaxRate = commandRate
		}
	}
	for j := range b.Joints {
		b.Joints[j].MaxVel = jointSpeed
	}
	b.Limits.JointMargin = jointMargin
}
