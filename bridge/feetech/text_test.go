package feetech

import (
	"encoding/hex"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// Every byte comes back, in a frame or in an error.
func FuzzText(f *testing.F) {
	f.Add([]byte("\xff\xff\x01\x02\x01\xfb\xff\xff\xfe\x06\x82\x38\x08\x01\x02\x36"))
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
		frame := hex.EncodeToString(Append(nil, Packet{
			ID:     rapid.SampledFrom([]byte{0, 1, Broadcast}).Draw(t, "id"),
			Code:   rapid.SampledFrom([]byte{0, 1, 2, 3, 4, 5, 6, 8, 0x0B, 0x20, 0x40, 0x82, 0x83, 0xFF}).Draw(t, "code"),
			Params: rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 31, 0x80, 0xFF}), 0, 24).Draw(t, "params"),
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

// The longest frame comes back too.
func TestLongestFrameBothWays(t *testing.T) {
	for _, p := range []Packet{{ID: 1, Params: make([]byte, maxParams)}, {ID: 1, Code: byte(Write), Params: make([]byte, maxParams)}, {ID: Broadcast, Code: byte(SyncRead), Params: make([]byte, maxParams)}} {
		frame := hex.EncodeToString(Append(nil, p))
		objects, err := DecodeText(frame)
		if err != nil || len(objects) != 1 {
			t.Fatalf("%s: %s, %v", frame, objects, err)
		}
		if again, err := EncodeText(objects[0]); err != nil || again != frame {
			t.Errorf("%s decodes to %s, which encodes to %s, %v", frame, objects[0], again, err)
		}
	}
}
