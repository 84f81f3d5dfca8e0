// Package emulate runs the firmware with a simulated body as its plant: the
// host build of it, or the image for a Cortex-M4 in QEMU.
//
//	controller.Loop ──► Robot ──serial line──► firmware ──CAN frames──► motors ──► Plant (MuJoCo)
//	                      ▲                       ▲                                  │
//	                      └──────states───────────┴── replies, IMU, battery ◄────────┘
//
// The plant drives the firmware's clock: an exchange over two pipes is a tick of
// 2 ms, and between exchanges time stands still. A Robot is therefore in
// lockstep, and two runs give the same bytes. Emulator.Pace lets the firmware's
// own clock ask for the ticks instead, for hosts that keep real time on a pty.
//
// Timing in QEMU says nothing about a board: baud, DMA and cycles are not
// modelled. The child never outlives this process, killed or not.
package emulate
