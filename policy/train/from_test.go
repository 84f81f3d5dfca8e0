package train

import (
	"strings"
	"testing"
)

// The file of a policy that went on from another tells how that one was made.
func TestAPolicyTellsWhatItBeganFrom(t *testing.T) {
	worlds, refs := balancers(t, 16)
	c := quick()
	c.Command, c.Data, c.Transitions = "the first command", "the first clips", 16*32
	first := learned(t, c, worlds, refs)
	c.From, c.Command, c.Data = first, "the second command", "the second clips"
	second := learned(t, c, worlds, refs).Contract.Training
	if second.Command != "the second command" || !strings.Contains(second.Notes, "the first command") || !strings.Contains(second.Notes, "the first clips") || !strings.Contains(second.Notes, "the second clips") {
		t.Errorf("made by %q, notes\n%s", second.Command, second.Notes)
	}
}
