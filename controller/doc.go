// Package controller is the fixed-rate control loop: it reads a robot, asks a
// policy what to do, lets the guard have the last word, and writes the command.
//
//	clip ──► policy ──► controller.Loop ──► Robot ──► sim (MuJoCo)  |  bridge (serial, MQTT) ──► firmware
//	            ▲            │   │                        │
//	            └── State ───┘   └──► Sample ──► recording, telemetry, live view
//	                   ▲                                  │
//	                   └──────────────────────────────────┘
//
//	imports:   policy ──► controller ◄── sim            (sim is the only cgo)
//	                          ▲  ▲
//	                          │  └────── bridge         (bridge/wire mirrors firmware/)
//	           hil, cmd/whisker ──► all of the above
//
// In flows a State per tick, out flows a Command; both are SI: rad, rad/s, N·m,
// m, s. Quaternions are w, x, y, z and turn body into world coordinates. A tick
// does no I/O of its own, knows no log format, no network, and no wall clock:
// time is the robot's own, and only the Pacer waits.
//
// A Body says what a robot has and what it may be told. The guard takes its
// bounds from there, clamps and counts what it can, and turns the rest into a
// Fault. Operating states (idle, damp, stand, track, fault) lie around the
// policy and blend; an Input asks for them from outside. Lockstep runs as fast
// as it can, OpenRealtime gives deadlines and asks the system to keep them.
package controller
