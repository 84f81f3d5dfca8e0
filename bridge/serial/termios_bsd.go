//go:build darwin || freebsd || openbsd

package serial

import "golang.org/x/sys/unix"

const getTermios, setTermios = unix.TIOCGETA, unix.TIOCSETA
