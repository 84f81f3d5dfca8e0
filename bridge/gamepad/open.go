package gamepad

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Open opens a controller, such as /dev/input/event5. What has no shoulder buttons
// or no sticks is refused.
func Open(path string, opt Options) (*Pad, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("gamepad: %s may not be opened: add yourself to the group input", path)
	case err != nil:
		return nil, fmt.Errorf("gamepad: %w: want a game controller, see /dev/input/by-id", err)
	}
	axes, err := inspect(f)
	if err == nil {
		var p *Pad
		if p, err = newPad(f, axes, opt); err == nil {
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("gamepad: %s %w", path, err), f.Close())
}

// inspect asks the kernel what a device is.
func inspect(f *os.File) (axes [4]axis, err error) {
	var name [256]byte
	if err := ask(f, 0x06, name[:]); err != nil {
		return axes, fmt.Errorf("is no input device (%w): want a game controller, see /dev/input/by-id", err)
	}
	model := string(bytes.TrimRight(name[:], "\x00"))
	var keys [96]byte // bits of all keys
	if err := ask(f, 0x20+evKey, keys[:]); err != nil {
		return axes, err
	}
	has := func(key int) bool { return keys[key/8]>>(key%8)&1 != 0 }
	if !has(buttonTL) && !has(buttonTR) {
		return axes, fmt.Errorf("is %q, which has no shoulder buttons: want a game controller", model)
	}
	for i, code := range codes {
		var info [6]int32 // value, minimum, maximum, and more
		if err := ask(f, 0x40+uintptr(code), unsafe.Slice((*byte)(unsafe.Pointer(&info)), unsafe.Sizeof(info))); err != nil || info[2] <= info[1] {
			return axes, fmt.Errorf("is %q, which lacks a stick (axis %d): want a game controller with two", model, code)
		}
		axes[i] = axis{info[1], info[2]}
	}
	return axes, nil
}

// ask reads an answer of evdev's: _IOC(_IOC_READ, 'E', number, size).
func ask(f *os.File, number uintptr, answer []byte) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var code syscall.Errno
	err = raw.Control(func(fd uintptr) {
		request := 2<<30 | uintptr(len(answer))<<16 | 'E'<<8 | number
		_, _, code = unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(&answer[0])))
	})
	if err == nil && code != 0 {
		err = code
	}
	return err
}
