package hil

import (
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

// set fills the disk, or gives it room again. Where the file is not open any more
// there is nothing to fill.
func (d *fullDisk) set(full bool) {
	if full == d.on {
		return
	}
	if !full {
		_ = unix.Dup3(d.was, d.fd, unix.O_CLOEXEC)
		unix.Close(d.was)
		d.on = false
		return
	}
	fd, ok := descriptor(d.path)
	if !ok {
		return
	}
	dev, err := unix.Open("/dev/full", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(dev)
	if d.was, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return
	}
	d.fd = fd
	d.on = unix.Dup3(dev, fd, unix.O_CLOEXEC) == nil
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
