package simulated_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"slices"
	"testing"

	"whisker/bridge/simulated"
)

// client runs a vendor's own client on a bus and returns what it saw.
func client(t *testing.T, script string, bus simulated.Bus, baud int) map[string]any {
	t.Helper()
	line, err := simulated.Open(bus, baud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	cmd := exec.CommandContext(t.Context(), "../../.deps/venv/bin/python", "testdata/"+script, line.Path)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n`make .deps/venv/.ok` makes the interpreter with the vendors' clients", script, err, errs.String())
	}
	var seen map[string]any
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return seen
}

// expect compares what a client saw; lists are of numbers.
func expect(t *testing.T, seen map[string]any, name string, want any, within float64) {
	t.Helper()
	got := seen[name]
	if list, ok := want.([]float64); ok {
		values, _ := got.([]any)
		same := slices.EqualFunc(values, list, func(v any, w float64) bool {
			f, ok := v.(float64)
			return ok && math.Abs(f-w) <= within
		})
		if !same {
			t.Errorf("%s: %v: want %v", name, got, want)
		}
		return
	}
	if w, ok := want.(float64); ok {
		if f, ok := got.(float64); ok && math.Abs(f-w) <= within {
			return
		}
	}
	if got != want {
		t.Errorf("%s: %v: want %v", name, got, want)
	}
}

// each is f of 1 to 12.
func each(f func(id float64) float64) (list []float64) {
	for id := 1; id <= 12; id++ {
		list = append(list, f(float64(id)))
	}
	return list
}

func TestDynamixelSDK(t *testing.T) {
	t.Parallel()
	bus := simulated.NewDynamixels(1020, 12)
	seen := client(t, "dynamixel_client.py", bus, 1000000)
	expect(t, seen, "models", each(func(float64) float64 { return 1020 }), 0)
	expect(t, seen, "eeprom with torque", "[RxPacketError] Writing or Reading is not available to target address!", 0)
	expect(t, seen, "out of limits", "[RxPacketError] The data value exceeds the limit value!", 0)
	expect(t, seen, "no such register", "[RxPacketError] Writing or Reading is not available to target address!", 0)
	expect(t, seen, "registered", 1., 0)
	for _, name := range []string{"sync read", "fast sync read"} {
		expect(t, seen, name, each(func(id float64) float64 { return 2048 + 10*id }), 3)
	}
	expect(t, seen, "bulk read", []float64{120, 35}, 0)
	expect(t, seen, "stuffed", float64(0x00FDFFFF), 0)
	expect(t, seen, "watchdog", 255., 0)
	expect(t, seen, "goal after it", "[RxPacketError] The data value is out of range!", 0)
	expect(t, seen, "torque after reboot", 0., 0)
}

func TestFeetechSDK(t *testing.T) {
	t.Parallel()
	bus := simulated.NewFeetechs(12)
	seen := client(t, "feetech_client.py", bus, 1000000)
	expect(t, seen, "models", each(func(float64) float64 { return 777 }), 0)
	for _, name := range []string{"positions", "sync read"} {
		expect(t, seen, name, each(func(id float64) float64 { return 2048 + 10*id }), 3)
	}
	expect(t, seen, "volts", 120., 0)
	if v, _ := seen["least speed"].(float64); v >= 0 {
		t.Errorf("the least speed on the way back is %v: want a negative one", v)
	}
	expect(t, seen, "locked", 4., 0)
}

func TestMoteusLibrary(t *testing.T) {
	t.Parallel()
	bus := simulated.NewMoteuses(12)
	seen := client(t, "moteus_client.py", bus, 0)
	expect(t, seen, "modes", each(func(float64) float64 { return 10 }), 0)
	expect(t, seen, "positions", each(func(id float64) float64 { return 0.01 * id }), 0.002)
	expect(t, seen, "volts", 24., 0)
	expect(t, seen, "home", 2., 0)
	expect(t, seen, "coarse", 0.2, 0.002)
	expect(t, seen, "where it is", 0.2, 0.01)
	expect(t, seen, "watchdog", 11., 0)
	expect(t, seen, "latched", 11., 0)
	expect(t, seen, "stopped", 0., 0)
	expect(t, seen, "output set", 0.5, 0.002)
	expect(t, seen, "brake", 15., 0)
	expect(t, seen, "kp", 33., 0)
}
