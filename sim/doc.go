// Package sim is the simulated robot: a MuJoCo model as a controller.Robot. The
// rat of dm_control is the default; any other MJCF or URDF file with hinge and
// slide joints can take its place.
//
// In flow commands per actuator, one a tick; each Read advances the physics by
// exactly one period under the last command, with all its substeps in one call
// into C. Out flow states (what a robot could measure), and on request the truth
// (Robot.Truth), frames to draw, and the geometry and mass of the body
// (Robot.Kinematics). Everything is SI: rad, rad/s, N·m, m, s, N; quaternions are
// w, x, y, z and turn body into world coordinates. Equal commands from equal
// starts give equal bytes; there is no wall clock and no random number.
//
// This is the only package that needs cgo. Without it the package compiles, and
// Open says how to get the simulator.
package sim
