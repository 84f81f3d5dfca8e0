package policy_test

import (
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/sim"
)

// Loading recomputes the golden pairs; the contract names the rat's joints,
// actuators, drives and rate.
func TestTheShippedPoliciesAreForTheRat(t *testing.T) {
	for _, torque := range []bool{false, true} {
		f, err := policy.Shipped("rat", torque)
		if err != nil {
			t.Fatal(err)
		}
		robot, err := sim.Open(sim.Options{Torque: torque})
		if err != nil {
			t.Fatal(err)
		}
		shipsFor(t, f, robot.Body())
		robot.Close()
	}
}

func shipsFor(t *testing.T, f *policy.File, b *controller.Body) {
	t.Helper()
	if err := f.Check(b); err != nil {
		t.Error(err)
	}
	if len(f.Golden) == 0 {
		t.Error("no golden pairs")
	}
	if tr := f.Contract.Training; tr.Command == "" || tr.Data == "" || tr.Transitions == 0 {
		t.Errorf("its provenance is incomplete: %+v", tr)
	}
	if f.Contract.Action.Residual || f.Network.Latent != 60 {
		t.Errorf("residual %v and %d latents, want 60 and no path from the reference past them", f.Contract.Action.Residual, f.Network.Latent)
	}
	if n := len(encode(t, f)); n > 3<<20 {
		t.Errorf("the file has %d bytes, want at most 3 MB", n)
	}
}
