package view_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"whisker/bridge/view"
	"whisker/controller"
)

// serve starts a server for a walker, patient with clients on a busy machine.
func serve(t *testing.T, w *walker, change func(*view.Options)) *view.Server {
	t.Helper()
	return serveBeat(t, w, time.Minute, change)
}

// serveBeat starts a server with a heartbeat and ends it with the test, within
// the time that a dead client may take.
func serveBeat(t *testing.T, w *walker, beat time.Duration, change func(*view.Options)) *view.Server {
	t.Helper()
	o := view.Options{Addr: "127.0.0.1:0", Body: &w.body, Frames: w.names, Shapes: w.shapes, Clips: []string{"stand", "turn", "walk"}}
	if change != nil {
		change(&o)
	}
	s, err := view.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.SetBeat(beat)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("Run did not end a minute after its context")
		}
	})
	return s
}

// look opens the stream as a page does.
func look(t *testing.T, s *view.Server, header http.Header) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), strings.Replace(s.URL(), "http", "ws", 1)+"stream", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(1 << 20)
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// next returns the next message of a kind.
func next(t *testing.T, c *websocket.Conn, kind websocket.MessageType) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		k, b, err := c.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for a message: %v", err)
		}
		if k == kind {
			return b
		}
	}
}

func float(b []byte, at int) float64 {
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(b[at:])))
}

func TestPageReceivesTheNewestTick(t *testing.T) {
	w := newWalker()
	s := serve(t, w, nil)
	s.SetStatus(view.Status{Clip: 2, Frame: 7, Frames: 250})
	for tick := 1; tick <= 30; tick++ {
		w.at(tick)
		s.Publish(&w.sample, w.frames, w.ghost, nil)
	}
	b := next(t, look(t, s, nil), websocket.MessageBinary)
	if tick := math.Float64frombits(binary.LittleEndian.Uint64(b[8:])); tick != 30 {
		t.Errorf("tick %v: want the newest, 30", tick)
	}
	if got := float(b, view.PacketHeader); got != float64(w.frames[0]) {
		t.Errorf("x of the first frame is %v: want %v", got, w.frames[0])
	}
	dx, dy, dz := float64(w.frames[0]-w.ghost[0]), float64(w.frames[1]-w.ghost[1]), float64(w.frames[2]-w.ghost[2])
	if got, want := float(b, 56), math.Sqrt(dx*dx+dy*dy+dz*dz); math.Abs(got-want) > 1e-6 {
		t.Errorf("root error %v m: want %v", got, want)
	}
	if got, want := float(b, 60), 0.8*(0.05+0.03*math.Sin(0.6)); math.Abs(got-want) > 1e-3 {
		t.Errorf("rotation error %v rad: want %v", got, want)
	}
	if clip, frame := binary.LittleEndian.Uint32(b[28:]), binary.LittleEndian.Uint32(b[32:]); clip != 2 || frame != 7 {
		t.Errorf("clip %d frame %d: want 2 and 7", clip, frame)
	}
	if got := float(b, 68); math.Abs(got-23.4) > 1e-6 {
		t.Errorf("voltage %v: want 23.4", got)
	}
	if got := float(b, len(b)-4); got != 43 {
		t.Errorf("the last motor has %v °C: want 43", got)
	}
	var ticks uint32
	for i := range 40 {
		ticks += binary.LittleEndian.Uint32(b[104+4*i:])
	}
	if ticks != 30 {
		t.Errorf("the histogram counts %d ticks: want all 30, also those never sent", ticks)
	}
	if want := view.PacketHeader + 4*(2*7*len(w.names)+4*len(w.body.Joints)); len(b) != want {
		t.Errorf("packet of %d bytes: want %d", len(b), want)
	}
}

func TestWithoutReferenceErrorsAreUnknown(t *testing.T) {
	w := newWalker()
	s := serve(t, w, nil)
	w.at(1)
	s.Publish(&w.sample, w.frames, nil, nil)
	b := next(t, look(t, s, nil), websocket.MessageBinary)
	if !math.IsNaN(float(b, 56)) || !math.IsNaN(float(b, 64)) {
		t.Errorf("errors %v and %v without a reference: want NaN", float(b, 56), float(b, 64))
	}
	if binary.LittleEndian.Uint32(b[4:])&1 != 0 {
		t.Error("the packet says that it has a ghost")
	}
}

func TestRateIsThatOfADisplay(t *testing.T) {
	w := newWalker()
	s := serve(t, w, nil)
	c := look(t, s, nil)
	var n atomic.Int64
	over := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(over)
		for {
			if k, _, err := c.Read(ctx); err != nil {
				return
			} else if k == websocket.MessageBinary {
				n.Add(1)
			}
		}
	}()
	begin := time.Now()
	for tick := 0; time.Since(begin) < time.Second || n.Load() < 10; tick++ {
		if time.Since(begin) > time.Minute {
			t.Fatalf("%d packets in a minute of 1 kHz", n.Load())
		}
		w.at(tick)
		s.Publish(&w.sample, w.frames, w.ghost, nil)
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-over
	if most := 60*time.Since(begin).Seconds() + 3; float64(n.Load()) > most {
		t.Errorf("%d packets in %v of 1 kHz: want 60 a second or a little less", n.Load(), time.Since(begin))
	}
}

func TestPublishAllocatesNothing(t *testing.T) {
	w := newWalker()
	s := serve(t, w, nil)
	w.at(3)
	n := testing.AllocsPerRun(1000, func() {
		s.SetStatus(view.Status{Clip: 1, Frame: 3, Frames: 9, Fault: "tilt", Note: "note"})
		s.Publish(&w.sample, w.frames, w.ghost, nil)
	})
	if n != 0 {
		t.Errorf("SetStatus and Publish allocate %v times: want 0", n)
	}
}

func TestPublishRefusesPosesOfAnotherLength(t *testing.T) {
	w := newWalker()
	s := serve(t, w, nil)
	defer func() {
		if got, _ := recover().(string); !strings.Contains(got, "view: poses of 7, 0 and 0 numbers: want 42, 42 and 0") {
			t.Errorf("panic %q: want one that says both lengths", got)
		}
	}()
	s.Publish(&w.sample, w.frames[:7], nil, nil)
}

func TestStatusLineAndEndReachThePage(t *testing.T) {
	w := newWalker()
	o := view.Options{Addr: "127.0.0.1:0", Body: &w.body, Frames: w.names}
	s, err := view.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	c := look(t, s, nil)
	var line struct{ Type, Run, Fault, Note string }
	read := func(want string) {
		t.Helper()
		line.Type = ""
		if err := json.Unmarshal(next(t, c, websocket.MessageText), &line); err != nil || line.Type != want {
			t.Fatalf("line %+v, %v: want one of type %s", line, err, want)
		}
	}
	read("hello")
	s.SetStatus(view.Status{Fault: "tilt 1.2 rad", Note: "walk: 3.1 s"})
	read("status")
	if line.Fault != "tilt 1.2 rad" || line.Note != "walk: 3.1 s" {
		t.Errorf("status %+v: want the fault and the note as they were set", line)
	}
	s.SetStatus(view.Status{Fault: "the last words"}) // just before the end: still told
	cancel()
	read("status")
	read("end")
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestSceneIsWhatWasGiven(t *testing.T) {
	w := newWalker()
	s := serve(t, w, nil)
	r, err := http.Get(s.URL() + "scene.json")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var got struct {
		Body   controller.Body
		Follow int
		Shapes []controller.Shape
		Modes  []string
		Watch  bool `json:"watch_only"`
	}
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Body.Name != "walker" || got.Follow != 0 || len(got.Shapes) != len(w.shapes) || !got.Watch {
		t.Errorf("scene of %q follows frame %d with %d shapes, watch only %v", got.Body.Name, got.Follow, len(got.Shapes), got.Watch)
	}
	if !reflect.DeepEqual(got.Shapes[4], w.shapes[4]) {
		t.Errorf("shape %+v: want %+v", got.Shapes[4], w.shapes[4])
	}
	if got.Modes[controller.ModeFault] != "fault" {
		t.Errorf("modes %v: want fault at %d", got.Modes, controller.ModeFault)
	}
}

func TestNewRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	sixth := []controller.Shape{{Kind: "box", Frame: 6}}
	for _, c := range []struct {
		name   string
		change func(*view.Options)
		want   string
	}{
		{"no body", func(o *view.Options) { o.Body = nil }, "view: no body"},
		{"no port", func(o *view.Options) { o.Addr = "localhost" }, "want HOST:PORT"},
		{"address in use", func(o *view.Options) { o.Addr = taken.Addr().String() }, "is in use: stop the program that has it"},
		{"open to all without token", func(o *view.Options) { o.Addr = "0.0.0.0:0" }, "give a token"},
		{"short token", func(o *view.Options) { o.Token = "rat" }, "view: the token has 3 characters: want 16 or more"},
		{"shape on no frame", func(o *view.Options) { o.Shapes = sixth }, "view: shape 0 (box) is on frame 6: want 0 to 5"},
		{"animal's shape on no frame", func(o *view.Options) { o.Animal = view.Animal{Frames: []string{"torso"}, Shapes: sixth} }, "view: the animal's shape 0 (box) is on frame 6: want 0 to 0"},
		{"NaN", func(o *view.Options) { o.Shapes = []controller.Shape{{Pos: [3]float64{math.NaN()}}} }, "JSON cannot"},
	} {
		w := newWalker()
		o := view.Options{Addr: "127.0.0.1:0", Body: &w.body, Frames: w.names}
		c.change(&o)
		if _, err := view.New(o); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "view: ") {
			t.Errorf("%s: error %v: want one with %q", c.name, err, c.want)
		}
	}
}
