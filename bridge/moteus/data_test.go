//go:build data

package moteus

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Every vector decodes, and encodes to the same text again.
func TestVectors(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(os.Getenv("WHISKER_DATA"), "protocols", "vectors.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(file)) {
		var v struct {
			Proto, Name, Frame string
			Decoded            map[string]float64
		}
		if json.Unmarshal([]byte(line), &v) != nil || v.Proto != "moteus" {
			continue // rows of other protocols have other kinds of "decoded"
		}
		// "question -> answer" is two payloads.
		for _, frame := range strings.Split(v.Frame, " -> ") {
			seen++
			t.Run(v.Name, func(t *testing.T) { bothWays(t, frame, v.Decoded) })
		}
	}
	if seen < 19 {
		t.Errorf("%d vectors: want 19 at least", seen)
	}
}

func bothWays(t *testing.T, frame string, want map[string]float64) {
	objects, err := DecodeText(frame)
	if err != nil || len(objects) != 1 {
		t.Fatal(objects, err)
	}
	if again, err := EncodeText(objects[0]); err != nil || !strings.EqualFold(again, frame) {
		t.Errorf("%s encodes to %s, %v: want %s", objects[0], again, err, frame)
	}
	var m message
	if err := json.Unmarshal(objects[0], &m); err != nil {
		t.Fatal(err)
	}
	got := map[uint32]float64{}
	for _, s := range m.Subframes {
		for i, v := range s.Values {
			got[s.Register+uint32(i)] = float64(v)
		}
	}
	commands := map[string]uint32{"mode": RegMode, "pos_rev": RegCmdPosition, "vel_rps": RegCmdVelocity, "ff_torque": RegCmdTorque}
	replies := map[string]uint32{"mode": RegMode, "pos_rev": RegPosition, "vel_rps": RegVelocity, "torque": RegTorque, "volt": RegVoltage, "temp": RegTemperature, "fault": RegFault}
	for name, x := range want {
		reg, ok := commands[name]
		if m.Kind == "rcv" {
			reg, ok = replies[name]
		}
		if !ok {
			n, err := strconv.ParseUint(name, 10, 32)
			if err != nil {
				t.Fatal(fmt.Errorf("no register called %s", name))
			}
			reg = uint32(n)
		}
		if math.Abs(got[reg]-x) > 1e-9 {
			t.Errorf("%s: %v: want %v", name, got[reg], x)
		}
	}
}
