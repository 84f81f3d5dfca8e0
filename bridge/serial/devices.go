package serial

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.bug.st/serial/enumerator"
)

// Device is a serial line that the system knows.
type Device struct {
	Path    string `json:"path"`
	USB     bool   `json:"usb"`
	VID     string `json:"vid,omitempty"`
	PID     string `json:"pid,omitempty"`
	Serial  string `json:"serial,omitempty"`
	Product string `json:"product,omitempty"`
}

// Devices lists the lines that are there. Ptys are not among them.
func Devices() ([]Device, error) {
	list, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, fmt.Errorf("serial: the system lists no devices: %w", err)
	}
	devices := []Device{}
	for _, d := range list {
		devices = append(devices, Device{Path: d.Name, USB: d.IsUSB, VID: d.VID, PID: d.PID, Serial: d.SerialNumber, Product: d.Product})
	}
	return devices, nil
}

// Find gives the path of a device by what names it in --robot: a path, which
// has a slash, or the USB serial number, under which a device is found again
// after it was unplugged.
func Find(name string, list func() ([]Device, error)) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	devices, err := list()
	if err != nil {
		return "", err
	}
	var found []string
	for _, d := range devices {
		if d.Serial == name && name != "" {
			found = append(found, d.Path)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("serial: no device has the serial number %q: `whisker ports` lists those that are there", name)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("serial: %s all have the serial number %q: name one by its path", strings.Join(found, " and "), name)
}

// SerialOf is the serial number of the device at a path, "" for one that has
// none.
func SerialOf(path string, list func() ([]Device, error)) string {
	devices, err := list()
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for _, d := range devices {
		if d.Path == path {
			return d.Serial
		}
	}
	return ""
}

// Sysfs is where the kernel shows its devices.
const Sysfs = "/sys"

// LowLatency sets the latency timer of an FTDI adapter to 1 ms. It is 16 ms from
// the factory: every short answer waits as long (FTDI AN232B-04, section 3). It
// returns what it changed, "" for a device without such a timer.
func LowLatency(sysfs, dev string) (string, error) {
	if real, err := filepath.EvalSymlinks(dev); err == nil {
		dev = real
	}
	path := filepath.Join(sysfs, "bus/usb-serial/devices", filepath.Base(dev), "latency_timer")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", nil // not an FTDI, or no USB at all
	}
	ms, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return "", fmt.Errorf("serial: %s holds %q, want ms", path, text)
	}
	if ms <= 1 {
		return "", nil
	}
	if err := os.WriteFile(path, []byte("1"), 0o644); err != nil {
		return "", fmt.Errorf("serial: %s waits %d ms before it hands over a short answer: write 1 to %s as root: %w", dev, ms, path, err)
	}
	return fmt.Sprintf("the latency timer of %s is 1 ms now, it was %d", dev, ms), nil
}
