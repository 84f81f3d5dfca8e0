//go:build unix

package record

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock claims a file for as long as it is open, so that a recording that is
// still being written is neither replaced nor repaired.
func lock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK
}
