package nn

// Every arm64 has NEON.
func detect() isa { return neon }

// tile adds alpha times the product of two packed panels of depth k to the 6x16
// block at c, whose rows lie ldc apart.
func tile(kind isa, k int, a, b, c []float32, ldc int, alpha float32) {
	if kind == neon {
		tileNEON(k, &a[0], &b[0], &c[0], ldc, alpha)
		return
	}
	tileGo(k, a, b, c, ldc, alpha)
}

// panel computes the len(y) outputs, 64, 32 or 16, of the strips in w from x.
func panel(kind isa, w, x, y []float32) {
	switch {
	case kind != neon || len(x) == 0:
		panelGo(w, x, y)
	case len(y) == 64:
		panel64NEON(&w[0], &x[0], len(x), &y[0])
	case len(y) == 32:
		panel32NEON(&w[0], &x[0], len(x), &y[0])
	default:
		panel16NEON(&w[0], &x[0], len(x), &y[0])
	}
}

// activate reports that activations are computed in Go.
func activate(isa, Activation, []float32) bool { return false }

//go:noescape
func tileNEON(k int, a, b, c *float32, ldc int, alpha float32)

//go:noescape
func panel64NEON(w, x *float32, k int, y *float32)

//go:noescape
func panel32NEON(w, x *float32, k int, y *float32)

//go:noescape
func panel16NEON(w, x *float32, k int, y *float32)
