//go:build data

package dynamixel

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every vector decodes, and encodes to the same bytes again, as packet, as
// ranges and as JSON.
func TestVectors(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(os.Getenv("WHISKER_DATA"), "protocols", "vectors.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(file)) {
		var v struct {
			Proto, Name, Frame string
			Decoded            any
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if v.Proto != "dxl2" {
			continue
		}
		seen++
		t.Run(v.Name, func(t *testing.T) {
			frame := unhex(t, v.Frame)
			p := decode(t, frame)
			if again := Append(nil, p); !bytes.Equal(again, frame) {
				t.Errorf("% X: want % X", again, frame)
			}
			if ranges, err := p.Ranges(nil); err == nil {
				if again := AppendRequest(nil, p.Instruction, ranges...); !bytes.Equal(again, frame) {
					t.Errorf("as ranges % X: want % X", again, frame)
				}
			}
			if n, ok := v.Decoded.(float64); ok && word32(p.Params) != uint32(n) {
				t.Errorf("value %d: want %v", word32(p.Params), n)
			}
			objects, err := DecodeText(v.Frame)
			if err != nil || len(objects) != 1 {
				t.Fatal(objects, err)
			}
			if again, err := EncodeText(objects[0]); err != nil || !bytes.Equal(unhex(t, again), frame) {
				t.Errorf("%s encodes to %s, %v: want % X", objects[0], again, err, frame)
			}
		})
	}
	if seen < 16 {
		t.Errorf("%d vectors: want 16 at least", seen)
	}
}
