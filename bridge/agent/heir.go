package agent

import (
	"errors"
	"fmt"
	"os"
	"time"

	"whisker/bridge/bus"
)

// Farewell is what an agent that has taken the torque tells its heir as it ends.
const Farewell = "the torque is taken\n"

// While an actuator may have torque an agent tells its heir so every time that it looks,
// at length: the pipe to an heir that does not read is soon full. When it has taken the
// torque it says that once.
const (
	alive = "++++++++++++++++"
	idle  = "-"
)

// Silence is how long an agent that may have given torque says nothing until its heir
// ends it: less than Timeout, so that the torque is gone about Timeout after the last
// command then too.
const Silence = 80 * time.Millisecond

// takeOver is how long an heir tries to get the line, which the system frees when the
// agent is dead.
const takeOver = 5 * time.Second

// Life is the read end of a pipe whose other end an agent alone has.
type Life interface {
	Read(b []byte) (int, error)
	SetReadDeadline(t time.Time) error
}

// Heir waits in a process of its own for the death of an agent: when life closes without
// Farewell, the agent was killed, or could not take the torque. An agent that may have
// given torque and is silent, as one that is stopped, or waits for ever, is ended by kill:
// awake again it would drive on. Then the heir opens the line and takes the torque, three times 20 ms apart, as the
// agent's last bytes may be on the line. It says what it did; "" when there was nothing
// to do.
func Heir(life Life, kill func() error, open func() (bus.Port, error), p Protocol) (did string, err error) {
	switch end, err := outlive(life); {
	case err != nil:
		return "", fmt.Errorf("agent: the pipe from the agent: %w", err)
	case end == parted:
		return "", nil
	case end == killed:
		did = "the agent was killed, or could not take the torque; "
	case end == hung:
		did = fmt.Sprintf("the agent said nothing for %v with torque on, and was ended; ", Silence)
		if err := kill(); err != nil {
			return "", fmt.Errorf("agent: the agent says nothing, torque may be on, and it cannot be ended: %w", err)
		}
	}
	var port bus.Port
	for end := time.Now().Add(takeOver); ; time.Sleep(check) {
		if port, err = open(); err == nil {
			break
		}
		if time.Now().After(end) {
			return "", fmt.Errorf("agent: %storque may be on: %w", did, err)
		}
	}
	release := p.Release(nil)
	for range 3 {
		_, werr := port.Write(release)
		err = errors.Join(err, werr)
		time.Sleep(20 * time.Millisecond)
	}
	return did + "its heir took the torque", errors.Join(err, port.Close())
}

// ending is how an agent ends.
type ending int

const (
	parted ending = iota // it said Farewell
	killed
	hung // it is still there, and says nothing
)

// outlive waits for the end of an agent.
func outlive(life Life) (ending, error) {
	said, b := "", make([]byte, 256)
	for torque := false; ; {
		n, err := next(life, b, torque)
		for _, c := range b[:n] {
			if c == alive[0] || c == idle[0] {
				torque = c == alive[0]
			} else {
				said += string(c)
			}
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return hung, nil
		case err != nil && said == Farewell:
			return parted, nil
		case err != nil:
			return killed, nil
		case len(said) > len(Farewell):
			return parted, fmt.Errorf("it said %q", said)
		}
	}
}

// next reads what the agent says, for Silence at most while there may be torque. When
// that is over it looks once more: it may be this process that did not run.
func next(life Life, b []byte, torque bool) (n int, err error) {
	for _, wait := range []time.Duration{Silence, check} {
		var until time.Time
		if torque {
			until = time.Now().Add(wait)
		}
		if err := life.SetReadDeadline(until); err != nil {
			return 0, err
		}
		if n, err = life.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	return n, err
}
