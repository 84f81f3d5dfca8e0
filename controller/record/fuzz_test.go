package record

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"whisker/controller"
)

// seeds are whole and broken recordings to start from.
func seeds(f *testing.F) {
	b := small(f)
	f.Add(b)
	for _, record := range []string{"/sample\x04\x00\x00\x00json", "foxglove.SceneUpdate", "whisker.end"} {
		changed := bytes.Clone(b)
		at := bytes.Index(b, []byte(record))
		if at < 0 {
			f.Fatalf("%q is not in the recording", record)
		}
		changed[at+len(record)+1]++ // of the length of the next field
		f.Add(changed)
	}
	f.Add(b[:len(b)-30])
	f.Add(b[:len(b)/2])
	f.Add([]byte(magic))
	f.Add([]byte{})
}

// FuzzReader reads any bytes as a recording: no panic, and an error that ends it.
func FuzzReader(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := newReader(bytes.NewReader(b), int64(len(b)), "x.mcap")
		if err != nil {
			return
		}
		s := controller.NewSample(r.Header.Body)
		truth := controller.Truth{Contacts: make([]bool, len(r.Header.Body.Feet))}
		frames, layers := make([]float32, 7*len(r.Header.Frames)), make([]float32, r.Header.activations())
		for range 2 {
			for {
				m, err := r.Next()
				if err != nil {
					break
				}
				_ = r.Sample(m, &s)
				_ = r.Truth(m, &truth)
				_ = r.Frames(m, frames)
				_ = r.Activations(m, layers)
				_, _ = r.Event(m)
			}
			if err := r.Seek(0); err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
		}
	})
}

// FuzzRepair mends any bytes: what comes out is whole, and reads to its end.
func FuzzRepair(f *testing.F) {
	seeds(f)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "x.mcap")
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		fixed, err := Repair(path, "")
		if err != nil || fixed.Whole {
			return
		}
		if again, err := Repair(path, ""); err != nil || !again.Whole || again.Messages != fixed.Messages {
			t.Fatalf("first %+v, then %+v, %v", fixed, again, err)
		}
		r, err := Open(path)
		if err != nil {
			return // what was lost is the header
		}
		defer r.Close()
		n := uint64(0)
		for err = error(nil); err == nil; n++ {
			_, err = r.Next()
		}
		if err != io.EOF || n-1 != fixed.Messages {
			t.Fatalf("%d messages of %d, %v", n-1, fixed.Messages, err)
		}
	})
}

// FuzzSample decodes any bytes as a tick: what is taken encodes to what decodes
// to the same again.
func FuzzSample(f *testing.F) {
	h := testHeader()
	f.Add([]byte(jsonText(nil).sample(&ticks(&h, 1)[0].sample)))
	f.Add([]byte(`{"tick":1,"mode":"idle","state":{"pos_rad":["NaN","-Infinity"]}}`))
	s, again := controller.NewSample(h.Body), controller.NewSample(h.Body)
	f.Fuzz(func(t *testing.T, b []byte) {
		if decodeSample(b, &s) != nil {
			return
		}
		text := jsonText(nil).sample(&s)
		if err := decodeSample(text, &again); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if second := jsonText(nil).sample(&again); !bytes.Equal(text, second) {
			t.Fatalf("%s, then %s", text, second)
		}
	})
}
