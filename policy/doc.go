// Package policy turns a reference motion and a measured state into a command.
//
//	motion.Clip ──► Reference ─┐
//	                           ├──► Observation ──► Network ──► Action ──► controller.Command
//	controller.State ──────────┘
//
// A Reference is a clip prepared for one body: poses, actuator positions and the
// servo command that would produce them. An Observation lays proprioception and
// five future reference frames, seen from the current body, into one vector. The
// Network is an encoder (observation to a latent intention of mean and sigma)
// and a decoder (latent and proprioception to one number per actuator). Action
// scales those numbers into a command, added to the reference command
// (residual) or to the default pose. Tracker runs all of it, once per tick,
// without allocating.
//
// Lengths are m, angles rad, rates per second, quaternions w, x, y, z (body to
// world). Everything that must agree between a trained network and a robot is in
// the Contract, kept with the weights in one policy file and checked before a
// robot starts. The package knows no simulator and no transport.
package policy
