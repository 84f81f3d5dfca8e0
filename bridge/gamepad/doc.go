// Package gamepad is a dead man's switch and a pair of sticks that say where to go:
// a game controller on Linux (evdev).
//
//	/dev/input/eventN ──► Run ──► Held ──► controller.Loop.Held
//	                          └─► Options.Aim: forward, left (m/s), turn (rad/s)
//
// A shoulder button, left or right, is the switch: the robot moves as long as one is
// held. The left stick goes forward and sideways, the right one turns; without the
// switch nothing is asked for. The kernel tells of a release, so that nothing has to
// repeat; a device that is gone, a reader that fell behind, a button that was held
// when Run began read as released. A pad without a cable may take seconds to be
// missed by the kernel: use the cable near a robot.
//
// Source: Linux, Documentation/input/gamepad.rst and include/uapi/linux/input.h.
package gamepad
