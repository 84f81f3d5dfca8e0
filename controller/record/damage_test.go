package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// small is the bytes of a recording of a few ticks.
func small(t testing.TB) []byte {
	t.Helper()
	h := Header{Body: testBody(), Version: "1", Clips: []string{"walk"}}
	path := filepath.Join(t.TempDir(), "small.mcap")
	r, err := Create(path, h)
	if err != nil {
		t.Fatal(err)
	}
	stop := start(r)
	for i, x := range ticks(&h, 4) {
		r.Put(&x.sample, &x.truth, nil, nil)
		if i == 1 { // a chunk of the first two
			for r.ring.next() != nil {
				runtime.Gosched()
			}
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// all reads everything that a reader gives: its header, messages and index.
type all struct {
	header   Header
	messages []string
	contents Contents
}

func readAll(b []byte) (a all, err error) {
	r, err := newReader(bytes.NewReader(b), int64(len(b)), "x.mcap")
	if err != nil {
		return a, err
	}
	a.header = r.Header
	for {
		m, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return a, err
		}
		a.messages = append(a.messages, fmt.Sprint(m.Topic, m.Seq, m.Log, m.Robot, string(m.JSON)))
	}
	a.contents, err = r.Contents()
	return a, err
}

func TestTruncationIsNoticed(t *testing.T) {
	b := small(t)
	whole, err := readAll(b)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(b); n += 11 {
		got, err := readAll(b[:n])
		if err == nil || !strings.HasPrefix(err.Error(), "record: x.mcap: offset ") {
			t.Fatalf("cut at %d of %d: %v", n, len(b), err)
		}
		if len(got.messages) > len(whole.messages) || !reflect.DeepEqual(got.messages, whole.messages[:len(got.messages)]) && len(got.messages) > 0 {
			t.Fatalf("cut at %d: other messages", n)
		}
	}
}

func TestChangedByteIsNoticed(t *testing.T) {
	b := small(t)
	whole, err := readAll(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(b); i += 7 {
		b[i] ^= 1 << (i % 8)
		got, err := readAll(b)
		b[i] ^= 1 << (i % 8)
		// What is not noticed has changed nothing that anybody can see.
		if err == nil && !reflect.DeepEqual(got, whole) {
			t.Fatalf("byte %d of %d changed: not noticed", i, len(b))
		}
		if err != nil && !strings.HasPrefix(err.Error(), "record: x.mcap: offset ") && !strings.HasPrefix(err.Error(), "record: x.mcap: no recording") {
			t.Fatalf("byte %d of %d changed: %v", i, len(b), err)
		}
	}
}

func TestChangedChunkIsLeftOut(t *testing.T) {
	h := testHeader()
	path := record(t, h, ticks(&h, 1500))
	r := open(t, path)
	second := r.index.chunks[1]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[second.offset+second.length/2] ^= 0x10
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	before, _, err := readTicks(t, open(t, path))
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("offset %d: chunk", second.offset)) {
		t.Errorf("reading on into the chunk at %d: %v", second.offset, err)
	}
	out := filepath.Join(t.TempDir(), "mended.mcap")
	fixed, err := Repair(path, out)
	if err != nil || fixed.Lost != 1 || fixed.Ticks <= uint64(len(before)) || fixed.Ticks >= 1500 {
		t.Errorf("%+v, %v", fixed, err)
	}
	agree(t, out)
	after, _, err := readTicks(t, open(t, out))
	if err != io.EOF || uint64(len(after)) != fixed.Ticks || after[len(after)-1].sample.Tick != 1499 {
		t.Errorf("%d ticks, %v", len(after), err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, b) {
		t.Errorf("the damaged file was touched: %v", err)
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte("not a recording at all"), 0o666); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "foreign.mcap")
	w, err := create(foreign, "another")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.finish(), w.close()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		text:                              "no MCAP file",
		foreign:                           "lacks body.json",
		filepath.Join(dir, "absent.mcap"): "no such file",
	} {
		_, err := Open(path)
		if err == nil || !strings.HasPrefix(err.Error(), "record: ") || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if _, err := Repair(text, ""); err == nil || !strings.Contains(err.Error(), "no MCAP file") {
		t.Errorf("repairing a text: %v", err)
	}
}

// TestHugeLengthsAllocateNothing puts 2^60 all over a recording, lengths
// included, and reads.
func TestHugeLengthsAllocateNothing(t *testing.T) {
	b := small(t)
	var before, after runtime.MemStats
	for i := 0; i+8 <= len(b); i += 9 {
		saved := binary.LittleEndian.Uint64(b[i:])
		binary.LittleEndian.PutUint64(b[i:], 1<<60)
		runtime.ReadMemStats(&before)
		_, _ = readAll(b)
		runtime.ReadMemStats(&after)
		binary.LittleEndian.PutUint64(b[i:], saved)
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Fatalf("2^60 at offset %d: %d bytes allocated", i, n)
		}
	}
}

func TestMessageOfAnotherBodyIsRefused(t *testing.T) {
	h := testHeader()
	r := open(t, record(t, h, ticks(&h, 1)))
	other := testBody()
	other.Joints = other.Joints[:1]
	want := ticks(&Header{Body: other}, 1)[0]
	for {
		m, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if m.Topic == TopicSample {
			err := r.Sample(m, &want.sample)
			if err == nil || !strings.Contains(err.Error(), "message 0 of /sample: pos_rad has 2 numbers, the recorded body 1") {
				t.Errorf("%v", err)
			}
			return
		}
	}
}
