package wire

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// goldenFile holds frames a line each: the hexadecimal bytes, a blank, the
// frame as JSON. firmware's own test reads it too.
const goldenFile = firmware + "/frames.golden"

// goldenFrames are one frame of every type, and the corners of number and COBS.
func goldenFrames() (out []byte) {
	h := Header{Session: 0x11223344, Seq: 0x01020304, TimeUs: 0xfffffff0}
	add := func(m Message) {
		frame := Append(nil, h, m)
		var r Receiver
		_, f, _, _ := r.Next(frame)
		out = fmt.Appendf(out, "%x %s\n", frame, AppendJSON(nil, &f))
		h.Seq, h.TimeUs = h.Seq+1, h.TimeUs+1000
	}
	for _, m := range messages() {
		add(m) // all zero: the most COBS blocks
		fill(m)
		add(m)
	}
	s := &State{Voltage: math.Inf(1), Current: math.Inf(-1), BoardTemp: math.NaN()}
	s.Joint[3] = JointState{Pos: math.NaN(), Vel: 1e9, Torque: -1e9, Current: 0.001953125, Temp: -40.5, Fault: 255}
	add(s)
	return out
}

// fill sets every field to something else, none of them zero.
func fill(m Message) {
	raw := make([]byte, schema().size[m.Type()])
	for i := range raw {
		raw[i] = byte(37*i + 11 | 1)
	}
	f := Frame{Type: m.Type(), Payload: raw}
	f.Decode(m)
	switch m := m.(type) {
	case *Hello:
		m.Version = MakeText("0123456789abcdef")
	case *Welcome:
		m.Version, m.Robot = MakeText("1.2.3"), MakeText("quadruped")
	}
}

func TestGoldenFrames(t *testing.T) {
	want := goldenFrames()
	if *update {
		if err := os.WriteFile(goldenFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the schema gives: run `go generate ./bridge/wire`", goldenFile)
	}
	p := startPeer(t)
	lines := 0
	for s := bufio.NewScanner(bytes.NewReader(got)); s.Scan(); lines++ {
		digits, text, _ := strings.Cut(s.Text(), " ")
		frame, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		if a := ask(t, p, 'b', frame); len(a) < 3 || a[0] != uint8(Accepted) || !bytes.Equal(a[3:], frame) {
			t.Errorf("line %d: C reads and writes %x", lines+1, a)
		}
		h, m, err := ParseJSON([]byte(text))
		if err != nil {
			t.Fatalf("line %d: %v", lines+1, err)
		}
		if again := Append(nil, h, m); !bytes.Equal(again, frame) {
			t.Errorf("line %d: %s\nencodes as\n%x, want\n%x", lines+1, text, again, frame)
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("line %d is no JSON: %s", lines+1, text)
		}
	}
	if lines != 25 {
		t.Errorf("%d frames, want two of each of 12 types and one of corners", lines)
	}
}

// The frame of a command byte by byte, by hand, so that layout and scales are
// not only what the code says of itself.
func TestCommandByHand(t *testing.T) {
	c := &Command{ValidMs: 100}
	c.Joint[0] = JointCommand{Pos: 0.5, Vel: -1, Torque: 2, Kp: 40, Kd: 1.5}
	var r Receiver
	_, f, v, _ := r.Next(Append(nil, Header{Session: 7, Seq: 1, TimeUs: 258}, c))
	if v != Accepted {
		t.Fatal(v)
	}
	if got := fmt.Sprintf("%x", f.Payload[:14]); got != "6400"+"0008"+"00fe"+"0004"+"000a"+"0006"+"0000" {
		t.Errorf("valid_ms, joint 0 and the first of joint 1 are %s", got)
	}
	if len(f.Payload) != 2+12*10 {
		t.Errorf("payload of %d bytes, want 122", len(f.Payload))
	}
}

func TestParseJSONRefuses(t *testing.T) {
	var whole map[string]any
	reset := func(change func(map[string]any)) []byte {
		whole = map[string]any{"type": "reset", "session": 1, "seq": 2, "time_us": 3, "fault": "tilt"}
		change(whole)
		b, _ := json.Marshal(whole)
		return b
	}
	command := func(joint string) []byte {
		b := []byte(`{"type":"command","session":1,"seq":2,"time_us":3,"valid_ms":9,"joint":[`)
		const ok = `{"pos_rad":1,"vel_rad_s":0,"torque_nm":0,"kp_nm_rad":1,"kd_nm_s_rad":0}`
		return append(b, strings.Repeat(ok+",", 11)+joint+"]}"...)
	}
	for _, c := range []struct {
		name, want string
		text       []byte
	}{
		{"no JSON", "want one JSON object", []byte("pos 1")},
		{"two objects", "there is more after it", []byte("{}{}")},
		{"no type", "type: want a whole number", []byte("{}")},
		{"a type of nobody", "want one of hello, command", reset(func(m map[string]any) { m["type"] = "dance" })},
		{"an unknown type", "type is 99, want a known one", reset(func(m map[string]any) { m["type"] = 99 })},
		{"a fault of nobody", "want one of none, command", reset(func(m map[string]any) { m["fault"] = "bad luck" })},
		{"no sequence", "seq: want a whole number from 0 to 4294967295", reset(func(m map[string]any) { delete(m, "seq") })},
		{"a large sequence", "seq: want a whole number", reset(func(m map[string]any) { m["seq"] = 1 << 32 })},
		{"one key more", `unknown key "speed"`, reset(func(m map[string]any) { m["speed"] = 1 })},
		{"a joint too fast", "vel_rad_s of joint 11: want a number from -63.998046875 to 63.998046875, or null", command(`{"pos_rad":1,"vel_rad_s":99,"torque_nm":0,"kp_nm_rad":1,"kd_nm_s_rad":0}`)},
		{"negative gain", "kp_nm_rad of joint 11: want a number from 0 to", command(`{"pos_rad":1,"vel_rad_s":9,"torque_nm":0,"kp_nm_rad":-1,"kd_nm_s_rad":0}`)},
		{"a joint's key more", `unknown key "hip" of joint 11`, command(`{"hip":1,"pos_rad":1,"vel_rad_s":9,"torque_nm":0,"kp_nm_rad":1,"kd_nm_s_rad":0}`)},
		{"one joint more", "joint: want an array of 12 objects", command(`{},{}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := ParseJSON(c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "wire: ") {
				t.Errorf("%s: error %v, want one with %q", c.text, err, c.want)
			}
		})
	}
}
