package policy_test

import (
	"testing"

	"whisker/policy"
	"whisker/policy/motion"
)

// Loading recomputes the golden pairs; the contract names the rat's joints,
// actuators, drives and rate.
func TestTheShippedPolicyIsForTheRat(t *testing.T) {
	f, err := policy.Rat()
	if err != nil {
		t.Fatal(err)
	}
	robot, _, _ := rat(t, motion.Stand)
	if err := f.Check(robot.Body()); err != nil {
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
