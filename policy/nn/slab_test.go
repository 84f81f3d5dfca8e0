package nn

import (
	"slices"
	"testing"
)

func TestSlabIsZeroedAndAsLongAsAsked(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 1<<17 - 1, 1 << 17, 1<<19 + 3, 3 << 20} {
		s := slab(n)
		if len(s) != n || cap(s) < n || n > 0 && (slices.Max(s) != 0 || slices.Min(s) != 0) {
			t.Fatalf("slab(%d) has %d values", n, len(s))
		}
		for i := range s {
			s[i] = 1
		}
	}
}
