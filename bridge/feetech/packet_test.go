package feetech

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Examples of Feetech's "Communication Protocol User Manual" and of rustypot's
// tests, with what they ask for.
func TestRequestsOfTheManual(t *testing.T) {
	for _, c := range []struct {
		name, frame string
		ins         Instruction
		ranges      []Range
	}{
		{"ping", "FF FF 01 02 01 FB", Ping, []Range{{ID: 1}}},
		{"read", "FF FF 01 04 02 38 02 BE", Read, []Range{{ID: 1, Addr: 56, Len: 2}}},
		{"write", "FF FF 01 09 03 2A 00 08 00 00 E8 03 D5", Write, []Range{{ID: 1, Addr: 42, Data: []byte{0, 8, 0, 0, 0xE8, 3}}}},
		{"sync read", "FF FF FE 06 82 38 08 01 02 36", SyncRead, []Range{{ID: 1, Addr: 56, Len: 8}, {ID: 2, Addr: 56, Len: 8}}},
		{"sync write", "FF FF FE 0A 83 1E 02 0B 00 00 0C 0A 14 1F", SyncWrite,
			[]Range{{ID: 11, Addr: 30, Data: []byte{0, 0}}, {ID: 12, Addr: 30, Data: []byte{10, 20}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := unhex(t, c.frame)
			if got := AppendRequest(nil, c.ins, c.ranges...); !bytes.Equal(got, want) {
				t.Errorf("encoded % X: want % X", got, want)
			}
			p, n, err := Next(want)
			if err != nil || n != len(want) || Instruction(p.Code) != c.ins {
				t.Fatalf("%+v, %d, %v", p, n, err)
			}
			got, err := p.Ranges(nil)
			if err != nil || len(got) != len(c.ranges) {
				t.Fatalf("%+v, %v: want %+v", got, err, c.ranges)
			}
			for i, w := range c.ranges {
				if g := got[i]; g.ID != w.ID || g.Addr != w.Addr || g.Len != w.Len || !bytes.Equal(g.Data, w.Data) {
					t.Errorf("range %d: %+v: want %+v", i, g, w)
				}
			}
		})
	}
}

func TestStatusOfTheManual(t *testing.T) {
	p, n, err := Next(unhex(t, "FF FF 01 04 00 18 05 DD"))
	if err != nil || n != 8 || p.ID != 1 || p.Code != 0 || int(p.Params[0])|int(p.Params[1])<<8 != 1304 {
		t.Errorf("%+v, %d, %v: want position 1304 of id 1", p, n, err)
	}
}

// Numbers are sign and magnitude (LeRobot, tables.py): bit 15, 11 or 10 is the sign.
func TestSignAndMagnitude(t *testing.T) {
	for _, c := range []struct {
		v    int
		bit  uint
		want uint16
	}{
		{0, 15, 0}, {1304, 15, 1304}, {-1, 15, 0x8001}, {-1304, 15, 0x8518}, {-3, 11, 0x803}, {-1000, 10, 0x7E8},
		{40000, 15, 0x7FFF}, {-40000, 15, 0xFFFF},
	} {
		raw := Unsigned(c.v, c.bit)
		if raw != c.want {
			t.Errorf("%d with bit %d: %#04x: want %#04x", c.v, c.bit, raw, c.want)
		}
		if back := Signed(raw, c.bit); back != max(-(1<<c.bit-1), min(1<<c.bit-1, c.v)) {
			t.Errorf("%#04x with bit %d: %d: want %d", raw, c.bit, back, c.v)
		}
	}
}

func TestEveryBitCounts(t *testing.T) {
	frame := unhex(t, "FF FF 01 09 03 2A 00 08 00 00 E8 03 D5")
	for i := range 8 * len(frame) {
		bad := bytes.Clone(frame)
		bad[i/8] ^= 1 << (i % 8)
		if p, n, err := Next(bad); err == nil && n != 0 {
			t.Errorf("bit %d of byte %d flipped: taken for %+v", i%8, i/8, p)
		}
	}
}

// Parameters may hold a header; a packet after noise and a broken one is found.
func TestStreamResynchronises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Packet{ID: 3, Params: rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0xFE, 0xFF}), 0, 20).Draw(t, "params")}
		broken := Append(nil, want)
		broken[len(broken)-1]++
		stream := append(rapid.SliceOfN(rapid.ByteRange(0, 0xFE), 0, 9).Draw(t, "noise"), broken...)
		for range 256 { // a false length inside the broken one may swallow that many bytes
			stream = Append(stream, Packet{ID: 7, Params: []byte{1, 2}})
		}
		stream = Append(stream, want)
		var last Packet
		for len(stream) > 0 {
			p, n, err := Next(stream)
			if n == 0 {
				t.Fatalf("% X is left over, %v", stream, err)
			}
			if err == nil {
				last = p
			}
			stream = stream[n:]
		}
		if last.ID != want.ID || !bytes.Equal(last.Params, want.Params) {
			t.Fatalf("last is %+v: want %+v", last, want)
		}
	})
}

func TestNextRefuses(t *testing.T) {
	for frame, want := range map[string]error{
		"FF FF 01 02 01 FA":    ErrChecksum,
		"FF FF 01 01 FD":       ErrLength,
		"00 FF FF 01 02 01 FB": ErrNoise,
		"FF FF FF 01 02 01 FB": ErrNoise,
	} {
		if _, n, err := Next(unhex(t, frame)); !errors.Is(err, want) || n == 0 {
			t.Errorf("%s: %d, %v: want %v", frame, n, err, want)
		}
	}
	frame := unhex(t, "FF FF 01 04 00 18 05 DD")
	for i := range frame {
		if _, n, err := Next(frame[:i]); n != 0 || err != nil {
			t.Errorf("%d bytes of a frame: %d, %v: want 0, nil", i, n, err)
		}
	}
}

func TestErrNamesTheBits(t *testing.T) {
	if got := (ErrOverload | ErrVoltage).String(); got != "voltage, overload" {
		t.Errorf("%q", got)
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte("\xff\xff\x01\x02\x01\xfb"))
	f.Add([]byte("\xff\xff\xfe\x0a\x83\x1e\x02\x0b\x00\x00\x0c\x0a\x14\x1f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, n, err := Next(b)
		if n < 0 || n > len(b) || err != nil && n == 0 {
			t.Fatalf("%d of %d bytes, %v", n, len(b), err)
		}
		if err != nil || n == 0 {
			return
		}
		if again := Append(nil, p); !bytes.Equal(again, b[:n]) {
			t.Errorf("% X decodes to %+v, which encodes to % X", b[:n], p, again)
		}
		if ranges, err := p.Ranges(nil); err == nil {
			if again := AppendRequest(nil, Instruction(p.Code), ranges...); !bytes.Equal(again, b[:n]) {
				t.Errorf("% X asks for %+v, which encodes to % X", b[:n], ranges, again)
			}
		}
	})
}

func TestCodecAllocatesNothing(t *testing.T) {
	ids, data := make([]Range, 12), [24]byte{}
	for i := range ids {
		ids[i] = Range{ID: byte(i + 1), Addr: 42, Data: data[2*i : 2*i+2]}
	}
	buf, ranges := make([]byte, 0, 256), make([]Range, 0, 12)
	n := testing.AllocsPerRun(100, func() {
		buf = AppendRequest(buf[:0], SyncWrite, ids...)
		p, _, err := Next(buf)
		if err != nil {
			t.Fatal(err)
		}
		if ranges, err = p.Ranges(ranges[:0]); err != nil || len(ranges) != 12 {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestTextBothWays(t *testing.T) {
	for frame, want := range map[string]string{
		"ffff010201fb":                    `{"id":1,"instruction":"ping","note":"or a status with error voltage"}`,
		"ffff0104001805dd":                `{"id":1,"error":0,"error_name":"ok","params_hex":"1805","value":1304}`,
		"fffffe068238080102" + "36":       `{"id":254,"instruction":"sync_read","ranges":[{"id":1,"address":56,"length":8},{"id":2,"address":56,"length":8}]}`,
		"ffff0109032a00080000e803" + "d5": `{"id":1,"instruction":"write","note":"or a status with error voltage, sensor","ranges":[{"id":1,"address":42,"data_hex":"00080000e803"}]}`,
		// The sign of the offset is in bit 11 (LeRobot, tables.py).
		"ffff0105031f0308cc": `{"id":1,"instruction":"write","note":"or a status with error voltage, sensor","ranges":[{"id":1,"address":31,"data_hex":"0308","value":-3}]}`,
		// No servo answers as 254, and none has more than six error bits.
		"fffffe0208f7":            `{"id":254,"instruction":"reboot"}`,
		"fffffe020af5":            `{"id":254,"instruction":"0x0a"}`,
		"fffffe0583380801" + "38": `{"id":254,"instruction":"sync_write","params_hex":"380801"}`,
		"ffff01020bf1":            `{"id":1,"error":11,"error_name":"voltage, sensor, overcurrent","note":"or the request calibrate_offset"}`,
		"ffff02042018" + "05bc":   `{"id":2,"error":32,"error_name":"overload","params_hex":"1805","value":1304}`,
	} {
		objects, err := DecodeText(frame)
		if err != nil || len(objects) != 1 || string(objects[0]) != want {
			t.Errorf("%s: %s, %v: want %s", frame, bytes.Join(objects, []byte("; ")), err, want)
			continue
		}
		if again, err := EncodeText(objects[0]); err != nil || again != frame {
			t.Errorf("%s encodes to %s, %v: want %s", objects[0], again, err, frame)
		}
	}
	for text, want := range map[string]string{"zz": "hex", "ffff010201fa": "checksum", "ffff0102": "cut off"} {
		if _, err := DecodeText(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want an error about %s", text, err, want)
		}
	}
	objects, err := DecodeText("ffff010201fa ffff010201fb")
	if err == nil || len(objects) != 2 || !strings.Contains(string(objects[0]), `"error":"feetech: bad checksum`) || !strings.Contains(string(objects[1]), "ping") {
		t.Errorf("%s, %v: want an error and a ping", bytes.Join(objects, []byte("; ")), err)
	}
	for object, want := range map[string]string{
		`{"id":1,"error":0,"params_hex":"1805","value":1305}`: "value is 1305",
		`{"id":1}`:                       "want instruction",
		`{"id":1,"instruction":"dance"}`: "sync_read",
		`{"id":1,"instruction":"sync_read","ranges":[{"id":1,"address":1,"length":2},{"id":2,"address":2,"length":2}]}`: "differs",
	} {
		if _, err := EncodeText([]byte(object)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want an error about %s", object, err, want)
		}
	}
}

// A broken length takes no frame that follows with it, a broken frame is told with all
// its bytes, and a bad checksum with the right one.
func TestTextFindsFramesAfterBrokenOnes(t *testing.T) {
	for text, want := range map[string][]string{
		"ffff01f201fb" + "ffff010201fb":          {"cut off", `"ping"`},
		"ffff0104001805de" + "ffff010201fb":      {`"ffff0104001805de","error":"feetech: bad checksum: want the complement of the sum from id on: DD"`, `"ping"`},
		"00ff" + "ffff010201fa" + "ffff010201fb": {"bad checksum", `"ping"`},
		"ffff010201fb" + "ffff0104":              {`"ping"`, `"ffff0104"`},
		"ffff01040018ffffff010201fb" + "ffff":    {"bad checksum", `"ping"`, `"ffff"`},
	} {
		objects, err := DecodeText(text)
		if err == nil || len(objects) != len(want) {
			t.Errorf("%s: %s, %v: want %q", text, bytes.Join(objects, []byte("; ")), err, want)
			continue
		}
		for i, w := range want {
			if !strings.Contains(string(objects[i]), w) {
				t.Errorf("%s: object %d is %s: want %s", text, i, objects[i], w)
			}
		}
	}
}
