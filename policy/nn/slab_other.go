//go:build !linux

package nn

// slab is zeroed memory for n weights.
func slab(n int) []float32 { return make([]float32, n) }
