package wire

import (
	"bytes"
	"testing"
)

// FuzzStream feeds any bytes to both receivers. They agree on every verdict,
// and what is accepted is written again with the bytes that came.
func FuzzStream(f *testing.F) {
	for _, m := range messages() {
		fill(m)
		f.Add(Append(nil, Header{Session: 1, Seq: 2, TimeUs: 3}, m))
	}
	f.Add(bytes.Repeat([]byte{1}, 300))
	p := startPeer(f)
	f.Fuzz(func(t *testing.T, stream []byte) {
		stream = append(append([]byte{0}, stream...), 0) // nothing is left over for the next input
		if len(stream) > 1<<16 {
			return
		}
		var r Receiver
		want := goAnswer(&r, stream)
		got := ask(t, p, 'b', stream)
		if !bytes.Equal(got, want) {
			t.Fatalf("C answers %x, Go %x", got, want)
		}
	})
}

// FuzzJSON feeds any text to the parser; what it takes is a frame that says
// the same.
func FuzzJSON(f *testing.F) {
	for _, line := range bytes.Split(bytes.TrimSpace(goldenFrames()), []byte("\n")) {
		_, text, _ := bytes.Cut(line, []byte(" "))
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		h, m, err := ParseJSON(text)
		if err != nil {
			return
		}
		var r Receiver
		frame := Append(nil, h, m)
		_, got, v, ok := r.Next(frame)
		if !ok || v != Accepted {
			t.Fatalf("%s encodes as a frame that is %v", text, v)
		}
		h, m, err = ParseJSON(AppendJSON(nil, &got))
		if err != nil || !bytes.Equal(Append(nil, h, m), frame) {
			t.Fatalf("%s does not survive: %v", text, err)
		}
	})
}
