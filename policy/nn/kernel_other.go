//go:build !amd64 && !arm64

package nn

func detect() isa { return plain }

func tile(_ isa, k int, a, b, c []float32, ldc int, alpha float32) {
	tileGo(k, a, b, c, ldc, alpha)
}

func panel(_ isa, w, x, y []float32) { panelGo(w, x, y) }

func activate(isa, Activation, []float32) bool { return false }
