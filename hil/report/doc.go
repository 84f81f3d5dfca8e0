// Package report says how far two recordings of one robot are apart, and what
// most likely makes them differ: the transfer report.
//
//	two recordings ──► pairs of passes, aligned by tick ──► 14 items, each with gate, floor, verdict
//	             └───► windows, replayed in the simulator ──► causes: delay, friction, armature, strength, ...
//	                                                  ──► Report: JSON, one HTML page, sealed
//
// In flow MCAP recordings (package record): the first is compared with the
// second, further ones that are repetitions of the second give the repeatability
// floor. They are called what they are, simulation, emulated firmware, board,
// robot, by the scenario that each holds. Out flows a Report. Everything is SI;
// ticks of the two are matched by their number within a pass, never by a clock.
//
// # What differs
//
// A cause is a parameter of the simulated robot: the delay of its commands, the
// Coulomb friction or the armature of its joints, the strength or the largest
// torque of its motors, the offset of one encoder. The recorded commands are
// replayed through the simulator in windows of 0.4 s that begin at recorded
// states, because a legged robot that touches down a millisecond late is soon
// elsewhere; see fit.go for the estimate and choose.go for the decision. Both
// recordings are fitted, by what a robot can measure alone, and causes are named
// from the difference, so that what the method gets wrong in both cancels. Motors that
// stop at less than their torque and sensors that err are measured, without a fit.
package report
