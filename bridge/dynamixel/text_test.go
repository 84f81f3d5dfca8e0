package dynamixel

import (
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"

	"whisker/bridge/internal/texts"
)

// Every byte comes back, in a frame or in an error.
func FuzzText(f *testing.F) {
	texts.Fuzz(f, "\xff\xff\xfd\x00\x01\x03\x00\x01\x19\x4e\xff\xff\xfd\x00\x02\x04\x00\x55\xa0\xe9\x0f", DecodeText, EncodeText)
}

// Whatever a packet holds, it comes back byte by byte.
func TestAnyPacketBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ins := Instruction(rapid.Byte().Draw(t, "instruction"))
		for known := range instructionNames {
			if rapid.IntRange(0, 15).Draw(t, "known") == 0 {
				ins = known
			}
		}
		frame := hex.EncodeToString(Append(nil, Packet{
			ID: rapid.SampledFrom([]byte{0, 1, maxID, Broadcast}).Draw(t, "id"), Instruction: ins, Err: rapid.Byte().Draw(t, "error"),
			Params: rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0x74, 0xFD, 0xFF}), 0, 24).Draw(t, "params"),
		}))
		texts.Same(t, frame, DecodeText, EncodeText)
	})
}
