package dynamixel

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

// decode gives the only packet of a frame.
func decode(t testing.TB, frame []byte) Packet {
	t.Helper()
	p, n, err := Next(bytes.Clone(frame))
	if err != nil || n != len(frame) {
		t.Fatalf("% X: %d bytes taken, %v: want %d, nil", frame, n, err, len(frame))
	}
	return p
}

// The check value of CRC-16/UMTS in the catalogue of parametrised CRCs. The
// reflected CRC-16/ARC, which the e-Manual's name suggests, gives 0xBB3D.
func TestCRCIsUMTS(t *testing.T) {
	if got := crc(0, []byte("123456789")); got != 0xFEE8 {
		t.Errorf("%#04x: want 0xFEE8", got)
	}
}

// Examples of the e-Manual's pages "Protocol 2.0" and of rustypot's tests, with
// what they ask for.
func TestRequestsOfTheManual(t *testing.T) {
	for _, c := range []struct {
		name, frame string
		ins         Instruction
		ranges      []Range
	}{
		{"ping", "FF FF FD 00 01 03 00 01 19 4E", Ping, []Range{{ID: 1}}},
		{"reboot", "FF FF FD 00 02 03 00 08 2F 72", Reboot, []Range{{ID: 2}}},
		{"read", "FF FF FD 00 01 07 00 02 2B 00 02 00 2E CD", Read, []Range{{ID: 1, Addr: 43, Len: 2}}},
		{"write", "FF FF FD 00 01 09 00 03 74 00 00 02 00 00 CA 89", Write, []Range{{ID: 1, Addr: 116, Data: []byte{0, 2, 0, 0}}}},
		{"sync read", "FF FF FD 00 FE 09 00 82 84 00 04 00 01 02 CE FA", SyncRead, []Range{{ID: 1, Addr: 132, Len: 4}, {ID: 2, Addr: 132, Len: 4}}},
		{"sync write", "FF FF FD 00 FE 11 00 83 74 00 04 00 01 96 00 00 00 02 AA 00 00 00 82 87", SyncWrite,
			[]Range{{ID: 1, Addr: 116, Data: []byte{150, 0, 0, 0}}, {ID: 2, Addr: 116, Data: []byte{170, 0, 0, 0}}}},
		{"bulk write", "FF FF FD 00 FE 10 00 93 01 20 00 02 00 A0 00 02 1F 00 01 00 50 B7 68", BulkWrite,
			[]Range{{ID: 1, Addr: 32, Data: []byte{160, 0}}, {ID: 2, Addr: 31, Data: []byte{80}}}},
		{"bulk read", "FF FF FD 00 FE 0D 00 92 01 90 00 02 00 02 92 00 01 00 1A 05", BulkRead,
			[]Range{{ID: 1, Addr: 144, Len: 2}, {ID: 2, Addr: 146, Len: 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := unhex(t, c.frame)
			if got := AppendRequest(nil, c.ins, c.ranges...); !bytes.Equal(got, want) {
				t.Errorf("encoded % X: want % X", got, want)
			}
			p := decode(t, want)
			ranges, err := p.Ranges(nil)
			if err != nil || p.Instruction != c.ins || !equal(ranges, c.ranges) {
				t.Errorf("decoded %#02x %+v, %v: want %#02x %+v", byte(p.Instruction), ranges, err, byte(c.ins), c.ranges)
			}
		})
	}
}

func equal(a, b []Range) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].Addr != b[i].Addr || a[i].Len != b[i].Len || a[i].Err != b[i].Err || !bytes.Equal(a[i].Data, b[i].Data) {
			return false
		}
	}
	return true
}

// The e-Manual's Fast Bulk Read example ends in 20 F2, the CRC of its Fast Sync
// Read example; DA 2D is right.
func TestTheManualsWrongCRCIsRefused(t *testing.T) {
	frame := unhex(t, "FF FF FD 00 FE 12 00 9A 03 84 00 04 00 07 7C 00 02 00 04 92 00 01 00")
	if _, n, err := Next(append(bytes.Clone(frame), 0x20, 0xF2)); !errors.Is(err, ErrCRC) || n == 0 {
		t.Errorf("%d bytes, %v: want ErrCRC and bytes to drop", n, err)
	}
	p := decode(t, append(bytes.Clone(frame), 0xDA, 0x2D))
	if ranges, err := p.Ranges(nil); err != nil || len(ranges) != 3 {
		t.Errorf("%v, %v: want three ranges", ranges, err)
	}
}

func TestFastReply(t *testing.T) {
	frame := unhex(t, "FF FF FD 00 FE 19 00 55 00 03 A6 00 00 00 84 08 00 07 1F 08 00 00 16 CA 00 04 FF 03 00 00 D1 9E")
	ranges := []Range{{ID: 3, Len: 4}, {ID: 7, Len: 4}, {ID: 4, Len: 4}}
	p := decode(t, frame)
	if err := p.Fast(ranges); err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint32{166, 2079, 1023} {
		if got := word32(ranges[i].Data); got != want {
			t.Errorf("id %d: %d: want %d", ranges[i].ID, got, want)
		}
	}
	if again := AppendFast(nil, ranges); !bytes.Equal(again, frame) {
		t.Errorf("encoded % X: want % X", again, frame)
	}
	for name, wrong := range map[string][]Range{
		"order":    {{ID: 7, Len: 4}, {ID: 3, Len: 4}, {ID: 4, Len: 4}},
		"length":   {{ID: 3, Len: 2}, {ID: 7, Len: 4}, {ID: 4, Len: 4}},
		"too few":  {{ID: 3, Len: 4}, {ID: 7, Len: 4}},
		"too many": {{ID: 3, Len: 4}, {ID: 7, Len: 4}, {ID: 4, Len: 4}, {ID: 5, Len: 4}},
	} {
		if err := p.Fast(wrong); err == nil {
			t.Errorf("%s: the reply was taken for %v", name, wrong)
		}
	}
}

func word32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func TestStuffing(t *testing.T) {
	for _, c := range []struct{ data, frame string }{
		{"FF FF FD 00", "FF FF FD 00 01 0A 00 03 74 00 FF FF FD FD 00 21 E7"},
		{"00 FF FF FD", "FF FF FD 00 01 0A 00 03 74 00 00 FF FF FD FD"},
		{"FF FF FD FD FF FF FD", "FF FF FD 00 01 0E 00 03 74 00 FF FF FD FD FD FF FF FD FD"},
	} {
		got := AppendRequest(nil, Write, Range{ID: 1, Addr: 116, Data: unhex(t, c.data)})
		if want := unhex(t, c.frame); !bytes.HasPrefix(got, want) || len(got) > len(want)+2 {
			t.Errorf("% X: want % X and a CRC", got, want)
		}
		if p := decode(t, got); !bytes.Equal(p.Params[2:], unhex(t, c.data)) {
			t.Errorf("decoded % X: want %s", p.Params[2:], c.data)
		}
	}
	// A valid CRC over a header that is not stuffed: no servo sends that.
	bad := finish(unhex(t, "FF FF FD 00 01 00 00 03 74 00 FF FF FD 00"), 0, true)
	if _, _, err := Next(bad); !errors.Is(err, ErrStuffing) {
		t.Errorf("%v: want ErrStuffing", err)
	}
}

// A packet comes through noise, in pieces, and after a broken one.
func TestStreamResynchronises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Packet{ID: 3, Instruction: Status, Params: rapid.SliceOfN(rapid.ByteRange(0, 255), 0, 40).Draw(t, "params")}
		broken := Append(nil, want)
		broken[len(broken)-1] ^= byte(rapid.IntRange(1, 255).Draw(t, "damage"))
		stream := append(rapid.SliceOfN(rapid.ByteRange(0, 0xFE), 0, 9).Draw(t, "noise"), broken...)
		stream = Append(stream, want)
		var found []Packet
		for len(stream) > 0 {
			p, n, err := Next(stream)
			if n == 0 {
				t.Fatalf("% X is left over, %v", stream, err)
			}
			if err == nil {
				found = append(found, p)
			}
			stream = stream[n:]
		}
		if len(found) == 0 || !bytes.Equal(found[len(found)-1].Params, want.Params) {
			t.Fatalf("found %+v: want %+v last", found, want)
		}
	})
}

func TestCutFrameWaits(t *testing.T) {
	frame := unhex(t, "FF FF FD 00 01 08 00 55 00 A6 00 00 00 8C C0")
	for i := range frame {
		if _, n, err := Next(bytes.Clone(frame[:i])); n != 0 || err != nil {
			t.Errorf("%d bytes of a frame: %d, %v: want 0, nil", i, n, err)
		}
	}
}

// A bit flipped anywhere in a frame is noticed.
func TestEveryBitCounts(t *testing.T) {
	frame := AppendRequest(nil, SyncWrite, Range{ID: 1, Addr: 116, Data: []byte{1, 2, 3, 4}}, Range{ID: 2, Addr: 116, Data: []byte{5, 6, 7, 8}})
	for i := range 8 * len(frame) {
		bad := bytes.Clone(frame)
		bad[i/8] ^= 1 << (i % 8)
		if p, n, err := Next(bad); err == nil && n != 0 {
			t.Errorf("bit %d of byte %d flipped: taken for %+v", i%8, i/8, p)
		}
	}
}

func TestBadIDs(t *testing.T) {
	for id := range 256 {
		_, _, err := Next(Append(nil, Packet{ID: byte(id), Instruction: Ping}))
		if ok := id <= 252 || id == 254; ok != (err == nil) {
			t.Errorf("id %d: %v", id, err)
		}
	}
}

func TestRangesRefuse(t *testing.T) {
	for _, p := range []Packet{
		{Instruction: Read, Params: []byte{1, 2, 3}},
		{Instruction: Write, Params: []byte{1, 2}},
		{Instruction: SyncRead, Params: []byte{1, 2, 3, 4}},
		{Instruction: SyncWrite, Params: []byte{1, 0, 2, 0, 9, 1}},
		{Instruction: SyncWrite, Params: []byte{1, 0, 0, 0, 9, 1}},
		{Instruction: BulkRead, Params: []byte{1, 0, 0, 4}},
		{Instruction: BulkWrite, Params: []byte{1, 0, 0, 4, 0, 1, 2, 3}},
		{Instruction: Ping, Params: []byte{1}},
		{Instruction: Clear},
	} {
		if r, err := p.Ranges(nil); err == nil {
			t.Errorf("%+v is taken for %+v", p, r)
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte("\xff\xff\xfd\x00\x01\x03\x00\x01\x19\x4e"))
	f.Add([]byte("\xff\xff\xfd\x00\x01\x0a\x00\x03\x74\x00\xff\xff\xfd\xfd\x00\x21\xe7"))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame := bytes.Clone(b)
		p, n, err := Next(b)
		if n < 0 || n > len(frame) || err != nil && n == 0 {
			t.Fatalf("%d of %d bytes, %v", n, len(frame), err)
		}
		if err != nil || n == 0 {
			return
		}
		if again := Append(nil, p); !bytes.Equal(again, frame[:n]) {
			t.Errorf("% X decodes to %+v, which encodes to % X", frame[:n], p, again)
		}
		ranges, err := p.Ranges(nil)
		if err != nil {
			return
		}
		if again := AppendRequest(nil, p.Instruction, ranges...); p.ID == Broadcast && len(ranges) > 0 && !bytes.Equal(again, frame[:n]) {
			t.Errorf("% X asks for %+v, which encodes to % X", frame[:n], ranges, again)
		}
	})
}

func TestCodecAllocatesNothing(t *testing.T) {
	ids, data := make([]Range, 12), [48]byte{}
	for i := range ids {
		ids[i] = Range{ID: byte(i + 1), Addr: 116, Data: data[4*i : 4*i+4]}
	}
	buf, ranges := make([]byte, 0, 256), make([]Range, 0, 12)
	status := Append(nil, Packet{ID: 3, Instruction: Status, Params: make([]byte, 10)})
	n := testing.AllocsPerRun(100, func() {
		buf = AppendRequest(buf[:0], SyncWrite, ids...)
		p, _, err := Next(buf)
		if err != nil {
			t.Fatal(err)
		}
		if ranges, err = p.Ranges(ranges[:0]); err != nil || len(ranges) != 12 {
			t.Fatal(err)
		}
		if _, _, err := Next(status); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%g allocations", n)
	}
}
