#include "textflag.h"

// A 6x16 tile of the product: twelve sums in Y4..Y15, a row of B in Y0 and Y1,
// one element of A broadcast into Y2 or Y3.

#define ROW(off, t, s0, s1) \
	VBROADCASTSS off(SI), t \
	VFMADD231PS Y0, t, s0   \
	VFMADD231PS Y1, t, s1

#define STORE(s0, s1) \
	VMOVUPS     (DX), Y0     \
	VMOVUPS     32(DX), Y1   \
	VFMADD231PS Y2, s0, Y0   \
	VFMADD231PS Y2, s1, Y1   \
	VMOVUPS     Y0, (DX)     \
	VMOVUPS     Y1, 32(DX)   \
	ADDQ        R8, DX

// func tileAVX2(k int, a, b, c *float32, ldc int, alpha float32)
TEXT ·tileAVX2(SB), NOSPLIT, $0-44
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DI
	MOVQ c+24(FP), DX
	MOVQ ldc+32(FP), R8
	SHLQ $2, R8
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15

loop:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	ROW(0, Y2, Y4, Y5)
	ROW(4, Y3, Y6, Y7)
	ROW(8, Y2, Y8, Y9)
	ROW(12, Y3, Y10, Y11)
	ROW(16, Y2, Y12, Y13)
	ROW(20, Y3, Y14, Y15)
	ADDQ $24, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  loop

	VBROADCASTSS alpha+40(FP), Y2
	STORE(Y4, Y5)
	STORE(Y6, Y7)
	STORE(Y8, Y9)
	STORE(Y10, Y11)
	STORE(Y12, Y13)
	STORE(Y14, Y15)
	VZEROUPPER
	RET
