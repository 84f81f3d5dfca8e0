package nn

import "golang.org/x/sys/cpu"

func detect() isa {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return avx2
	}
	return plain
}

// tile adds alpha times the product of two packed panels of depth k to the 6x16
// block at c, whose rows lie ldc apart.
func tile(kind isa, k int, a, b, c []float32, ldc int, alpha float32) {
	if kind == avx2 {
		tileAVX2(k, &a[0], &b[0], &c[0], ldc, alpha)
		return
	}
	tileGo(k, a, b, c, ldc, alpha)
}

// panel computes the len(y) outputs, 64, 32 or 16, of the strips in w from x.
func panel(kind isa, w, x, y []float32) {
	switch {
	case kind != avx2 || len(x) == 0:
		panelGo(w, x, y)
	case len(y) == 64:
		panel64AVX2(&w[0], &x[0], len(x), &y[0])
	case len(y) == 32:
		panel32AVX2(&w[0], &x[0], len(x), &y[0])
	default:
		panel16AVX2(&w[0], &x[0], len(x), &y[0])
	}
}

// activate applies a to x, a multiple of 8 values, and reports whether it could.
func activate(kind isa, a Activation, x []float32) bool {
	if kind != avx2 {
		return false
	}
	switch a {
	case ReLU:
		reluAVX2(&x[0], len(x))
	case ELU:
		eluAVX2(&x[0], len(x))
	case Tanh:
		tanhAVX2(&x[0], len(x))
	case Sigmoid:
		sigmoidAVX2(&x[0], len(x))
	case SiLU:
		siluAVX2(&x[0], len(x))
	case Exp:
		expAVX2(&x[0], len(x))
	default:
		return false
	}
	return true
}

//go:noescape
func tileAVX2(k int, a, b, c *float32, ldc int, alpha float32)

//go:noescape
func panel64AVX2(w, x *float32, k int, y *float32)

//go:noescape
func panel32AVX2(w, x *float32, k int, y *float32)

//go:noescape
func panel16AVX2(w, x *float32, k int, y *float32)

//go:noescape
func reluAVX2(x *float32, n int)

//go:noescape
func eluAVX2(x *float32, n int)

//go:noescape
func tanhAVX2(x *float32, n int)

//go:noescape
func sigmoidAVX2(x *float32, n int)

//go:noescape
func siluAVX2(x *float32, n int)

//go:noescape
func expAVX2(x *float32, n int)
