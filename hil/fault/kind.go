package fault

import (
	"slices"
	"strings"
)

// Place is where a kind of fault is applied.
type Place string

// Places. A target says of each why it cannot have faults there, or "".
const (
	Line     Place = "line"      // the bytes between host and firmware
	Watchdog Place = "watchdog"  // a microcontroller that something watches
	Supply   Place = "supply"    // the microcontroller's own
	Clock    Place = "clock"     // the microcontroller's own
	Bus      Place = "motor bus" // what motors say to the firmware
	Body     Place = "body"      // a simulated body
	Time     Place = "host time" // time that goes on while the host does not
	Storage  Place = "recording" // the recording's file
	Broker   Place = "broker"    // a broker between host and robot
)

// aim is what a kind is aimed at.
type aim int

const (
	atNothing aim = iota
	atJoint       // of the robot; needed
	atWay         // up (to the firmware), down, or both
	atOneWay      // up or down; needed
	atAxis        // x, y or z; needed
)

// kind is what can go wrong.
type kind struct {
	name     string
	place    Place
	aim      aim
	unit     string  // of the magnitude; "" is that it has none
	least    float64 // of the magnitude
	most     float64
	stops    bool // the firmware or the host has to stop the robot for it
	lasting  bool // for_s bounds it; else it is over at once
	describe string
}

var kinds = []kind{
	{"bit errors", Line, atWay, "rate per bit", 1e-9, 0.5, false, true, "each bit is flipped with that probability"},
	{"drop", Line, atWay, "share of frames", 0, 1, false, true, "frames are lost"},
	{"duplicate", Line, atWay, "share of frames", 0, 1, false, true, "frames come twice"},
	{"delay", Line, atWay, "ms", 0, 10000, false, true, "frames come later"},
	{"jitter", Line, atWay, "ms", 0, 10000, false, true, "frames come later, each by up to that much, in their order"},
	{"reorder", Line, atWay, "share of frames", 0, 1, false, true, "frames come after the one that follows them"},
	{"link cut", Line, atNothing, "", 0, 0, true, true, "nothing passes, until it is mended after for_s"},
	{"half-open link", Line, atOneWay, "", 0, 0, true, true, "nothing passes one way"},
	{"mcu hang", Watchdog, atNothing, "", 0, 0, true, false, "the firmware spins for ever with its interrupts masked"},
	{"mcu reset", Watchdog, atNothing, "", 0, 0, true, false, "the reset button is pressed"},
	{"brown-out", Supply, atNothing, "", 0, 0, true, false, "the microcontroller's supply dips"},
	{"clock drift", Clock, atNothing, "ratio", -0.2, 0.2, false, true, "the firmware's clock is faster by that ratio"},
	{"joint stuck", Body, atJoint, "", 0, 0, false, true, "the joint does not turn"},
	{"encoder offset", Body, atJoint, "rad", -3, 3, false, true, "the encoder slips, by 1 rad/s up to that much"},
	{"encoder jump", Body, atJoint, "rad", -3, 3, false, true, "the encoder says that much more, at once"},
	{"encoder noise", Body, atJoint, "rad", 0, 3, false, true, "noise of that standard deviation"},
	{"encoder dropout", Bus, atJoint, "", 0, 0, true, true, "the motor answers nothing"},
	{"imu bias", Body, atAxis, "rad/s", -50, 50, false, true, "the gyro says that much more"},
	{"imu saturation", Body, atNothing, "rad/s", 0, 50, false, true, "the gyro says no more than that"},
	{"motor weak", Body, atJoint, "share", 0, 1, false, true, "that share of the motor's torque is missing"},
	{"motor hot", Bus, atJoint, "°C", -40, 127, true, true, "the motor says that it is so hot"},
	{"motor dead", Body, atJoint, "", 0, 0, false, true, "the motor gives no torque"},
	{"motor limited", Body, atJoint, "N·m", 0, 100, false, true, "the motor gives no more than that"},
	{"foot slip", Body, atNothing, "share", 0, 1, false, true, "that share of the feet's friction is missing"},
	{"push", Body, atAxis, "N", -1000, 1000, false, true, "a force on the trunk"},
	{"payload", Body, atNothing, "kg", 0, 100, false, true, "a load on the trunk"},
	{"host pause", Time, atNothing, "", 0, 0, true, true, "this program stands still"},
	{"disk full", Storage, atNothing, "", 0, 0, false, true, "the recording's disk takes nothing"},
	{"broker stall", Broker, atNothing, "", 0, 0, false, true, "the broker's process stands still"},
}

func kindOf(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

// Kinds are the names of what can go wrong, sorted.
func Kinds() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	slices.Sort(names)
	return names
}

func kindList() string { return strings.Join(Kinds(), ", ") }
