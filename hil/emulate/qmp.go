package emulate

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Reset presses the board's reset button while the firmware runs. Memory that a
// reset leaves alone keeps its content. Only QEMU has the button.
func (e *Emulator) Reset() error {
	if e.opts.Board != "mps2" {
		return fmt.Errorf("emulate: board %s has no reset button, want mps2", e.opts.Board)
	}
	// QEMU hears nothing while the firmware waits for the plant: let it spin.
	if err := e.Hang(); err != nil {
		return err
	}
	if err := e.proc.qmp.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return e.proc.why(err)
	}
	r := bufio.NewReader(e.proc.qmp)
	for _, command := range []string{"qmp_capabilities", "system_reset"} {
		if _, err := fmt.Fprintf(e.proc.qmp, "{\"execute\": %q}\n", command); err != nil {
			return e.proc.why(err)
		}
		if err := answer(r); err != nil {
			return fmt.Errorf("emulate: QMP %s: %w", command, err)
		}
	}
	return nil
}

// answer reads up to the answer of a command, over greeting and events.
func answer(r *bufio.Reader) error {
	for {
		text, err := r.ReadBytes('\n')
		if err != nil {
			return err
		}
		var m struct {
			Return *struct{}              `json:"return"`
			Error  *struct{ Desc string } `json:"error"`
		}
		if err := json.Unmarshal(text, &m); err != nil {
			return err
		}
		switch {
		case m.Error != nil:
			return errors.New(m.Error.Desc)
		case m.Return != nil:
			return nil
		}
	}
}
