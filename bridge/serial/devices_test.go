package serial

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindBySerialNumber(t *testing.T) {
	list := func() ([]Device, error) {
		return []Device{{Path: "/dev/ttyACM0", Serial: "A"}, {Path: "/dev/ttyACM1", Serial: "B"}, {Path: "/dev/ttyUSB0", Serial: "B"}, {Path: "/dev/ttyS0"}}, nil
	}
	for _, c := range []struct{ name, path, err string }{
		{"/dev/x", "/dev/x", ""},
		{"A", "/dev/ttyACM0", ""},
		{"C", "", `no device has the serial number "C"`},
		{"", "", "no device has the serial number"},
		{"B", "", "/dev/ttyACM1 and /dev/ttyUSB0 all have the serial number"},
	} {
		path, err := Find(c.name, list)
		if path != c.path || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %q, %v", c.name, path, err)
		}
	}
	if s := SerialOf("/dev/ttyACM0", list); s != "A" {
		t.Errorf("serial number %q", s)
	}
}

func TestDevicesOfThisMachine(t *testing.T) {
	if _, err := Devices(); err != nil {
		t.Error(err)
	}
}

func TestLowLatency(t *testing.T) {
	sysfs := t.TempDir()
	dir := filepath.Join(sysfs, "bus/usb-serial/devices/ttyUSB7")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	timer := filepath.Join(dir, "latency_timer")
	if err := os.WriteFile(timer, []byte("16\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	note, err := LowLatency(sysfs, "/dev/ttyUSB7")
	if text, _ := os.ReadFile(timer); err != nil || !strings.Contains(note, "1 ms now, it was 16") || string(text) != "1" {
		t.Errorf("%q, %v, the file holds %q", note, err, text)
	}
	if note, err := LowLatency(sysfs, "/dev/ttyUSB7"); note != "" || err != nil {
		t.Errorf("a second time: %q, %v", note, err)
	}
	if note, err := LowLatency(sysfs, "/dev/ttyACM0"); note != "" || err != nil {
		t.Errorf("a device without a timer: %q, %v", note, err)
	}
}
