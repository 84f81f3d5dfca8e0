//go:build data

package feetech

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
		if v.Proto != "feetech" {
			continue
		}
		seen++
		t.Run(v.Name, func(t *testing.T) {
			frame := unhex(t, v.Frame)
			p, n, err := Next(frame)
			if err != nil || n != len(frame) {
				t.Fatal(n, err)
			}
			if again := Append(nil, p); !bytes.Equal(again, frame) {
				t.Errorf("% X: want % X", again, frame)
			}
			if ranges, err := p.Ranges(nil); err == nil {
				if again := AppendRequest(nil, Instruction(p.Code), ranges...); !bytes.Equal(again, frame) {
					t.Errorf("as ranges % X: want % X", again, frame)
				}
			}
			if n, ok := v.Decoded.(float64); ok && int(p.Params[0])|int(p.Params[1])<<8 != int(n) {
				t.Errorf("value % X: want %v", p.Params, n)
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
	if seen < 10 {
		t.Errorf("%d vectors: want 10 at least", seen)
	}
}
