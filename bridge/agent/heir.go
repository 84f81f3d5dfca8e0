package agent

import (
	"errors"
	"fmt"
	"io"
	"time"

	"whisker/bridge/bus"
)

// Farewell is what an agent that has taken the torque tells its heir.
const Farewell = "the torque is taken\n"

// takeOver is how long an heir tries to get the line, which the system frees when the
// agent is dead.
const takeOver = 5 * time.Second

// Heir waits in a process of its own for the death of an agent: life is the read end of a
// pipe whose other end the agent alone has. When that closes without Farewell, the agent
// was killed: the heir opens the line and takes the torque, three times 20 ms apart, as
// the agent's last bytes may be on the line. An agent that is stopped, not dead, has no
// heir.
func Heir(life io.Reader, open func() (bus.Port, error), p Protocol) error {
	if said, err := io.ReadAll(life); err == nil && string(said) == Farewell {
		return nil
	}
	var port bus.Port
	var err error
	for end := time.Now().Add(takeOver); ; time.Sleep(check) {
		if port, err = open(); err == nil {
			break
		}
		if time.Now().After(end) {
			return fmt.Errorf("agent: the agent is dead, and torque may be on: %w", err)
		}
	}
	release := p.Release(nil)
	for range 3 {
		_, werr := port.Write(release)
		err = errors.Join(err, werr)
		time.Sleep(20 * time.Millisecond)
	}
	return errors.Join(err, port.Close())
}
