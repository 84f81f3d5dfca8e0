package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"

	"whisker/bridge/wire/internal/peer"
)

// cPeer is the C codec with sanitizers, built once.
var cPeer = sync.OnceValues(func() (string, error) { return peer.Build(tmp, peer.Sanitized...) })

var tmp string

func TestMain(m *testing.M) {
	var err error
	if tmp, err = os.MkdirTemp("", "wire"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(tmp)
	os.Exit(code)
}

// startPeer runs the C codec; the test fails when a sanitizer finds something.
func startPeer(t testing.TB) *peer.Peer {
	t.Helper()
	program, err := cPeer()
	if err != nil {
		t.Fatal(err)
	}
	p, err := peer.Start(program)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("the C codec: %v", err)
		}
	})
	return p
}

func ask(t testing.TB, p *peer.Peer, kind byte, b []byte) []byte {
	t.Helper()
	out, err := p.Ask(kind, b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// goAnswer is what the peer's 'b' answers, by the Go codec.
func goAnswer(r *Receiver, b []byte) (out []byte) {
	for {
		rest, f, v, ok := r.Next(b)
		if !ok {
			return out
		}
		b = rest
		out = append(out, uint8(v))
		if v != Accepted {
			continue
		}
		m := newMessage(f.Type)
		f.Decode(m)
		at := len(out)
		out = Append(append(out, 0, 0), f.Header, m)
		binary.LittleEndian.PutUint16(out[at:], uint16(len(out)-at-2))
	}
}

// randomFrame is a frame of any type whose payload is any bits.
func randomFrame(rng *rand.Rand) []byte {
	kinds := messages()
	m := kinds[rng.IntN(len(kinds))]
	frame, raw := grow(nil, schema().size[m.Type()])
	zeros := rng.IntN(3) == 0 // many zeros are many COBS blocks
	for i := range raw {
		if raw[i] = byte(rng.Uint32()); zeros && rng.IntN(2) == 0 {
			raw[i] = 0
		}
	}
	return seal(frame, raw, Header{rng.Uint32(), rng.Uint32(), rng.Uint32()}, m.Type())
}

// damage changes bits, drops, inserts, cuts, or puts garbage in.
func damage(rng *rand.Rand, b []byte) []byte {
	at := rng.IntN(len(b))
	switch rng.IntN(5) {
	case 0:
		b[at] ^= 1 << rng.IntN(8)
	case 1:
		b = slices.Delete(b, at, at+1)
	case 2:
		b = slices.Insert(b, at, byte(rng.Uint32()))
	case 3:
		b = b[:at]
	case 4:
		b = slices.Insert(b, at, bytes.Repeat([]byte{1 + byte(rng.IntN(255))}, rng.IntN(300))...)
	}
	return b
}
