package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"whisker/bridge/agent"
)

// heir is the process that takes the torque when this one, an agent, is killed.
type heir struct {
	cmd  *exec.Cmd
	life io.WriteCloser
	gone chan error // how it ended
}

// startHeir starts this program again as the heir of an agent. Without an heir the agent
// ends too: stop is called.
func startHeir(stop context.CancelFunc, args ...string) (*heir, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("whisker: %w", err)
	}
	h := &heir{cmd: exec.Command(self, args...), gone: make(chan error, 1)}
	h.cmd.Stderr = os.Stderr
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal ends it with the agent
	if h.life, err = h.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("whisker: %w", err)
	}
	if err := h.cmd.Start(); err != nil {
		return nil, fmt.Errorf("whisker: the agent's second process does not start: %w", err)
	}
	go func() {
		h.gone <- h.cmd.Wait()
		stop()
	}()
	return h, nil
}

// end tells the heir that the torque is taken. An heir that was gone before is an error.
func (h *heir) end() error {
	_, err := io.WriteString(h.life, agent.Farewell)
	err = errors.Join(err, h.life.Close())
	if werr := <-h.gone; werr != nil || err != nil {
		return fmt.Errorf("whisker: the agent's second process, which takes the torque when the agent is killed, was gone: %w", errors.Join(werr, err))
	}
	return nil
}
