package profile

import (
	"fmt"
	"slices"
)

// buses are the protocols of Device.Bus and the ids that each has.
var buses = map[string]struct{ lo, hi int }{
	"dynamixel": {0, 252}, "feetech": {0, 253}, "moteus": {1, 127}, "moteus-uart": {1, 127},
}

// checkDevice says what no bus of actuators can be.
func (p *Profile) checkDevice() (path, why string) {
	d := &p.Device
	if d.Bus == "" {
		if d.Model != 0 || d.Mode != "" || d.MaxCurrent != 0 || d.NmPerAmp != 0 || d.FastRead {
			return "device.bus", "is missing, but device has keys of a bus of actuators, want dynamixel, feetech, moteus or moteus-uart"
		}
		return "", ""
	}
	ids, known := buses[d.Bus]
	dynamixel := d.Bus == "dynamixel"
	switch {
	case !known:
		return "device.bus", fmt.Sprintf("is %q, want dynamixel, feetech, moteus or moteus-uart", d.Bus)
	case d.Name != "" || d.Serial != "":
		return "device.bus", fmt.Sprintf("is %s, which has no controller with a device.name or device.serial", d.Bus)
	case d.Baud <= 0:
		return "device.baud", fmt.Sprintf("is %d, want the rate of the bus", d.Baud)
	case d.Model < 0 || d.Model > 1<<30:
		return "device.model", fmt.Sprintf("is %d, want the actuators' model number", d.Model)
	case !slices.Contains([]string{"", "position", "current", "current-position"}, d.Mode):
		return "device.mode", fmt.Sprintf("is %q, want position, current or current-position", d.Mode)
	case !dynamixel && (d.Mode != "" || d.MaxCurrent != 0 || d.NmPerAmp != 0 || d.FastRead):
		return "device.bus", fmt.Sprintf("is %s: mode, max_current_a, nm_per_a and fast_read are for dynamixel", d.Bus)
	case !(d.MaxCurrent >= 0) || !(d.NmPerAmp >= 0):
		return "device.max_current_a", "or nm_per_a is negative"
	case p.Measures.IMU && p.IMU.Protocol == "":
		return "measures.imu", "is true, want imu.protocol and imu.port: actuators measure no orientation"
	}
	for i := range p.Joints {
		j, at := &p.Joints[i], fmt.Sprintf("joints[%d].", i)
		if j.Bus != 0 {
			return at + "bus", fmt.Sprintf("is %d, want 0: all %s actuators hang on one line", j.Bus, d.Bus)
		}
		if j.ID < ids.lo || j.ID > ids.hi {
			return at + "id", fmt.Sprintf("is %d, want %d to %d", j.ID, ids.lo, ids.hi)
		}
	}
	return "", ""
}
