// Package identify finds a robot's body from logs of its motion: per joint
// inertia, friction, gravity, coupling, offset, gain and delay, by replaying the
// recorded commands and comparing where the joint went.
//
//	LOG ──► Log ────────┐
//	PROFILE [+ MODEL] ──┴─► Identify ──► Body ──► BODY.yaml   numbers with their spread
//	LOG + Body ──► Learn ──► Body with a network per joint
//	LOG + BODY.yaml ──► Check ──► Score                  replay without fitting
//	BODY.yaml + robot profile ──► Apply, Motor ──► the motors that a simulator simulates
//
// Without a model joints are replayed one by one, open loop, with gravity terms of
// their own; what other joints' poses change in them follows those joints' commands.
// With one (Profile.WithModel, of a robot that hangs in the air with its root held
// level), gravity and coupling are the model's. The search still takes joint by joint,
// within the motion that was measured of the others; how good the numbers are is
// said by a replay of all joints together, in the model, from their commands alone.
// Gravity that the logs have and the model lacks is reported (Beyond).
//
// Dry friction holds a joint as an impulse that stops it, at once or within StopTime, in
// which StopYield of the acceleration passes: what gives way in a gear, or in MuJoCo's
// soft constraint. One that is taken for rigid and is not would change places with
// inertia, viscous friction and delay.
//
// Angles are rad, times s, torques N·m. Motion alone does not fix the scale of
// torques: where neither gains, loads, torques nor a model are known, they are in
// parts of the stall torque that the profile states.
//
// Where torque is measured, the limits of an impedance servo's are found too: the
// largest by current, and the line at which it falls with speed. Measured torques that
// fall behind what the servo asks for along the measured motion say that a limit is
// reached; one that none reaches is the profile's still, and not identified.
//
// A Body says of every number how far the logs narrow it: by a bootstrap over
// segments, by the information in the errors, and by what all other numbers can
// make up for. One that the logs do not excite is marked as not identified, and
// its interval is then that of the search.
//
// Learn adds the second model of an actuator: per joint a small network of what the
// motor gives beyond its numbers, fitted through replays of 0.6 s. It predicts what
// resembles its logs, in gains too, and nothing is known of it elsewhere: Check says how
// both models do. Within a model it learns the motor alone, and a simulator of links
// takes it (Motor); without one it learns what links do too, and a simulator of them
// takes the numbers alone.
package identify
