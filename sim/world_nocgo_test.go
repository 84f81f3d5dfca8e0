//go:build !cgo

package sim

import (
	"strings"
	"testing"
)

func TestNoCgo(t *testing.T) {
	_, err := Open(Options{})
	if err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
		t.Errorf("Open returned %v, want a word on how to get the simulator", err)
	}
}
