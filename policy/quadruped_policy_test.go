//go:build cgo

package policy_test

import (
	"testing"

	"whisker/policy"
)

// Loading recomputes the golden pairs; the policy fits its robot, sees what that
// measures, and has no path from reference to command but its latents.
func TestTheShippedPolicyIsForTheQuadruped(t *testing.T) {
	f, err := policy.Shipped("quadruped", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(dog(t).Body()); err != nil {
		t.Error(err)
	}
	c := &f.Contract
	if c.Body != "quadruped" || c.NeedsRoot() || c.Layout.FootForce || c.Action.Residual || f.Network.Latent != 60 || len(f.Golden) == 0 {
		t.Errorf("for %s, sees its root %v and its feet %v, residual %v, %d latents, %d golden pairs", c.Body, c.NeedsRoot(), c.Layout.FootForce, c.Action.Residual, f.Network.Latent, len(f.Golden))
	}
	if tr := c.Training; tr.Command == "" || tr.Data == "" || tr.Transitions == 0 || tr.Notes == "" {
		t.Errorf("its provenance is incomplete: %+v", tr)
	}
	if n := len(encode(t, f)); n > 1<<20 {
		t.Errorf("the file has %d bytes, want at most 1 MB", n)
	}
	if none, err := policy.Shipped("go1", false); none != nil || err != nil {
		t.Errorf("for go1: %v, %v", none, err)
	}
}
