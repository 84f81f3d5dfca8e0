// Package witmotion reads inertial units of WitMotion (WT61, WT901, HWT905 and
// others) that have a serial line of their own, for robots whose actuators hang on a
// bus without a controller.
//
//	unit ──► serial line ──► Next ──► imu.Filter ──► Latest ──► bus.Robot
//
// The unit sends frames by itself: accelerations (m/s² here) and angular velocities
// (rad/s), each with the sum of its bytes. Orientation comes from the filter that
// the firmware has too, not from the unit's own, which is not documented. A unit
// has to be set up to 115200 baud or more and to 100 samples a second or more; from
// the factory it sends 10.
//
// Source: WitMotion, "WIT standard communication protocol".
package witmotion
