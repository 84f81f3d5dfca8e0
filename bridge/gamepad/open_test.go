package gamepad

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// header prints the numbers of the kernel's own header.
const header = `
#include <linux/input.h>
#include <stdio.h>
#define P(x) printf(#x " %lu\n", (unsigned long)(x))
int main(void)
{
	P(EVIOCGNAME(256)); P(EVIOCGBIT(EV_KEY, 96)); P(EVIOCGABS(ABS_X)); P(EVIOCGABS(ABS_RX)); P(EVIOCGABS(ABS_RY));
	P(sizeof(struct input_event)); P(offsetof(struct input_event, type)); P(offsetof(struct input_event, value));
	P(sizeof(struct input_absinfo)); P(offsetof(struct input_absinfo, minimum)); P(offsetof(struct input_absinfo, maximum));
	P(EV_SYN); P(EV_KEY); P(EV_ABS); P(SYN_DROPPED); P(BTN_TL); P(BTN_TR); P(KEY_MAX / 8 + 1);
}
`

// What is written here as numbers is what the kernel's header says.
func TestNumbersAreTheKernels(t *testing.T) {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "header.c"), filepath.Join(dir, "header")
	if err := os.WriteFile(source, []byte("#include <stddef.h>"+header), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cc", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []uintptr{
		read(0x06, 256), read(0x20+evKey, 96), read(0x40+uintptr(codes[0]), 24), read(0x40+uintptr(codes[2]), 24), read(0x40+uintptr(codes[3]), 24),
		eventSize, 16, 20, 24, 4, 8, evSyn, evKey, evAbs, synDrop, buttonTL, buttonTR, 96,
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d numbers, want %d", len(lines), len(want))
	}
	for i, line := range lines {
		name, n := line[:strings.LastIndex(line, " ")], line[strings.LastIndex(line, " ")+1:]
		if n != fmt.Sprint(want[i]) {
			t.Errorf("%s is %s in the kernel, %d here", name, n, want[i])
		}
	}
}

// device answers evdev's requests.
type device struct {
	name string
	keys []int
	axes map[uintptr]axis
}

func (d *device) ask(request uintptr, answer []byte) error {
	switch number := request & 0xFF; {
	case d.name == "":
		return syscall.ENOTTY
	case number == 0x06:
		copy(answer, d.name)
	case number == 0x21:
		for _, k := range d.keys {
			answer[k/8] |= 1 << (k % 8)
		}
	default:
		a, ok := d.axes[number-0x40]
		if !ok {
			return syscall.EINVAL
		}
		binary.NativeEndian.PutUint32(answer[4:], uint32(a.min))
		binary.NativeEndian.PutUint32(answer[8:], uint32(a.max))
	}
	return nil
}

func TestWhatIsAController(t *testing.T) {
	sticks := map[uintptr]axis{0: {-32768, 32767}, 1: {-32768, 32767}, 3: {0, 255}, 4: {-100, 100}}
	axes, err := identify((&device{"pad", []int{0x130, buttonTR}, sticks}).ask)
	if err != nil || axes != [4]axis{{-32768, 32767}, {-32768, 32767}, {0, 255}, {-100, 100}} {
		t.Errorf("a controller with a right shoulder button: %v, %v", axes, err)
	}
	for want, d := range map[string]*device{
		"is no input device":                            {},
		`is "mouse", which has no shoulder buttons`:     {"mouse", []int{0x110, buttonTL - 1, buttonTR + 1}, sticks},
		`is "half a pad", which lacks a stick (axis 3)`: {"half a pad", []int{buttonTL}, map[uintptr]axis{0: {-1, 1}, 1: {-1, 1}}},
		`is "stuck", which lacks a stick (axis 1)`:      {"stuck", []int{buttonTL}, map[uintptr]axis{0: {-1, 1}, 1: {5, 5}}},
	} {
		if _, err := identify(d.ask); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v: want %q", d, err, want)
		}
	}
}
