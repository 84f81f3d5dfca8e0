package record

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"whisker/controller"
)

// ratHeader has as many of everything as the virtual rat.
func ratHeader() Header {
	b := &controller.Body{Name: "rat", Period: 20 * time.Millisecond, Feet: make([]string, 4),
		Joints: make([]controller.Joint, 67), Actuators: make([]controller.Actuator, 38)}
	h := Header{Body: b}
	for i := range 66 {
		h.Frames = append(h.Frames, fmt.Sprintf("frame_%d", i))
	}
	return h
}

// BenchmarkPut is what recording costs the loop, a tick of the rat.
func BenchmarkPut(b *testing.B) {
	h := ratHeader()
	r, err := Create(filepath.Join(b.TempDir(), "put.mcap"), h)
	if err != nil {
		b.Fatal(err)
	}
	t := ticks(&h, 1)[0]
	b.ReportAllocs()
	for b.Loop() {
		r.Put(&t.sample, &t.truth, t.frames, nil)
		r.ring.got.Store(r.ring.put.Load()) // as if it had been written
	}
	if d := r.Dropped(); d != 0 {
		b.Fatalf("%d dropped", d)
	}
}

// BenchmarkWrite is what the other goroutine then does.
func BenchmarkWrite(b *testing.B) {
	h := ratHeader()
	r, err := Create(filepath.Join(b.TempDir(), "write.mcap"), h)
	if err != nil {
		b.Fatal(err)
	}
	t := ticks(&h, 1)[0]
	before := r.file.size
	for b.Loop() {
		r.Put(&t.sample, &t.truth, t.frames, nil)
		r.drain()
	}
	if err := r.write(true); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(r.file.size-before)/float64(b.N), "file-B/op")
}
