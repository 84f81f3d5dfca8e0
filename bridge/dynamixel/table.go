package dynamixel

import "math"

// Addresses of the X series' control table (e-Manual, XM430-W350, "Control
// Table"). Below 64 lies the EEPROM, which is locked while torque is on.
const (
	regReturnDelay = 9   // 1 byte, 2 us
	regMode        = 11  // 1 byte
	regTorque      = 64  // 1 byte
	regHardware    = 70  // 1 byte
	regWatchdog    = 98  // 1 byte, 20 ms; 0xFF when it has tripped
	regGoalCurrent = 102 // 2 bytes
	regGoalPos     = 116 // 4 bytes
	regPresent     = 126 // current 2, velocity 4, position 4 bytes
	regVoltage     = 144 // voltage 2 bytes of 0.1 V, temperature 1 byte of °C
	regTemperature = 146

	presentSize = 10
	voltageSize = 3
)

// Units of the X series.
const (
	ticksPerTurn = 4096
	centre       = ticksPerTurn / 2 // where the device's angle is 0
	radPerTick   = 2 * math.Pi / ticksPerTurn
	velUnit      = 0.229 * 2 * math.Pi / 60 // rad/s
	delayUnit    = 2e-6                     // s
	watchdogUnit = 0.02                     // s
	voltUnit     = 0.1                      // V
)

// Mode is how a servo is driven.
type Mode byte

// Operating modes (e-Manual, register 11). In CurrentPosition the servo holds a
// position with no more than Options.MaxCurrent.
const (
	Current         Mode = 0
	Position        Mode = 3
	CurrentPosition Mode = 5
)

// model is what differs inside the X series.
type model struct {
	name string
	// ampere is the unit of currents, A; 0 where register 126 is the load.
	ampere float64
	// fast and watchdog are the firmware versions from which it has them.
	fast, watchdog byte
}

// models by their number (e-Manual, each model's page).
var models = map[uint16]model{
	1020: {"XM430-W350", 0.00269, 45, 38},
	1030: {"XM430-W210", 0.00269, 45, 38},
	1060: {"XL430-W250", 0, 45, 38},
	1120: {"XM540-W270", 0.00269, 45, 38},
	1130: {"XM540-W150", 0.00269, 45, 38},
	1190: {"XL330-M077", 0.001, 46, 38},
	1200: {"XL330-M288", 0.001, 46, 38},
}

// hardwareError names the bits of register 70.
func hardwareError(bits byte) string {
	s := ""
	for i, name := range [...]string{"input voltage", "bit 1", "overheating", "encoder", "electrical shock", "overload", "bit 6", "bit 7"} {
		if bits&(1<<i) != 0 {
			s += ", " + name
		}
	}
	if s == "" {
		return "none any more"
	}
	return s[2:]
}
