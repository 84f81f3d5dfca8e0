package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"whisker/bridge/wire/internal/peer"
)

// soakFrames is how many frames are damaged: 10^7 here, 10^9 in `make soak`.
func soakFrames() string {
	if n := os.Getenv("WHISKER_SOAK_FRAMES"); n != "" {
		return n
	}
	return "10000000"
}

// commit seeds the damage, so that every commit sees another; without a repository
// it is always the same.
func commit() string {
	out, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil || len(out) < 16 {
		return "4"
	}
	return string(out[:16])
}

// Frames damaged by bit errors at rates of 1e-5 to 1e-2, lost, inserted and cut
// bytes: none is accepted with another content but for what a 32-bit CRC lets
// through, and every whole frame after them arrives.
func TestInjectedErrors(t *testing.T) {
	program, err := peer.BuildSoak(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	seed := commit()
	out, err := exec.CommandContext(t.Context(), program, soakFrames(), seed).Output()
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Injected, Undetected, Harmless, Whole, Lost float64
		Verdicts                                    []float64
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var refused []string
	for v := VerdictShort; v <= VerdictLength; v++ {
		refused = append(refused, fmt.Sprintf("%v %.0f", v, r.Verdicts[v]))
	}
	t.Logf("seed %s: %.0f frames damaged, %.0f of them accepted with another content (95 %%: a share below %.1e), %.0f unharmed; refused: %s; %.0f whole frames between them, %.0f lost",
		seed, r.Injected, r.Undetected, math.Max(3, 2*r.Undetected+3)/r.Injected, r.Harmless, strings.Join(refused, ", "), r.Whole, r.Lost)
	// A CRC of 32 bits lets 1 in 2^32 of what it sees through.
	if chance := r.Verdicts[VerdictCRC] / (1 << 32); r.Undetected > 1+5*chance {
		t.Errorf("%.0f damaged frames were accepted with another content, %.2g are to be expected of the CRC", r.Undetected, chance)
	}
	if r.Lost > 0 || r.Whole < r.Injected/4 {
		t.Errorf("%.0f of %.0f whole frames were lost", r.Lost, r.Whole)
	}
	for v := VerdictShort; v <= VerdictCRC; v++ {
		if r.Verdicts[v] == 0 {
			t.Errorf("nothing was refused as %v: the damage does not reach that check", v)
		}
	}
}
