// Package motion holds clips: recorded or synthesised motion of a body at a
// fixed rate. It reads, repairs, fits, converts, synthesises and draws them.
// In flow files or key points, out flow Clips: metres, radians, quaternions
// w, x, y, z (body to world), frames per second. The root is the torso's frame.
//
// ReadFile takes a clip as CSV, NPZ or HDF5, and key points as CSV, HDF5 or MAT,
// which it fits to the body. Mirror, Resample, Reorder and Slice arrange clips;
// Inspect and Plot show them; a Scorer tells how well a run followed one.
package motion
