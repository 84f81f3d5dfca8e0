package nn

// isa is the instruction set that a layer computes with. It is chosen once, at
// construction, and stays with the layer: there is no package state.
type isa uint8

const (
	plain isa = iota // Go
	avx2             // x86-64 with AVX2 and FMA
	neon             // arm64
)

func (k isa) String() string { return [...]string{"go", "avx2", "neon"}[k] }

// Kernel names the fastest kernel of this processor: "avx2", "neon" or "go".
// Results are bit for bit the same on the same kernel, and close on another.
func Kernel() string { return detect().String() }

// An Option changes how a layer or a Gemm computes.
type Option func(isa) isa

// PlainGo makes a layer compute in Go even where a faster kernel exists.
func PlainGo() Option { return func(isa) isa { return plain } }

func choose(opts []Option) isa {
	k := detect()
	for _, o := range opts {
		k = o(k)
	}
	return k
}
