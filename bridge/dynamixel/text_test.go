package dynamixel

import (
	"encoding/hex"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// Every byte comes back, in a frame or in an error.
func FuzzText(f *testing.F) {
	f.Add([]byte("\xff\xff\xfd\x00\x01\x03\x00\x01\x19\x4e\xff\xff\xfd\x00\x02\x04\x00\x55\xa0\xe9\x0f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		objects, err := DecodeText(hex.EncodeToString(b))
		again, broken := "", false
		for _, o := range objects {
			var bad struct {
				Error any
				Bytes string `json:"bytes_hex"`
			}
			if json.Unmarshal(o, &bad) != nil {
				t.Fatalf("%x: %s is no object", b, o)
			}
			part := bad.Bytes
			if broken = broken || part != ""; part == "" {
				var failed error
				if part, failed = EncodeText(o); failed != nil {
					t.Fatalf("%x: %s: %v", b, o, failed)
				}
			}
			again += part
		}
		if again != hex.EncodeToString(b) || broken != (err != nil) {
			t.Fatalf("%x decodes to %s, %v, which encodes to %s", b, objects, err, again)
		}
	})
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
		objects, err := DecodeText(frame)
		if err != nil || len(objects) != 1 {
			t.Fatalf("%s: %s, %v", frame, objects, err)
		}
		if again, err := EncodeText(objects[0]); err != nil || again != frame {
			t.Fatalf("%s decodes to %s, which encodes to %s, %v", frame, objects[0], again, err)
		}
	})
}
