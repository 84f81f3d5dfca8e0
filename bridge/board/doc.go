// Package board is a robot with Whisker's firmware on a serial line, as a
// controller.Robot.
//
//	Loop ──Write──► newest-command slot ──► Sender ──► line ──► firmware
//	     ◄──Read─── newest state ◄── reader, resync ◄──────────┘
//
// New opens the line; Run moves bytes until its context ends and finds the
// device again after it was unplugged. Connect makes the firmware ours and
// compares what it says of itself with the profile: schema, name, limits,
// rates, calibration. Start does that, looks at joints, battery and
// temperatures, and asks for torque at the measured position. Nothing has moved
// before it returns. Read never waits: the age of what it gives is in the state,
// and the guard judges it. Units are SI; positions are the calibrated joints'.
//
// Three things end motion, each without the others: the guard damps, Halt asks
// the firmware for a damped stop until it is acknowledged, and the firmware damps
// by itself when commands stay away for Info.ExpiryMs.
package board
