package moteus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of docs/protocol/can.md. Its prose says 1.76 N·m; the bytes 50 FF
// are -176 steps of 0.01.
func TestTheManualsCommand(t *testing.T) {
	line := "can send 8001 01000a07206000200150ff140400130d"
	l, err := ParseLine([]byte(line), make([]byte, MaxData))
	if err != nil || l.Kind != Send || l.Frame.ID != ID(0, 1, true) {
		t.Fatalf("%+v, %v: want a frame from 0 to 1 that asks for a reply", l, err)
	}
	got := registersOf(t, l.Frame.Data)
	for reg, want := range map[uint32]float64{RegMode: 10, RegCmdPosition: 0.0096, RegCmdVelocity: 0.072, RegCmdTorque: -1.76} {
		if math.Abs(got[reg]-want) > 1e-9 {
			t.Errorf("register %#x: %v: want %v", reg, got[reg], want)
		}
	}
	if again := AppendLine(nil, &l, false); !strings.EqualFold(string(again), line+"\n") {
		t.Errorf("encoded %q: want %q", again, line)
	}
}

func TestTheManualsReply(t *testing.T) {
	l, err := ParseLine([]byte("rcv 100 2404000a005000000170ff230d181400"), make([]byte, MaxData))
	if err != nil || l.Kind != Recv || l.Frame.ID != ID(1, 0, false) {
		t.Fatalf("%+v, %v: want a frame from 1 to 0", l, err)
	}
	got := registersOf(t, l.Frame.Data)
	for reg, want := range map[uint32]float64{RegMode: 10, RegPosition: 0.008, RegVelocity: 0.064, RegTorque: -1.44, RegVoltage: 12, RegTemperature: 20, RegFault: 0} {
		if v, ok := got[reg]; !ok || math.Abs(v-want) > 1e-9 {
			t.Errorf("register %#x: %v: want %v", reg, v, want)
		}
	}
}

// registersOf collects what a payload writes or replies.
func registersOf(t *testing.T, b []byte) map[uint32]float64 {
	t.Helper()
	m := map[uint32]float64{}
	for {
		s, n, err := Next(b)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return m
		}
		for i := 0; s.Op != Read && s.Op != Nop && i < s.Values(); i++ {
			m[s.Reg+uint32(i)] = s.Value(i)
		}
		b = b[n:]
	}
}

// From moteus' own unit tests (lib/python/moteus/test).
func TestSubframes(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want []Subframe
	}{
		{"010000", []Subframe{{Op: Write, Data: []byte{0}}}},
		{"1100110F", []Subframe{{Op: Read, Count: 1}, {Op: Read, Count: 1, Reg: 15}}},
		{"300501", []Subframe{{Op: WriteError, Reg: 5, Count: 1}}},
		{"310a02", []Subframe{{Op: ReadError, Reg: 10, Count: 2}}},
		{"40010974656c2073746f700a", []Subframe{{Op: StreamWrite, Reg: 1, Data: []byte("tel stop\n")}}},
		{"420130", []Subframe{{Op: StreamPoll, Reg: 1, Count: 48}}},
		{"0db00200000040", []Subframe{{Op: Write, Res: Float, Reg: 0x130, Data: []byte{0, 0, 0, 0x40}}}},
		{"1c0701", []Subframe{{Op: Read, Res: Float, Reg: 1, Count: 7}}},
		{"240025050102", []Subframe{{Op: Reply, Res: Int16}, {Op: Reply, Res: Int16, Reg: 5, Data: []byte{1, 2}}}},
		{"50502103055050", []Subframe{{Op: Nop, Count: 2}, {Op: Reply, Reg: 3, Data: []byte{5}}, {Op: Nop, Count: 2}}},
		{"4309010573747566" + "66", []Subframe{{Op: StreamReplyNumbered, Reg: 9, Packet: 1, Data: []byte("stuff")}}},
		{"44090005", []Subframe{{Op: StreamPollNumbered, Reg: 9, Count: 5}}},
	} {
		b, rest := bytesOf(t, c.hex), bytesOf(t, c.hex)
		for i, want := range c.want {
			s, n, err := Next(rest)
			if err != nil || s.Op != want.Op || s.Res != want.Res || s.Reg != want.Reg || s.Count != want.Count || !bytes.Equal(s.Data, want.Data) {
				t.Fatalf("%s: subframe %d: %+v, %v: want %+v", c.hex, i, s, err, want)
			}
			rest = rest[n:]
		}
		var again []byte
		for i := range c.want {
			again = Append(again, &c.want[i])
		}
		if !bytes.Equal(again, b) || len(rest) > 0 {
			t.Errorf("%s: encoded %x, %d bytes left over", c.hex, again, len(rest))
		}
	}
	for in, want := range map[string]error{"05": ErrShort, "0720": ErrShort, "10ffffffffff01": ErrVaruint, "60": ErrOp, "400105": ErrShort} {
		if _, _, err := Next(bytesOf(t, in)); !errors.Is(err, want) {
			t.Errorf("%s: %v: want %v", in, err, want)
		}
	}
	if s, n, err := Next([]byte{0x50, 0x50, 0x20}); s.Op != Nop || s.Count != 2 || n != 2 || err != nil {
		t.Errorf("NOPs: %+v, %d, %v: want two", s, n, err)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		reg  uint32
		res  Resolution
		v    float64
		want string
	}{
		{RegCmdPosition, Int16, 0.0096, "6000"},
		{RegCmdTorque, Int16, -1.76, "50ff"},
		{RegCmdPosition, Int8, 5, "7f"},
		{RegCmdPosition, Int8, -5, "81"},
		{RegCmdPosition, Int16, math.NaN(), "0080"},
		{RegCmdPosition, Int32, math.Inf(1), "00000080"},
		{RegCmdKpScale, Int16, 1, "ff7f"},
		{RegCmdTimeout, Float, 0.5, "0000003f"},
		{RegVoltage, Int8, 24, "30"},
	} {
		got := AppendValue(nil, c.reg, c.res, c.v)
		if hex.EncodeToString(got) != c.want {
			t.Errorf("register %#x as %d, %v: %x: want %s", c.reg, c.res, c.v, got, c.want)
		}
		s := Subframe{Op: Write, Res: c.res, Reg: c.reg, Data: got}
		if again := AppendValue(nil, c.reg, c.res, s.Value(0)); !bytes.Equal(again, got) {
			t.Errorf("register %#x as %d: %x decodes to %v, which encodes to %x", c.reg, c.res, got, s.Value(0), again)
		}
	}
}

// Every raw number of a register that is read and written again is the same one.
func TestEveryValueBothWays(t *testing.T) {
	check := func(reg uint32, res Resolution, raw []byte) {
		s := Subframe{Op: Reply, Res: res, Reg: reg, Data: raw}
		var n number
		if text, err := number(s.Value(0)).MarshalJSON(); err != nil || n.UnmarshalJSON(text) != nil || !bytes.Equal(AppendValue(nil, reg, res, float64(n)), raw) {
			t.Fatalf("register %#x as %d: %x is written %s, %v", reg, res, raw, text, err)
		}
		if again := AppendValue(nil, reg, res, s.Value(0)); !bytes.Equal(again, raw) {
			t.Fatalf("register %#x as %d: %x reads %v, which is written as %x", reg, res, raw, s.Value(0), again)
		}
	}
	for reg := range uint32(len(registers)) {
		for raw := range 1 << 16 {
			if raw < 256 {
				check(reg, Int8, []byte{byte(raw)})
			}
			if raw%61 == 0 || raw == 0x8000 {
				check(reg, Int16, []byte{byte(raw), byte(raw >> 8)})
			}
			if raw%509 == 0 || raw == 0x8000 {
				check(reg, Int32, []byte{byte(raw), 0, byte(raw), byte(raw >> 8)})
			}
		}
	}
}

// CRC-8 of docs/integration/uart.md.
func TestLinesWithChecksum(t *testing.T) {
	if got := crc8([]byte("123456789")); got != 0x94 {
		t.Errorf("%#x: want 0x94", got)
	}
	buf := make([]byte, MaxData)
	for _, line := range []string{"can send 8001 01000A b *1E", "ERR checksum *B8"} {
		l, err := ParseLine([]byte(line), buf)
		if err != nil || !l.Checked {
			t.Fatalf("%s: %+v, %v", line, l, err)
		}
		if again := string(AppendLine(nil, &l, true)); again != line+"\n" {
			t.Errorf("%q: want %q", again, line)
		}
		for i := range 8 * len(line) {
			bad := []byte(line)
			bad[i/8] ^= 1 << (i % 8)
			if l, err := ParseLine(bad, buf); err == nil && l.Checked && !strings.EqualFold(string(bad), line) {
				t.Errorf("bit %d of byte %d flipped: %q is taken", i%8, i/8, bad)
			}
		}
	}
}

func TestParseLineRefuses(t *testing.T) {
	buf := make([]byte, MaxData)
	for _, line := range []string{"", "hello", "can", "can go", "rcv", "rcv 1", "rcv xyz 00", "rcv 123456789 00", "rcv 20000000 00", "rcv 100 00 X", "rcv 100 0", "rcv 100 0g", "OK *00", "rcv 100 " + strings.Repeat("00", 65)} {
		if l, err := ParseLine([]byte(line), buf); err == nil && !(line == "rcv 1" && len(l.Frame.Data) == 0) {
			t.Errorf("%q is taken for %+v", line, l)
		}
	}
}

// Sent data has a size that CAN-FD has; what is added means nothing.
func TestSentFramesHaveLegalSizes(t *testing.T) {
	for n := range MaxData + 1 {
		l := Line{Kind: Send, Frame: Frame{ID: 0x8001, Data: make([]byte, n)}}
		back, err := ParseLine(AppendLine(nil, &l, false), make([]byte, MaxData))
		if err != nil {
			t.Fatal(err)
		}
		if d := back.Frame.Data; !legal(len(d)) || len(d) < n || len(bytes.Trim(d[n:], "\x50")) > 0 {
			t.Errorf("%d bytes are sent as %x", n, d)
		}
	}
}

func TestLinesBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flag := rapid.SampledFrom([]Flag{Off, Open, On})
		l := Line{Kind: Recv, Frame: Frame{
			ID: rapid.Uint32Max(maxID).Draw(t, "id"), Data: rapid.SliceOfN(rapid.Byte(), 1, MaxData).Draw(t, "data"),
			BRS: flag.Draw(t, "brs"), FD: flag.Draw(t, "fd"),
		}}
		sum := rapid.Bool().Draw(t, "checksum")
		back, err := ParseLine(AppendLine(nil, &l, sum), make([]byte, MaxData))
		if err != nil || back.Frame.ID != l.Frame.ID || !bytes.Equal(back.Frame.Data, l.Frame.Data) || back.Frame.BRS != l.Frame.BRS || back.Frame.FD != l.Frame.FD || back.Checked != sum {
			t.Fatalf("%+v, %v: want %+v", back, err, l)
		}
	})
}

func FuzzNext(f *testing.F) {
	for _, s := range []string{"01000a07206000200150ff140400130d", "11001c070110060a125e1e50", "40010974656c2073746f700a", "300501"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			s, n, err := Next(b)
			if err != nil || n == 0 {
				return
			}
			again := Append(nil, &s)
			if len(again) > n {
				t.Errorf("%x decodes to %+v, which encodes to the longer %x", b[:n], s, again)
			}
			r, m, err := Next(again)
			if err != nil || m != len(again) || r.Op != s.Op || r.Res != s.Res || r.Reg != s.Reg || r.Count != s.Count || !bytes.Equal(r.Data, s.Data) {
				t.Errorf("%x: %+v, %v: want %+v", again, r, err, s)
			}
			b = b[n:]
		}
	})
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte("can send 8001 01000A b *1E"))
	f.Add([]byte("rcv 100 2404000a005000000170ff230d181400 E B F"))
	f.Add([]byte("ERR checksum *B8"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLine(b, make([]byte, MaxData))
		if err != nil || l.Kind <= SendExt && !legal(len(l.Frame.Data)) {
			return
		}
		back, err := ParseLine(AppendLine(nil, &l, true), make([]byte, MaxData))
		if err != nil || back.Kind != l.Kind || back.Frame.ID != l.Frame.ID || !bytes.Equal(back.Frame.Data, l.Frame.Data) || !bytes.Equal(back.Text, l.Text) {
			t.Errorf("%q: %+v, then %+v, %v", b, l, back, err)
		}
	})
}

func TestCodecAllocatesNothing(t *testing.T) {
	buf, line, data := make([]byte, 0, MaxData), make([]byte, 0, 256), make([]byte, MaxData)
	n := testing.AllocsPerRun(100, func() {
		var v [12]byte
		values := AppendValue(AppendValue(v[:0], RegCmdPosition, Float, 0.1), RegCmdVelocity, Float, 0.2)
		s := Subframe{Op: Write, Res: Float, Reg: RegCmdPosition, Data: values}
		buf = Append(buf[:0], &s)
		l := Line{Kind: Send, Frame: Frame{ID: 0x8001, Data: buf}}
		line = AppendLine(line[:0], &l, true)
		back, err := ParseLine(line, data)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := Next(back.Frame.Data)
		if err != nil || math.Abs(r.Value(1)-0.2) > 1e-6 {
			t.Fatal(r, err)
		}
	})
	if n != 0 {
		t.Errorf("%g allocations", n)
	}
}
