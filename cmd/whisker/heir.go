package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"whisker/bridge/agent"
	"whisker/bridge/bus"
)

// heir is the process that takes the torque when this one, an agent, is killed or hangs.
type heir struct {
	cmd  *exec.Cmd
	life *os.File
	gone chan error // how it ended
}

// room is how many bytes wait for an heir that does not read: the least that a pipe has.
// It is what an agent with torque says in 1.3 s, after which it takes the torque itself.
const room = 4096

// startHeir starts this program again as the heir of an agent. Without an heir the agent
// ends too: stop is called.
func startHeir(stop context.CancelFunc, args ...string) (*heir, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("whisker: %w", err)
	}
	end, life, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("whisker: %w", err)
	}
	defer end.Close()
	if _, err := unix.FcntlInt(end.Fd(), unix.F_SETPIPE_SZ, room); err != nil {
		return nil, errors.Join(fmt.Errorf("whisker: the pipe to the agent's second process: %w", err), life.Close())
	}
	h := &heir{cmd: exec.Command(self, args...), life: life, gone: make(chan error, 1)}
	h.cmd.Stdin, h.cmd.Stderr = end, os.Stderr
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal ends or stops it with the agent
	if err := h.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("whisker: the agent's second process does not start: %w", err), life.Close())
	}
	go func() {
		h.gone <- h.cmd.Wait()
		stop()
	}()
	return h, nil
}

// Write tells the heir something. An heir that does not read holds nobody up.
func (h *heir) Write(b []byte) (int, error) {
	if err := h.life.SetWriteDeadline(time.Now().Add(agent.Silence / 4)); err != nil {
		return 0, err
	}
	return h.life.Write(b)
}

// parting is how long an heir may take to end: more than it tries to get the line of an
// agent that could not take the torque.
const parting = 10 * time.Second

// end lets the heir go, who was told whether the torque is taken. One that was gone before,
// that does not end, as one that is stopped, or that had to take the torque and could not,
// is an error.
func (h *heir) end() error {
	err := h.life.Close()
	late := time.AfterFunc(parting, func() { h.cmd.Process.Kill() })
	defer late.Stop()
	if werr := <-h.gone; werr != nil || err != nil {
		return fmt.Errorf("whisker: the agent's second process, which takes the torque when the agent is killed, was gone, did not listen or could not: %w", errors.Join(werr, err))
	}
	return nil
}

// inherit is what that process does: standard input is the pipe from its parent, the agent.
func inherit(log zerolog.Logger, open func() (bus.Port, error), p agent.Protocol) error {
	parent := os.Getppid()
	if err := syscall.SetNonblock(0, true); err != nil { // else a read knows no deadline
		return fmt.Errorf("whisker: %w", err)
	}
	kill := func() error {
		if os.Getppid() != parent { // it is dead, and its number may be another's
			return nil
		}
		return syscall.Kill(parent, syscall.SIGKILL)
	}
	did, err := agent.Heir(os.NewFile(0, "agent"), kill, open, p)
	if did != "" {
		log.Warn().Msg(did)
	}
	return err
}
