// Package identify finds a robot's body from logs of its motion: per joint
// inertia, friction, gravity, coupling, offset, gain and delay, by replaying the
// recorded commands and comparing where the joint went.
//
//	LOG ──► Log ─┐
//	PROFILE ─────┴─► Identify ──► Body ──► BODY.yaml     numbers with their spread
//	LOG + Body ──► Learn ──► Body with a network per joint
//	LOG + BODY.yaml ──► Check ──► Score                  replay without fitting
//	BODY.yaml + robot profile ──► Apply ──► the motors that a simulator simulates
//
// Joints are replayed one by one, open loop, with gravity terms of their own; what
// other joints' poses change in them follows those joints' commands. Links are not
// simulated: a model, where there is one, only says how much of the inertia is
// theirs. Angles are rad, times s, torques N·m. Motion alone does not fix the scale
// of torques: where neither gains, loads nor torques are known, they are in parts
// of the stall torque that the profile states.
//
// A Body says of every number how far the logs narrow it: by a bootstrap over
// segments, by the information in the errors, and by what all other numbers can
// make up for. One that the logs do not excite is marked as not identified, and
// its interval is then that of the search.
//
// Learn adds the second model of an actuator: per joint a small network of what the
// motor gives beyond its numbers, fitted through replays of 0.6 s. It predicts what
// resembles its logs, and nothing is known of it elsewhere: Check says how both
// models do, and a simulator of links takes the numbers alone.
package identify
