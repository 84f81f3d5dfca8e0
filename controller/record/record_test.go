package record

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"whisker/controller"
)

func TestRecordingComesBackBitForBit(t *testing.T) {
	h := testHeader()
	want := ticks(&h, 300)
	special := []float64{math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64, math.MaxFloat64, 0.1, 1e21, 1e-7}
	for i, x := range special {
		want[i].sample.State.Pos[0], want[i].sample.Command.Pos[1], want[i].truth.Assist = x, -x, x
		want[i].frames[3], want[i].activations[1] = float32(x), float32(x)
	}
	r := open(t, record(t, h, want))
	if !reflect.DeepEqual(r.Header, h) {
		t.Errorf("header\n%+v, want\n%+v", r.Header, h)
	}
	got, events, err := readTicks(t, r)
	if err != io.EOF {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d ticks, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("tick %d\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
	if !math.Signbit(got[0].sample.State.Pos[0]) {
		t.Error("-0 came back as 0")
	}
	if !reflect.DeepEqual(events, []Event{{Kind: KindRun, Text: "walk"}}) {
		t.Errorf("events %v", events)
	}
	c, err := r.Contents()
	if err != nil || c.Messages[TopicSample] != 300 || c.Messages[TopicEvent] != 1 || c.Messages[TopicShapes] != 1 {
		t.Errorf("contents %+v, %v", c, err)
	}
}

func TestNaNComesBack(t *testing.T) {
	h := testHeader()
	want := ticks(&h, 1)
	want[0].sample.State.Vel[1] = math.NaN()
	want[0].sample.State.Voltage = math.NaN()
	got, _, _ := readTicks(t, open(t, record(t, h, want)))
	if s := &got[0].sample.State; !math.IsNaN(s.Vel[1]) || !math.IsNaN(s.Voltage) || s.Vel[0] != want[0].sample.State.Vel[0] {
		t.Errorf("state %+v", s)
	}
}

func TestPutNeitherAllocatesNorWaits(t *testing.T) {
	h := testHeader()
	one := ticks(&h, 1)[0]
	r, err := Create(filepath.Join(t.TempDir(), "run.mcap"), h)
	if err != nil {
		t.Fatal(err)
	}
	put := func() { r.Put(&one.sample, &one.truth, one.frames, one.activations) }
	if n := testing.AllocsPerRun(1000, put); n != 0 {
		t.Errorf("Put allocates %v times", n)
	}
	// Nobody has emptied the ring of 256: the rest was dropped, and is accounted for.
	if d := r.Dropped(); d != 1001-256 {
		t.Errorf("%d ticks dropped, want %d", d, 1001-256)
	}
	stop := start(r)
	for r.ring.next() != nil {
		time.Sleep(time.Millisecond)
	}
	put()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	got, events, err := readTicks(t, open(t, r.file.path))
	if len(got) != 257 || err != io.EOF {
		t.Errorf("%d ticks, then %v", len(got), err)
	}
	if want := []Event{{Kind: KindDropped, Text: "745"}}; !reflect.DeepEqual(events, want) {
		t.Errorf("events %v, want %v", events, want)
	}
}

func TestLogTimeNeverGoesBack(t *testing.T) {
	h := testHeader()
	all := ticks(&h, 100)
	for i := range all { // two runs, each from the robot's time 0
		all[i].sample.State.Time = time.Duration(i%50) * h.Body.Period
	}
	r := open(t, record(t, h, all))
	var last time.Duration
	var robot []time.Duration
	for {
		m, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if m.Log < last {
			t.Fatalf("message %d of %s at %v after %v", m.Seq, m.Topic, m.Log, last)
		}
		last = m.Log
		if m.Topic == TopicSample {
			robot = append(robot, m.Robot)
		}
	}
	if last != 100*h.Body.Period {
		t.Errorf("last log time %v, want %v", last, 100*h.Body.Period)
	}
	if robot[49] != 49*h.Body.Period || robot[50] != 0 {
		t.Errorf("robot times %v, %v", robot[49], robot[50])
	}
}

func TestSeek(t *testing.T) {
	h := testHeader()
	r := open(t, record(t, h, ticks(&h, 2000)))
	c, err := r.Contents()
	if err != nil || c.Chunks < 3 {
		t.Fatalf("contents %+v, %v: expected several chunks", c, err)
	}
	half := c.End / 2
	if err := r.Seek(half); err != nil {
		t.Fatal(err)
	}
	m, err := r.Next()
	if err != nil || m.Log == 0 || m.Log > half {
		t.Fatalf("first message at %v after seeking %v: %v", m.Log, half, err)
	}
	for err == nil && m.Log < half {
		m, err = r.Next()
	}
	if err != nil || m.Log != half {
		t.Errorf("message at %v, %v, want %v", m.Log, err, half)
	}
	if err := r.Seek(c.End + 1); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
	if errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func TestEventsKeepTheirPlace(t *testing.T) {
	h := testHeader()
	r, err := Create(filepath.Join(t.TempDir(), "run.mcap"), h)
	if err != nil {
		t.Fatal(err)
	}
	r.Lossless = true
	stop := start(r)
	for i, x := range ticks(&h, 1000) {
		if i%100 == 0 {
			r.Event(Event{Tick: x.sample.Tick, Kind: KindRun})
		}
		r.Put(&x.sample, nil, nil, nil)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	in := open(t, r.file.path)
	s := controller.NewSample(h.Body)
	next, events := uint64(0), 0
	for {
		m, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch m.Topic {
		case TopicSample:
			if err := in.Sample(m, &s); err != nil {
				t.Fatal(err)
			}
			next = s.Tick + 1
		case TopicEvent:
			e, err := in.Event(m)
			if err != nil || e.Tick != next {
				t.Fatalf("the event of tick %d precedes tick %d, %v", e.Tick, next, err)
			}
			events++
		}
	}
	if next != 1000 || events != 10 {
		t.Errorf("%d ticks, %d events", next, events)
	}
}

func TestEventsFromEverywhere(t *testing.T) {
	r, err := Create(filepath.Join(t.TempDir(), "run.mcap"), testHeader())
	if err != nil {
		t.Fatal(err)
	}
	stop := start(r)
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 100 {
				r.Event(Event{Kind: "note", Text: fmt.Sprint(g, i)})
			}
		})
	}
	all.Wait()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	r.Event(Event{Kind: "late"}) // after the end: counted, not kept
	_, events, err := readTicks(t, open(t, r.file.path))
	if err != io.EOF || len(events) != 400 || r.Dropped() != 1 {
		t.Errorf("%d events, %d dropped, %v", len(events), r.Dropped(), err)
	}
}

func TestPutRefusesAnotherBody(t *testing.T) {
	h := testHeader()
	one := ticks(&h, 1)[0]
	r, err := Create(filepath.Join(t.TempDir(), "run.mcap"), h)
	if err != nil {
		t.Fatal(err)
	}
	other := testBody()
	other.Joints = other.Joints[:1]
	short := controller.NewSample(other)
	for want, put := range map[string]func(){
		"State.Pos has 1":      func() { r.Put(&short, nil, nil, nil) },
		"Truth.Contacts has 0": func() { r.Put(&one.sample, &controller.Truth{}, nil, nil) },
		"frames has 13":        func() { r.Put(&one.sample, nil, one.frames[1:], nil) },
		"activations has 4":    func() { r.Put(&one.sample, nil, nil, one.activations[1:]) },
	} {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.HasPrefix(v.(string), "record: Put: "+want) {
					t.Errorf("%v, want %q", v, want)
				}
			}()
			put()
		}()
	}
	if err := start(r)(); err != nil {
		t.Fatal(err)
	}
}

func TestHeaderIsChecked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.mcap")
	for want, h := range map[string]Header{
		"Header.Body is nil":            {},
		"Header.Shapes[0].Frame is 1":   {Body: testBody(), Frames: []string{"torso"}, Shapes: []controller.Shape{{Frame: 1}}},
		"Header.Layers[0].Size is -1":   {Body: testBody(), Layers: []Layer{{"a", -1}}},
		"body test does not encode: js": {Body: &controller.Body{Name: "test", StandHeight: math.Inf(1)}},
	} {
		if _, err := Create(path, h); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What was flushed is in the file, whatever becomes of the recorder; after its end there
// is nothing to wait for.
func TestAFlushWritesWhatWasPut(t *testing.T) {
	h := testHeader()
	path := filepath.Join(t.TempDir(), "run.mcap")
	r, err := Create(path, h)
	if err != nil {
		t.Fatal(err)
	}
	r.Lossless = true
	stop := start(r)
	for _, x := range ticks(&h, 3) {
		r.Put(&x.sample, &x.truth, x.frames, x.activations)
	}
	r.Flush()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	r.Flush()
	killed := filepath.Join(t.TempDir(), "killed.mcap")
	if err := os.WriteFile(killed, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := readTicks(t, open(t, killed)); len(got) != 3 {
		t.Errorf("%d of 3 ticks are in the file", len(got))
	}
}
