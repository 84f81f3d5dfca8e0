package unitree

import (
	"encoding/hex"
	"encoding/json"
	"testing"
)

// Every byte comes back, in a frame or in an error.
func FuzzText(f *testing.F) {
	f.Add([]byte("\xfe\xee\x11\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xb4\x00\x37\xc1"))
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
