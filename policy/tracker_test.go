package policy_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

func TestTrackerPlaysTheClipToItsEndAndAgain(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	b := robot.Body()
	tr, err := policy.OpenLoop(b, ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Switch(ref, 90); err != nil {
		t.Fatal(err)
	}
	s, cmd := controller.NewState(b), controller.NewCommand(b)
	for range 2 {
		for f := 90; f < ref.Len(); f++ {
			if err := tr.Act(&s, &cmd); err != nil {
				t.Fatalf("frame %d: %v", f, err)
			}
			if !slices.Equal(cmd.Pos, ref.Command[f]) {
				t.Fatalf("frame %d: open loop does not command the reference", f)
			}
		}
		if err := tr.Act(&s, &cmd); !errors.Is(err, controller.ErrDone) {
			t.Errorf("after the last frame: %v, want ErrDone", err)
		}
		tr.Restart()
	}
	if err := tr.Switch(ref, ref.Len()); err == nil {
		t.Error("a start behind the end is accepted")
	}
	other := *ref
	other.Body = small()
	if err := tr.Switch(&other, 0); err == nil {
		t.Error("a reference for another body is accepted")
	}
}

// commands runs n ticks against the same states and returns the last command.
func commands(t *testing.T, tr *policy.Tracker, ref *policy.Reference, n int) []float64 {
	t.Helper()
	b := ref.Body
	cmd := controller.NewCommand(b)
	for f := range n {
		s := disturbed(b, ref, f)
		if err := tr.Act(&s, &cmd); err != nil {
			t.Fatal(err)
		}
	}
	return slices.Clone(cmd.Pos)
}

func TestLatentNoiseIsAFunctionOfTheSeed(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	tr, err := policy.NewTracker(robot.Body(), untrained(robot.Body()), ref)
	if err != nil {
		t.Fatal(err)
	}
	mean := commands(t, tr, ref, 5)
	tr.Seed(4)
	four := commands(t, tr, ref, 5)
	tr.Restart()
	again := commands(t, tr, ref, 5)
	tr.Seed(5)
	five := commands(t, tr, ref, 5)
	tr.Seed(0)
	if !slices.Equal(commands(t, tr, ref, 5), mean) {
		t.Error("seed 0 is not the mean")
	}
	if !slices.Equal(four, again) {
		t.Error("the same seed gives other commands after a restart")
	}
	if slices.Equal(four, five) || slices.Equal(four, mean) {
		t.Error("the seed changes nothing")
	}
}

func TestRestartForgetsTheRecurrentState(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	tr, err := policy.NewTracker(robot.Body(), recurrent(untrained(robot.Body())), ref)
	if err != nil {
		t.Fatal(err)
	}
	first := commands(t, tr, ref, 6)
	tr.Restart()
	if !slices.Equal(commands(t, tr, ref, 6), first) {
		t.Error("a restarted tracker remembers its past")
	}
}

// Without the latent the command depends on proprioception alone, of the policies
// that ship for the rat too.
func TestZeroLatentHidesTheReference(t *testing.T) {
	robot, _, ref := rat(t, motion.Walk)
	f := untrained(robot.Body())
	f.Contract.Action.Residual = false
	hidesTheReference(t, f, ref)
	for _, torque := range []bool{false, true} {
		f, err := policy.Shipped("rat", torque)
		if err != nil {
			t.Fatal(err)
		}
		_, _, ref := ratOf(t, sim.Options{Torque: torque}, motion.Walk)
		hidesTheReference(t, f, ref)
	}
}

func hidesTheReference(t *testing.T, f *policy.File, ref *policy.Reference) {
	t.Helper()
	tr, err := policy.NewTracker(ref.Body, f, ref)
	if err != nil {
		t.Fatal(err)
	}
	copy(ref.Act[60], ref.Act[30]) // the command before the first is proprioception
	copy(ref.Torque[60], ref.Torque[30])
	at := func(frame int, zero bool) []float64 {
		if err := tr.Switch(ref, frame); err != nil {
			t.Fatal(err)
		}
		tr.Network().ZeroLatent(zero)
		s, cmd := disturbed(ref.Body, ref, 30), controller.NewCommand(ref.Body)
		if err := tr.Act(&s, &cmd); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(f.Contract.Action.Sent(&cmd))
	}
	if !slices.Equal(at(30, true), at(60, true)) {
		t.Errorf("the decoder for %s drives sees the reference past a zero latent", f.Contract.Action.Drive)
	}
	if slices.Equal(at(30, false), at(60, false)) {
		t.Errorf("with its latent the policy for %s drives ignores the reference", f.Contract.Action.Drive)
	}
}

func TestLesionsSilenceUnits(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	tr, err := policy.NewTracker(robot.Body(), untrained(robot.Body()), ref)
	if err != nil {
		t.Fatal(err)
	}
	net := tr.Network()
	if want := []string{"encoder_1", "encoder_2", "latent", "decoder_1", "decoder_2"}; !slices.Equal(net.Layers(), want) {
		t.Errorf("layers %v, want %v", net.Layers(), want)
	}
	gain := slices.Repeat([]float32{1}, 16)
	gain[3] = 0
	if err := net.Scale("decoder_1", gain); err != nil {
		t.Fatal(err)
	}
	commands(t, tr, ref, 1)
	if units := net.Activation("decoder_1"); units[3] != 0 || units[4] == 0 {
		t.Errorf("units 3 and 4 are %g and %g, want 0 and something", units[3], units[4])
	}
	if len(net.Activation("latent")) != 6 || net.Activation("cortex") != nil {
		t.Error("activations by name: want 6 latents and nothing for an unknown layer")
	}
	if err := net.Scale("cortex", gain); err == nil {
		t.Error("a lesion of an unknown layer is accepted")
	}
}

func TestActDoesNotAllocate(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	tr, err := policy.NewTracker(robot.Body(), untrained(robot.Body()), ref)
	if err != nil {
		t.Fatal(err)
	}
	tr.Seed(1)
	s, cmd := disturbed(robot.Body(), ref, 0), controller.NewCommand(robot.Body())
	if n := testing.AllocsPerRun(200, func() {
		if tr.Frame() == ref.Len() {
			tr.Restart()
		}
		if err := tr.Act(&s, &cmd); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Act allocates %g times", n)
	}
}

func BenchmarkAct(b *testing.B) {
	robot, _, ref := rat(b, motion.Stand)
	var file bytes.Buffer
	f := untrained(robot.Body())
	if err := f.Write(&file); err != nil {
		b.Fatal(err)
	}
	tr, err := policy.NewTracker(robot.Body(), f, ref)
	if err != nil {
		b.Fatal(err)
	}
	s, cmd := disturbed(robot.Body(), ref, 0), controller.NewCommand(robot.Body())
	for b.Loop() {
		if tr.Frame() == ref.Len() {
			tr.Restart()
		}
		if err := tr.Act(&s, &cmd); err != nil {
			b.Fatal(err)
		}
	}
}
