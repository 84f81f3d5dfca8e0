package nn

import "fmt"

// A Matrix is a view of float32 data; element (i, j) is Data[i*RowStep+j*ColStep].
type Matrix struct {
	Rows, Cols       int
	RowStep, ColStep int
	Data             []float32
}

// NewMatrix views data as a row-major matrix. It panics unless len(data) is rows*cols.
func NewMatrix(rows, cols int, data []float32) Matrix {
	if rows < 0 || cols < 0 || len(data) != rows*cols {
		panic(fmt.Sprintf("nn: a %dx%d matrix needs %d values, got %d", rows, cols, rows*cols, len(data)))
	}
	return Matrix{Rows: rows, Cols: cols, RowStep: cols, ColStep: 1, Data: data}
}

// T is the transposed view of the same data.
func (m Matrix) T() Matrix {
	return Matrix{Rows: m.Cols, Cols: m.Rows, RowStep: m.ColStep, ColStep: m.RowStep, Data: m.Data}
}

// Blocks of the product (Goto and van de Geijn, ACM TOMS 34:12, 2008): a panel of
// 16 columns of B stays in the first cache, a block of A in the second.
const (
	tileRows, tileCols = 6, 16
	blockRows          = 16 * tileRows
	blockDepth         = 256
	blockCols          = 64 * tileCols
)

// A Gemm multiplies matrices on one thread. It owns the memory that its blocks are
// packed into (1.1 MB), so a product allocates nothing; each goroutine needs its own.
type Gemm struct {
	kind isa
	a, b []float32
	edge [tileRows * tileCols]float32
}

// NewGemm makes a Gemm.
func NewGemm(opts ...Option) *Gemm {
	return &Gemm{
		kind: choose(opts),
		a:    make([]float32, blockRows*blockDepth),
		b:    make([]float32, blockCols*blockDepth),
	}
}

// Mul sets c to alpha·a·b + beta·c; with beta 0 what c held does not matter, not
// even NaN. Transposed views are as good as plain ones. c must not share memory
// with a or b. Shapes that do not fit panic.
func (g *Gemm) Mul(c Matrix, alpha float32, a, b Matrix, beta float32) {
	if a.Cols != b.Rows || c.Rows != a.Rows || c.Cols != b.Cols {
		panic(fmt.Sprintf("nn: Mul of %dx%d by %dx%d into %dx%d", a.Rows, a.Cols, b.Rows, b.Cols, c.Rows, c.Cols))
	}
	if c.ColStep != 1 { // then its transpose has contiguous rows
		c, a, b = c.T(), b.T(), a.T()
	}
	c.scale(beta)
	for j := 0; j < c.Cols; j += blockCols {
		cols := min(blockCols, c.Cols-j)
		for p := 0; p < a.Cols; p += blockDepth {
			depth := min(blockDepth, a.Cols-p)
			pack(g.b, b.T(), j, cols, p, depth, tileCols)
			for i := 0; i < c.Rows; i += blockRows {
				rows := min(blockRows, c.Rows-i)
				pack(g.a, a, i, rows, p, depth, tileRows)
				g.block(c, i, rows, j, cols, depth, alpha)
			}
		}
	}
}

func (m Matrix) scale(beta float32) {
	if beta == 1 {
		return
	}
	for i := range m.Rows {
		row := m.Data[i*m.RowStep:][:m.Cols]
		if beta == 0 {
			clear(row)
			continue
		}
		for j := range row {
			row[j] *= beta
		}
	}
}

// block adds the product of the packed blocks to c at (i0, j0).
func (g *Gemm) block(c Matrix, i0, rows, j0, cols, depth int, alpha float32) {
	for j := 0; j < cols; j += tileCols {
		b := g.b[j*depth:]
		for i := 0; i < rows; i += tileRows {
			a := g.a[i*depth:]
			at := c.Data[(i0+i)*c.RowStep+j0+j:]
			if i+tileRows <= rows && j+tileCols <= cols {
				tile(g.kind, depth, a, b, at, c.RowStep, alpha)
				continue
			}
			clear(g.edge[:])
			tile(g.kind, depth, a, b, g.edge[:], tileCols, alpha)
			width := min(tileCols, cols-j)
			for r := range min(tileRows, rows-i) {
				add(at[r*c.RowStep:][:width], g.edge[r*tileCols:])
			}
		}
	}
}

func add(dst, src []float32) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] += v
	}
}

// pack copies rows [i0, i0+rows) and columns [p0, p0+depth) of m into strips of
// `width` rows, each stored column by column and padded with zeros.
func pack(dst []float32, m Matrix, i0, rows, p0, depth, width int) {
	for i := 0; i < rows; i += width {
		strip := dst[i*depth:][:width*depth]
		n := min(width, rows-i)
		src := m.Data[(i0+i)*m.RowStep+p0*m.ColStep:]
		if n < width {
			clear(strip)
		}
		switch {
		case m.RowStep == 1 && n == tileCols:
			for p := range depth {
				*(*[tileCols]float32)(strip[p*tileCols:]) = *(*[tileCols]float32)(src[p*m.ColStep:])
			}
		case m.RowStep == 1:
			for p := range depth {
				copy(strip[p*width:][:n], src[p*m.ColStep:])
			}
		default:
			packRows(strip, src, m, n, depth, width)
		}
	}
}

// packRows packs n rows whose elements lie ColStep apart, two rows at a time.
func packRows(strip, src []float32, m Matrix, n, depth, width int) {
	if m.ColStep != 1 {
		for r := range n {
			for p := range depth {
				strip[p*width+r] = src[r*m.RowStep+p*m.ColStep]
			}
		}
		return
	}
	r := 0
	for ; r+2 <= n; r += 2 {
		row0, row1 := src[r*m.RowStep:][:depth], src[(r+1)*m.RowStep:][:depth]
		at := r
		for p, v := range row0 {
			pair := (*[2]float32)(strip[at:])
			pair[0], pair[1] = v, row1[p]
			at += width
		}
	}
	if r < n {
		for p, v := range src[r*m.RowStep:][:depth] {
			strip[p*width+r] = v
		}
	}
}

// tileGo is tile in Go: 2x4 blocks whose eight sums stay in registers.
func tileGo(k int, a, b, c []float32, ldc int, alpha float32) {
	a, b = a[:k*tileRows], b[:k*tileCols]
	for i := 0; i < tileRows; i += 2 {
		for j := 0; j < tileCols; j += 4 {
			var s00, s01, s02, s03, s10, s11, s12, s13 float32
			for p := range k {
				x := (*[2]float32)(a[p*tileRows+i:])
				y := (*[4]float32)(b[p*tileCols+j:])
				s00 += x[0] * y[0]
				s01 += x[0] * y[1]
				s02 += x[0] * y[2]
				s03 += x[0] * y[3]
				s10 += x[1] * y[0]
				s11 += x[1] * y[1]
				s12 += x[1] * y[2]
				s13 += x[1] * y[3]
			}
			c0, c1 := (*[4]float32)(c[i*ldc+j:]), (*[4]float32)(c[(i+1)*ldc+j:])
			c0[0] += alpha * s00
			c0[1] += alpha * s01
			c0[2] += alpha * s02
			c0[3] += alpha * s03
			c1[0] += alpha * s10
			c1[1] += alpha * s11
			c1[2] += alpha * s12
			c1[3] += alpha * s13
		}
	}
}
