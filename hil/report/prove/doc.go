// Package prove measures how often a transfer report names the right cause.
//
//	rat clips, retargeted ──► simulated quadruped, as its profile says ──► recording ─┐
//	                     └──► the same with seeded differences and noise ─► recording ─┴► report ──► right?
//
// Each draw records the reference quadruped twice along two clips, open loop. The
// second robot measures with noise and differs from the first by one cause, by
// two, or by none; sizes are drawn within 50 % around a delay of 15 ms, twice the
// Coulomb friction, 1.5 times the armature, an offset of one encoder by 0.05 rad
// and 0.8 of the motors' strength. In every fourth draw motors stop at 0.25 to 0.32
// of their torque, or a sensor errs: the gyroscope by 0.05 to 0.15 rad/s about an
// axis, the speed of a joint by 25 to 60 %, its position by noise of 5 to 15 mrad. A
// draw is right when the report names exactly its causes, those of one joint with
// the joint. Draws are lines of JSON in a file, from which a run that was stopped
// goes on.
package prove
