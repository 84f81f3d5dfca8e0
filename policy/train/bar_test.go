package train_test

import (
	"testing"

	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// What the policies that ship for the rat promise, with servos and with torque
// motors: on walks that it has not seen each stays with the reference at least
// twice as long as open loop, and it completes the shipped clips stand and turn.
func TestTheShippedPoliciesMeetTheirBar(t *testing.T) {
	t.Run("servos", func(t *testing.T) { meetsItsBar(t, sim.Options{}) })
	t.Run("torque", func(t *testing.T) { meetsItsBar(t, sim.Options{Torque: true}) })
}

func meetsItsBar(t *testing.T, o sim.Options) {
	robot, err := sim.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer robot.Close()
	file, err := policy.Shipped("rat", o.Torque)
	if err != nil {
		t.Fatal(err)
	}
	const walks, unseen = 20, 500_000 // training used seeds below 10000
	kin := robot.Kinematics()
	defer kin.Close()
	open, trained := 0.0, 0.0
	for i := range uint64(walks) {
		spec := motion.RandomSpec(motion.Walk, unseen+i)
		spec.Seconds = 12 // in 5 s the policy reaches the end too often to tell how far it would go
		clip, err := motion.Synthesize(kin, robot.Body(), spec)
		if err != nil {
			t.Fatal(err)
		}
		a, b, _ := both(t, robot, file, clip)
		open, trained = open+a/walks, trained+b/walks
	}
	t.Logf("mean survival on %d unseen walks of 11.98 s: open loop %.2f s, trained %.2f s, ratio %.2f", walks, open, trained, trained/open)
	if trained < 2*open {
		t.Errorf("mean survival on unseen walks is %.2f s, open loop %.2f s: less than twice as long", trained, open)
	}
	for _, name := range []string{"stand", "turn"} {
		clip, err := motion.Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, s, done := both(t, robot, file, clip); !done {
			t.Errorf("the shipped clip %s is lost after %.2f s", name, s)
		}
	}
}

// both plays a clip open loop and with the policy: survival in s, and whether
// the policy completes it.
func both(t *testing.T, r *sim.Robot, f *policy.File, clip *motion.Clip) (open, trained float64, done bool) {
	t.Helper()
	ref, err := policy.NewReference(r.Body(), clip, r.Kinematics())
	if err != nil {
		t.Fatal(err)
	}
	a, err := policy.OpenLoop(r.Body(), ref)
	if err != nil {
		t.Fatal(err)
	}
	b, err := policy.NewTracker(r.Body(), f, ref)
	if err != nil {
		t.Fatal(err)
	}
	if open, _, err = train.Survival(r, a); err != nil {
		t.Fatal(err)
	}
	if trained, done, err = train.Survival(r, b); err != nil {
		t.Fatal(err)
	}
	return open, trained, done
}
