package wire

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

// Both codecs read any bits of any message and write the same bits again.
func TestRandomFramesAreTheSameInC(t *testing.T) {
	p, rng := startPeer(t), rand.New(rand.NewPCG(4, 1))
	var r Receiver
	for range 300 {
		var stream []byte
		for range 50 {
			stream = append(stream, randomFrame(rng)...)
		}
		want := goAnswer(&r, stream)
		if got := ask(t, p, 'b', stream); !bytes.Equal(got, want) {
			t.Fatalf("C answers\n%x\nGo\n%x", got, want)
		}
		for rest := stream; len(rest) > 0; {
			n := 1 + bytes.IndexByte(rest[1:], 0)
			if v := want[0]; v != 0 || !bytes.Equal(want[3:3+n+1], rest[:n+1]) {
				t.Fatalf("verdict %v; sent %x, read and written again %x", Verdict(v), rest[:n+1], want[3:3+n+1])
			}
			rest, want = rest[n+1:], want[3+n+1:]
		}
	}
}

// Damaged streams get the same verdicts from both.
func TestDamagedFramesAreTheSameInC(t *testing.T) {
	p, rng := startPeer(t), rand.New(rand.NewPCG(4, 2))
	var r Receiver
	for range 300 {
		var stream []byte
		for range 50 {
			stream = append(stream, damage(rng, randomFrame(rng))...)
		}
		want := goAnswer(&r, stream)
		if got := ask(t, p, 'b', stream); !bytes.Equal(got, want) {
			t.Fatalf("C answers\n%x\nGo\n%x", got, want)
		}
	}
	for v := VerdictShort; v <= VerdictCRC; v++ {
		if r.Refused[v] == 0 {
			t.Errorf("no frame was refused as %v: the damage does not reach that check", v)
		}
	}
}

// Each check of a frame's form, on its own.
func TestFormIsChecked(t *testing.T) {
	build := func(change func(raw []byte) []byte) []byte {
		all, raw := grow(nil, schema().size[TypeReset])
		all = seal(all, raw, Header{Session: 1, Seq: 2}, TypeReset)
		plain, _ := unstuff(all[1 : len(all)-1])
		return framed(change(plain[:len(plain)-crcSize]))
	}
	same := func(b []byte) []byte { return b }
	for _, c := range []struct {
		name   string
		stream []byte
		want   Verdict
	}{
		{"as sent", build(same), Accepted},
		{"one byte", []byte{0, 1, 0}, VerdictShort},
		{"only a CRC", framed(nil), VerdictShort},
		{"256 bytes", append(bytes.Repeat([]byte{1}, 256), 0), VerdictLong},
		{"a code past the end", []byte{0, 9, 1, 2, 0}, VerdictCOBS},
		{"another version", build(func(b []byte) []byte { b[0] = 2; return b }), VerdictVersion},
		{"an unknown type", build(func(b []byte) []byte { b[1] = 0x55; return b }), VerdictType},
		{"another length field", build(func(b []byte) []byte { b[2] = 7; return b }), VerdictLength},
		{"a byte more", build(func(b []byte) []byte { return append(b, 0) }), VerdictLength},
		{"a wrong CRC", func() []byte { b := build(same); b[len(b)-2] ^= 1; return b }(), VerdictCRC},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Receiver
			_, _, v, ok := r.Next(c.stream)
			if !ok || v != c.want {
				t.Errorf("verdict %v (%v), want %v", v, ok, c.want)
			}
			if c.want != Accepted && r.Refused[c.want] != 1 {
				t.Errorf("counted %v", r.Refused)
			}
			if got := ask(t, startPeer(t), 'b', c.stream); got[0] != uint8(c.want) {
				t.Errorf("C says %v", Verdict(got[0]))
			}
		})
	}
}

// framed appends the right CRC to what a change has left, and stuffs it.
func framed(raw []byte) []byte {
	b := append([]byte{0, 0}, raw...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(raw, castagnoli))
	stuff(b[1:])
	return append(b, 0)
}

// A frame that is cut anywhere costs at most the frame after it.
func TestCutAtEveryByte(t *testing.T) {
	a := Append(nil, Header{Session: 1, Seq: 1}, &Command{ValidMs: 40})
	b := Append(nil, Header{Session: 1, Seq: 2}, &Stop{})
	for cut := range a {
		var r Receiver
		stream := append(append([]byte(nil), a[:cut]...), b...)
		var last Frame
		for {
			rest, f, v, ok := r.Next(stream)
			if !ok {
				break
			}
			if stream = rest; v == Accepted {
				last = f
			}
		}
		if last.Type != TypeStop || last.Seq != 2 {
			t.Fatalf("cut at byte %d of %d: the stop after it did not arrive", cut, len(a))
		}
	}
}

func TestStreamInAnyPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 3))
	var stream []byte
	for range 40 {
		stream = append(stream, randomFrame(rng)...)
	}
	for size := 1; size < 300; size += 7 {
		var r Receiver
		n := 0
		for at := 0; at < len(stream); at += size {
			for in := stream[at:min(at+size, len(stream))]; ; {
				rest, _, v, ok := r.Next(in)
				if !ok {
					break
				}
				if in = rest; v != Accepted {
					t.Fatalf("pieces of %d bytes: verdict %v", size, v)
				}
				n++
			}
		}
		if n != 40 {
			t.Errorf("pieces of %d bytes: %d frames of 40", size, n)
		}
	}
}

func TestCodecAllocatesNothing(t *testing.T) {
	c, s := &Command{}, &State{}
	buf := make([]byte, 0, 2*MaxWire)
	var r Receiver
	if n := testing.AllocsPerRun(100, func() {
		out := Append(buf, Header{}, c)
		out = Append(out, Header{}, s)
		for {
			rest, f, _, ok := r.Next(out)
			if !ok {
				return
			}
			if out = rest; f.Type == TypeState {
				f.Decode(s)
			} else {
				f.Decode(c)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}
