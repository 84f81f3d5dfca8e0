package feetech

import "math"

// Addresses of the STS series' memory table (Feetech, STS3215 memory table;
// LeRobot, tables.py).
const (
	regModel       = 3  // 2 bytes
	regReturnDelay = 7  // 1 byte, 2 us
	regOffset      = 31 // 2 bytes, steps, sign in bit 11
	regMode        = 33 // 1 byte: 0 is position
	regTorque      = 40 // 1 byte
	regGoalPos     = 42 // 2 bytes, sign in bit 15
	regGoalSpeed   = 46 // 2 bytes, steps/s; 0 is as fast as it can
	regPresent     = 56 // position, speed, load: 2 bytes; voltage, temperature: 1 byte

	// presentSize reaches to the current, register 69.
	presentSize = 15
)

// Units of the STS series.
const (
	ticksPerTurn = 4096
	centre       = ticksPerTurn / 2 // where the device's angle is 0
	radPerTick   = 2 * math.Pi / ticksPerTurn
	delayUnit    = 2e-6   // s
	voltUnit     = 0.1    // V
	ampUnit      = 0.0065 // A (Feetech, STS3215 data sheet: 6.5 mA)
)

// models by their number.
var models = map[uint16]string{777: "STS3215"}
