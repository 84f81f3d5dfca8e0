#include "textflag.h"

// e^x as in expGo, eight values at a time; the constants are repeated eight times.

DATA log2e<>+0(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+8(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+16(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA log2e<>+24(SB)/8, $0x3fb8aa3b3fb8aa3b
GLOBL log2e<>(SB), RODATA|NOPTR, $32
DATA ln2hi<>+0(SB)/8, $0x3f3180003f318000
DATA ln2hi<>+8(SB)/8, $0x3f3180003f318000
DATA ln2hi<>+16(SB)/8, $0x3f3180003f318000
DATA ln2hi<>+24(SB)/8, $0x3f3180003f318000
GLOBL ln2hi<>(SB), RODATA|NOPTR, $32
DATA ln2lo<>+0(SB)/8, $0xb95e8083b95e8083
DATA ln2lo<>+8(SB)/8, $0xb95e8083b95e8083
DATA ln2lo<>+16(SB)/8, $0xb95e8083b95e8083
DATA ln2lo<>+24(SB)/8, $0xb95e8083b95e8083
GLOBL ln2lo<>(SB), RODATA|NOPTR, $32
DATA c7<>+0(SB)/8, $0x39500d0139500d01
DATA c7<>+8(SB)/8, $0x39500d0139500d01
DATA c7<>+16(SB)/8, $0x39500d0139500d01
DATA c7<>+24(SB)/8, $0x39500d0139500d01
GLOBL c7<>(SB), RODATA|NOPTR, $32
DATA c6<>+0(SB)/8, $0x3ab60b613ab60b61
DATA c6<>+8(SB)/8, $0x3ab60b613ab60b61
DATA c6<>+16(SB)/8, $0x3ab60b613ab60b61
DATA c6<>+24(SB)/8, $0x3ab60b613ab60b61
GLOBL c6<>(SB), RODATA|NOPTR, $32
DATA c5<>+0(SB)/8, $0x3c0888893c088889
DATA c5<>+8(SB)/8, $0x3c0888893c088889
DATA c5<>+16(SB)/8, $0x3c0888893c088889
DATA c5<>+24(SB)/8, $0x3c0888893c088889
GLOBL c5<>(SB), RODATA|NOPTR, $32
DATA c4<>+0(SB)/8, $0x3d2aaaab3d2aaaab
DATA c4<>+8(SB)/8, $0x3d2aaaab3d2aaaab
DATA c4<>+16(SB)/8, $0x3d2aaaab3d2aaaab
DATA c4<>+24(SB)/8, $0x3d2aaaab3d2aaaab
GLOBL c4<>(SB), RODATA|NOPTR, $32
DATA c3<>+0(SB)/8, $0x3e2aaaab3e2aaaab
DATA c3<>+8(SB)/8, $0x3e2aaaab3e2aaaab
DATA c3<>+16(SB)/8, $0x3e2aaaab3e2aaaab
DATA c3<>+24(SB)/8, $0x3e2aaaab3e2aaaab
GLOBL c3<>(SB), RODATA|NOPTR, $32
DATA c2<>+0(SB)/8, $0x3f0000003f000000
DATA c2<>+8(SB)/8, $0x3f0000003f000000
DATA c2<>+16(SB)/8, $0x3f0000003f000000
DATA c2<>+24(SB)/8, $0x3f0000003f000000
GLOBL c2<>(SB), RODATA|NOPTR, $32
DATA one<>+0(SB)/8, $0x3f8000003f800000
DATA one<>+8(SB)/8, $0x3f8000003f800000
DATA one<>+16(SB)/8, $0x3f8000003f800000
DATA one<>+24(SB)/8, $0x3f8000003f800000
GLOBL one<>(SB), RODATA|NOPTR, $32
DATA two<>+0(SB)/8, $0x4000000040000000
DATA two<>+8(SB)/8, $0x4000000040000000
DATA two<>+16(SB)/8, $0x4000000040000000
DATA two<>+24(SB)/8, $0x4000000040000000
GLOBL two<>(SB), RODATA|NOPTR, $32
DATA minus2<>+0(SB)/8, $0xc0000000c0000000
DATA minus2<>+8(SB)/8, $0xc0000000c0000000
DATA minus2<>+16(SB)/8, $0xc0000000c0000000
DATA minus2<>+24(SB)/8, $0xc0000000c0000000
GLOBL minus2<>(SB), RODATA|NOPTR, $32
DATA limit<>+0(SB)/8, $0x42ae000042ae0000
DATA limit<>+8(SB)/8, $0x42ae000042ae0000
DATA limit<>+16(SB)/8, $0x42ae000042ae0000
DATA limit<>+24(SB)/8, $0x42ae000042ae0000
GLOBL limit<>(SB), RODATA|NOPTR, $32
DATA minusLimit<>+0(SB)/8, $0xc2ae0000c2ae0000
DATA minusLimit<>+8(SB)/8, $0xc2ae0000c2ae0000
DATA minusLimit<>+16(SB)/8, $0xc2ae0000c2ae0000
DATA minusLimit<>+24(SB)/8, $0xc2ae0000c2ae0000
GLOBL minusLimit<>(SB), RODATA|NOPTR, $32
DATA bias<>+0(SB)/8, $0x0000007f0000007f
DATA bias<>+8(SB)/8, $0x0000007f0000007f
DATA bias<>+16(SB)/8, $0x0000007f0000007f
DATA bias<>+24(SB)/8, $0x0000007f0000007f
GLOBL bias<>(SB), RODATA|NOPTR, $32
DATA sign<>+0(SB)/8, $0x8000000080000000
DATA sign<>+8(SB)/8, $0x8000000080000000
DATA sign<>+16(SB)/8, $0x8000000080000000
DATA sign<>+24(SB)/8, $0x8000000080000000
GLOBL sign<>(SB), RODATA|NOPTR, $32

// From x in Y0 to 2^n in Y1 and e^r - 1 in Y3; also uses Y2 and Y4.
#define EXP \
	VMULPS       log2e<>(SB), Y0, Y1  \
	VROUNDPS     $0, Y1, Y1           \
	VMOVAPS      Y0, Y2               \
	VFNMADD231PS ln2hi<>(SB), Y1, Y2  \
	VFNMADD231PS ln2lo<>(SB), Y1, Y2  \
	VMOVUPS      c7<>(SB), Y3         \
	VFMADD213PS  c6<>(SB), Y2, Y3     \
	VFMADD213PS  c5<>(SB), Y2, Y3     \
	VFMADD213PS  c4<>(SB), Y2, Y3     \
	VFMADD213PS  c3<>(SB), Y2, Y3     \
	VFMADD213PS  c2<>(SB), Y2, Y3     \
	VMULPS       Y2, Y2, Y4           \
	VFMADD213PS  Y2, Y4, Y3           \
	VCVTPS2DQ    Y1, Y1               \
	VPADDD       bias<>(SB), Y1, Y1   \
	VPSLLD       $23, Y1, Y1

// From x in Y0 to 1 + e^-x in Y3. The limits are in Y14 and Y15; x comes second, so
// that NaN stays NaN.
#define ONEPLUSINVERSE \
	VXORPS      sign<>(SB), Y0, Y0  \
	VMINPS      Y0, Y15, Y0         \
	VMAXPS      Y0, Y14, Y0         \
	EXP                             \
	VFMADD213PS Y1, Y1, Y3          \
	VADDPS      one<>(SB), Y3, Y3

// From x in Y0 to e^x - 1 in Y3.
#define EXPM1 \
	EXP                            \
	VSUBPS      one<>(SB), Y1, Y2  \
	VFMADD213PS Y2, Y1, Y3

#define ARGS \
	MOVQ    x+0(FP), DI          \
	MOVQ    n+8(FP), CX          \
	VMOVUPS minusLimit<>(SB), Y14 \
	VMOVUPS limit<>(SB), Y15      \
	VXORPS  Y13, Y13, Y13

// func reluAVX2(x *float32, n int)
TEXT ·reluAVX2(SB), NOSPLIT, $0-16
	ARGS

reluloop:
	VMOVUPS (DI), Y0
	VMAXPS  Y0, Y13, Y3
	VMOVUPS Y3, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     reluloop
	VZEROUPPER
	RET

// func eluAVX2(x *float32, n int)
TEXT ·eluAVX2(SB), NOSPLIT, $0-16
	ARGS

eluloop:
	VMOVUPS (DI), Y5
	VMINPS  Y5, Y13, Y0
	VMAXPS  Y0, Y14, Y0
	EXPM1
	VMAXPS  Y5, Y13, Y5
	VADDPS  Y5, Y3, Y3
	VMOVUPS Y3, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     eluloop
	VZEROUPPER
	RET

// func tanhAVX2(x *float32, n int)
TEXT ·tanhAVX2(SB), NOSPLIT, $0-16
	ARGS

tanhloop:
	VMOVUPS (DI), Y5
	VMOVUPS sign<>(SB), Y6
	VANDNPS Y5, Y6, Y0
	VMULPS  minus2<>(SB), Y0, Y0
	VMAXPS  Y0, Y14, Y0
	EXPM1
	VADDPS  two<>(SB), Y3, Y1
	VDIVPS  Y1, Y3, Y3
	VANDNPS Y3, Y6, Y3
	VANDPS  Y5, Y6, Y5
	VORPS   Y5, Y3, Y3
	VMOVUPS Y3, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     tanhloop
	VZEROUPPER
	RET

// func sigmoidAVX2(x *float32, n int)
TEXT ·sigmoidAVX2(SB), NOSPLIT, $0-16
	ARGS

sigmoidloop:
	VMOVUPS (DI), Y0
	ONEPLUSINVERSE
	VMOVUPS one<>(SB), Y0
	VDIVPS  Y3, Y0, Y3
	VMOVUPS Y3, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     sigmoidloop
	VZEROUPPER
	RET

// func siluAVX2(x *float32, n int)
TEXT ·siluAVX2(SB), NOSPLIT, $0-16
	ARGS

siluloop:
	VMOVUPS (DI), Y5
	VMOVAPS Y5, Y0
	ONEPLUSINVERSE
	VDIVPS  Y3, Y5, Y3
	VMOVUPS Y3, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     siluloop
	VZEROUPPER
	RET

// func expAVX2(x *float32, n int)
TEXT ·expAVX2(SB), NOSPLIT, $0-16
	ARGS

exploop:
	VMOVUPS (DI), Y0
	VMINPS  Y0, Y15, Y0
	VMAXPS  Y0, Y14, Y0
	EXP
	VFMADD213PS Y1, Y1, Y3
	VMOVUPS Y3, (DI)
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     exploop
	VZEROUPPER
	RET
