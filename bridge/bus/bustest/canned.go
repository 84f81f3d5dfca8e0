package bustest

import (
	"errors"
	"testing"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
)

// Canned is a port with one answer for each question. It stands in for a pty where
// allocations are counted, because a simulated bus allocates.
type Canned struct {
	Asks   func(sent []byte) bool
	Answer []byte
	left   []byte
}

// Write takes all.
func (c *Canned) Write(b []byte) (int, error) {
	if c.Asks(b) {
		c.left = c.Answer
	}
	return len(b), nil
}

// Read has the answer, once.
func (c *Canned) Read(b []byte) (int, error) {
	n := copy(b, c.left)
	if c.left = c.left[n:]; n == 0 {
		return 0, serial.ErrTimeout
	}
	return n, nil
}

// Close does nothing.
func (c *Canned) Close() error { return nil }

// AllocatesNothing counts the allocations of so many cycles with n devices.
func AllocatesNothing(t *testing.T, d bus.Driver, n, cycles int) {
	t.Helper()
	r, w := make([]bus.Reading, n), make([]bus.Target, n)
	cycle := func() {
		if err := errors.Join(d.Write(w), d.Read(r)); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	if n := testing.AllocsPerRun(cycles, cycle); n != 0 {
		t.Errorf("%g allocations a cycle", n)
	}
}
