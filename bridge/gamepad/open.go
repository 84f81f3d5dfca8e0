package gamepad

import (
	"bytes"
	"encoding/binary"
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

// inspect finds out what a device is, by asking the kernel.
func inspect(f *os.File) (axes [4]axis, err error) {
	return identify(func(request uintptr, answer []byte) error { return ask(f, request, answer) })
}

// identify is inspect with whoever answers evdev's requests.
func identify(ask func(request uintptr, answer []byte) error) (axes [4]axis, err error) {
	var name [256]byte
	if err := ask(read(0x06, len(name)), name[:]); err != nil {
		return axes, fmt.Errorf("is no input device (%w): want a game controller, see /dev/input/by-id", err)
	}
	model := string(bytes.TrimRight(name[:], "\x00"))
	var keys [96]byte // bits of all keys
	if err := ask(read(0x20+evKey, len(keys)), keys[:]); err != nil {
		return axes, err
	}
	has := func(key int) bool { return keys[key/8]>>(key%8)&1 != 0 }
	if !has(buttonTL) && !has(buttonTR) {
		return axes, fmt.Errorf("is %q, which has no shoulder buttons: want a game controller", model)
	}
	for i, code := range codes {
		var info [24]byte // six int32: value, minimum, maximum, and more
		if err := ask(read(0x40+uintptr(code), len(info)), info[:]); err == nil {
			axes[i] = axis{int32(binary.NativeEndian.Uint32(info[4:])), int32(binary.NativeEndian.Uint32(info[8:]))}
		}
		if axes[i].max <= axes[i].min {
			return axes, fmt.Errorf("is %q, which lacks a stick (axis %d): want a game controller with two", model, code)
		}
	}
	return axes, nil
}

// read is the number of a request that reads so many bytes: _IOC(_IOC_READ, 'E', number, size).
func read(number uintptr, size int) uintptr { return 2<<30 | uintptr(size)<<16 | 'E'<<8 | number }

// ask has the kernel answer a request.
func ask(f *os.File, request uintptr, answer []byte) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var code syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, code = unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(&answer[0])))
	})
	if err == nil && code != 0 {
		err = code
	}
	return err
}
