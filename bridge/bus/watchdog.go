package bus

import "time"

// Watched is a Port whose other end takes the torque away when commands stop,
// even when this process is dead; see package agent.
type Watched interface {
	Port
	// Watchdog is after how long.
	Watchdog() time.Duration
}
