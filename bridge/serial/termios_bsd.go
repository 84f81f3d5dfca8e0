//go:build darwin || freebsd || openbsd

package serial

import "golang.org/x/sys/unix"

const getTermios, setTermios = unix.TIOCGETA, unix.TIOCSETA

// discardOutput throws away what was written and not sent.
func discardOutput(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, fwrite) }

const fwrite = 2 // sys/fcntl.h
