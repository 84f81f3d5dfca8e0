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
	if _, err := fmt.Fprintln(e.proc.qmp, `{"execute": "qmp_capabilities"}`); err != nil {
		return e.proc.why(err)
	}
	if err := answer(r); err != nil {
		return fmt.Errorf("emulate: QMP: %w", err)
	}
	// Its answer may be held back by the firmware that waits for the plant again.
	// What hangs answers no exchange, so that the next answer is the reset's.
	if _, err := fmt.Fprintln(e.proc.qmp, `{"execute": "system_reset"}`); err != nil {
		return e.proc.why(err)
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
