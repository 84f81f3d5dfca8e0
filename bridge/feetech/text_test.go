package feetech

import (
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"

	"whisker/bridge/internal/texts"
)

// Every byte comes back, in a frame or in an error.
func FuzzText(f *testing.F) {
	texts.Fuzz(f, "\xff\xff\x01\x02\x01\xfb\xff\xff\xfe\x06\x82\x38\x08\x01\x02\x36", DecodeText, EncodeText)
}

// Whatever a packet holds, it comes back byte by byte.
func TestAnyPacketBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frame := hex.EncodeToString(Append(nil, Packet{
			ID:     rapid.SampledFrom([]byte{0, 1, Broadcast}).Draw(t, "id"),
			Code:   rapid.SampledFrom([]byte{0, 1, 2, 3, 4, 5, 6, 8, 0x0B, 0x20, 0x40, 0x82, 0x83, 0xFF}).Draw(t, "code"),
			Params: rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 31, 0x80, 0xFF}), 0, 24).Draw(t, "params"),
		}))
		texts.Same(t, frame, DecodeText, EncodeText)
	})
}

// The longest frame comes back too.
func TestLongestFrameBothWays(t *testing.T) {
	for _, p := range []Packet{{ID: 1, Params: make([]byte, maxParams)}, {ID: 1, Code: byte(Write), Params: make([]byte, maxParams)}, {ID: Broadcast, Code: byte(SyncRead), Params: make([]byte, maxParams)}} {
		frame := hex.EncodeToString(Append(nil, p))
		texts.Same(t, frame, DecodeText, EncodeText)
	}
}
