// Package texts holds what the decoders of all protocols promise their tests.
package texts

import (
	"encoding/hex"
	"encoding/json"
	"testing"
)

// Decode and Encode are a protocol's DecodeText and EncodeText.
type (
	Decode func(text string) (objects [][]byte, err error)
	Encode func(object []byte) (string, error)
)

// Fuzz feeds bytes, seed first, to a decoder: every byte comes back, in a frame or in
// an error.
func Fuzz(f *testing.F, seed string, decode Decode, encode Encode) {
	f.Add([]byte(seed))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		objects, err := decode(hex.EncodeToString(b))
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
				if part, failed = encode(o); failed != nil {
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

// Same wants a frame in hex to decode to one object, which encodes to the same.
func Same(t interface{ Fatalf(string, ...any) }, frame string, decode Decode, encode Encode) {
	objects, err := decode(frame)
	if err != nil || len(objects) != 1 {
		t.Fatalf("%s: %s, %v", frame, objects, err)
	}
	if again, err := encode(objects[0]); err != nil || again != frame {
		t.Fatalf("%s decodes to %s, which encodes to %s, %v", frame, objects[0], again, err)
	}
}
