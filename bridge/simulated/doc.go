// Package simulated is actuator buses without actuators, for tests and for trying
// out: devices that answer on a real pty as the manuals say, each with a shaft
// that turns behind it, or all with one body (Plant).
//
//	driver, or the vendor's client ──► pty ──► Line ──► Dynamixel, Feetech or Moteus ──► shaft
//
// The vendors' own clients talk to them in a test, so that an error of ours is
// not on both sides. Faults are set from outside: a device that is silent, that
// garbles its answers, that has failed; a cable that is pulled.
package simulated
