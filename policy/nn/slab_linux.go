package nn

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// slab is zeroed memory for n weights. Large ones ask for huge pages: a network of
// 12 MB touches more small pages than the processor keeps translations for, and runs a
// fifth slower on them. A kernel that says no costs only that.
func slab(n int) []float32 {
	const page = 2 << 20
	if 4*n < page/4 {
		return make([]float32, n)
	}
	bytes := (4*n + page - 1) / page * page
	memory := make([]float32, (bytes+page)/4)
	skip := int(-uintptr(unsafe.Pointer(&memory[0]))%page) / 4
	memory = memory[skip : skip+bytes/4]
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(&memory[0])), bytes), unix.MADV_HUGEPAGE)
	return memory[:n:n]
}
