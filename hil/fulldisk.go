package hil

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// fullDisk puts the disk of an open file out of order: the kernel answers each
// write with "no space left on device", as /dev/full does (full(4)).
type fullDisk struct {
	path string
	fd   int // of the file, while its disk is full
	was  int // the file, meanwhile
	on   bool
}

// set fills the disk, or gives it room again.
func (d *fullDisk) set(full bool) error {
	if full == d.on {
		return nil
	}
	if !full {
		err := unix.Dup3(d.was, d.fd, unix.O_CLOEXEC)
		d.close()
		return err
	}
	fd, ok := descriptor(d.path)
	if !ok {
		return fmt.Errorf("%s is not open: expected the recording's file", d.path)
	}
	dev, err := unix.Open("/dev/full", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("/dev/full: %w", err)
	}
	defer unix.Close(dev)
	if d.was, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return err
	}
	d.fd, d.on = fd, true
	if err := unix.Dup3(dev, fd, unix.O_CLOEXEC); err != nil {
		d.close()
		return err
	}
	return nil
}

// close lets go of the file that a full disk stands in for.
func (d *fullDisk) close() {
	if d.on {
		unix.Close(d.was)
		d.on = false
	}
}

// descriptor finds the one that this program has open on a path.
func descriptor(path string) (int, bool) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return 0, false
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0, false
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && to == abs {
			return fd, true
		}
	}
	return 0, false
}
