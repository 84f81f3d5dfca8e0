//go:build data

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every vector goes through the command in both directions.
func TestWireOnVectors(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(os.Getenv("WHISKER_DATA"), "protocols", "vectors.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"dxl2": "dynamixel", "unitree_a": "unitree"}
	seen := 0
	for line := range strings.Lines(string(file)) {
		var v struct{ Proto, Name, Frame string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		proto := v.Proto
		if n := names[proto]; n != "" {
			proto = n
		}
		seen++
		t.Run(v.Name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := run([]string{"wire", "decode", "--proto", proto, v.Frame}, &out, &errs); code != exitDone {
				t.Fatalf("decode: exit %d, %s%s", code, out.String(), errs.String())
			}
			objects := strings.Split(strings.TrimSpace(out.String()), "\n")
			out.Reset()
			code := run(append([]string{"wire", "encode", "--proto", proto}, objects...), &out, &errs)
			again := strings.ReplaceAll(strings.TrimSpace(out.String()), "\n", " -> ")
			if proto != "moteus" {
				v.Frame = strings.ReplaceAll(v.Frame, " ", "")
			}
			if code != exitDone || !strings.EqualFold(again, v.Frame) {
				t.Errorf("encode: exit %d, %s%s: want %s", code, again, errs.String(), v.Frame)
			}
		})
	}
	if seen < 45 {
		t.Errorf("%d vectors: want 45 at least", seen)
	}
}
