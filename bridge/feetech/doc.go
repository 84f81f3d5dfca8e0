// Package feetech speaks the protocol of Feetech's STS and SMS serial servos.
//
//	Driver ──► AppendRequest ──► bytes ──► whisker agent ──► serial line ──► servos
//	       ◄── Range, status ◄── Next  ◄──               ◄──             ◄──
//
// Next and Append are the frames (header, length, checksum), Ranges and
// AppendRequest what they ask for. Neither allocates. Driver is a bus of servos
// for a bus.Robot: rad, rad/s, A, V, °C.
//
// These servos have no watchdog of their own: when the host dies they keep
// their torque and their last goal. So Driver takes only a port that promises
// one, which is that of package agent.
//
// Sources: Feetech, "Communication Protocol User Manual" and the memory table of
// STS3215; LeRobot's tables.py (numbers are sign and magnitude, not two's
// complement).
package feetech
