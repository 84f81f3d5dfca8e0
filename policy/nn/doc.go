// Package nn is the arithmetic of a policy's network, in float32 on one thread:
// layers that run one observation at a time inside the control loop, and matrix
// products of whole batches for training.
//
// In flow observations, already normalised, out flow activations; both are plain
// numbers without a unit. Weights are row-major, one row per output.
//
// Nothing here allocates after construction, starts a goroutine or keeps package
// state. The same kernel (see Kernel) gives the same bits every time; another
// kernel, or PlainGo, agrees to about 1e-6 of the size of the terms.
package nn
