// Package identify finds a robot's body from logs of its motion: per joint
// inertia, friction, gravity, offset, gain and delay, by replaying the recorded
// commands and comparing where the joint went.
//
//	LOG ──► Log ─┐
//	PROFILE ─────┴─► Identify ──► Body ──► BODY.yaml     numbers with their spread
//	LOG + BODY.yaml ──► Check ──► Score                  replay without fitting
//
// Joints are replayed one by one, open loop, with gravity terms of their own.
// Angles are rad, times s, torques N·m. A Body says of every number how far the
// logs narrow it: one that they do not excite is marked as not identified, and
// its interval is then that of the search.
package identify
