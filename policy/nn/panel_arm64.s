#include "textflag.h"

// The panels of panel_amd64.s, four floats a register.

#define ARGS \
	MOVD w+0(FP), R0  \
	MOVD x+8(FP), R1  \
	MOVD k+16(FP), R2 \
	MOVD y+24(FP), R3 \
	ADD  $1, R2, R4   \
	LSL  $6, R4

#define ROW(strip, t, s0, s1, s2, s3) \
	VLD1.P 64(strip), [V0.S4, V1.S4, V2.S4, V3.S4] \
	VFMLA  t.S4, V0.S4, s0.S4                      \
	VFMLA  t.S4, V1.S4, s1.S4                      \
	VFMLA  t.S4, V2.S4, s2.S4                      \
	VFMLA  t.S4, V3.S4, s3.S4

// func panel64NEON(w, x *float32, k int, y *float32)
TEXT ·panel64NEON(SB), NOSPLIT, $0-32
	ARGS
	ADD R4, R0, R5
	ADD R4, R5, R6
	ADD R4, R6, R7
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R5), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1.P 64(R6), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1.P 64(R7), [V28.S4, V29.S4, V30.S4, V31.S4]

loop64:
	VLD1R.P 4(R1), [V8.S4]
	ROW(R0, V8, V16, V17, V18, V19)
	ROW(R5, V8, V20, V21, V22, V23)
	ROW(R6, V8, V24, V25, V26, V27)
	ROW(R7, V8, V28, V29, V30, V31)
	SUBS $1, R2, R2
	BNE  loop64
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R3)
	VST1.P [V20.S4, V21.S4, V22.S4, V23.S4], 64(R3)
	VST1.P [V24.S4, V25.S4, V26.S4, V27.S4], 64(R3)
	VST1.P [V28.S4, V29.S4, V30.S4, V31.S4], 64(R3)
	RET

// func panel32NEON(w, x *float32, k int, y *float32)
TEXT ·panel32NEON(SB), NOSPLIT, $0-32
	ARGS
	ADD R4, R0, R5
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R5), [V20.S4, V21.S4, V22.S4, V23.S4]

loop32:
	VLD1R.P 4(R1), [V8.S4]
	ROW(R0, V8, V16, V17, V18, V19)
	ROW(R5, V8, V20, V21, V22, V23)
	SUBS $1, R2, R2
	BNE  loop32
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R3)
	VST1.P [V20.S4, V21.S4, V22.S4, V23.S4], 64(R3)
	RET

// func panel16NEON(w, x *float32, k int, y *float32)
TEXT ·panel16NEON(SB), NOSPLIT, $0-32
	ARGS
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16
	SUBS $2, R2, R2
	BLT  rest16

loop16:
	VLD1R.P 4(R1), [V8.S4]
	ROW(R0, V8, V16, V17, V18, V19)
	VLD1R.P 4(R1), [V8.S4]
	ROW(R0, V8, V20, V21, V22, V23)
	SUBS $2, R2, R2
	BGE  loop16

rest16:
	ADDS $2, R2, R2
	BEQ  done16
	VLD1R.P 4(R1), [V8.S4]
	ROW(R0, V8, V16, V17, V18, V19)

done16:
	FMOVS $1.0, F0 // Go's assembler has no vector add: add one times the second sum
	VDUP V0.S[0], V0.S4
	VFMLA V20.S4, V0.S4, V16.S4
	VFMLA V21.S4, V0.S4, V17.S4
	VFMLA V22.S4, V0.S4, V18.S4
	VFMLA V23.S4, V0.S4, V19.S4
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R3)
	RET
