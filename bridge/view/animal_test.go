package view_test

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"github.com/coder/websocket"

	"whisker/bridge/view"
	"whisker/controller"
)

// rat is an animal of two frames.
func rat() view.Animal {
	one := [4]float64{1, 0, 0, 0}
	return view.Animal{Name: "rat", Frames: []string{"trunk", "tail"}, Shapes: []controller.Shape{
		{Frame: 1, Kind: "capsule", Size: [3]float64{0.01, 0.2}, Quat: one, RGBA: [4]float32{1, 1, 1, 1}},
	}}
}

// sceneOf is what the page is told once.
func sceneOf(t *testing.T, s *view.Server) (scene map[string]json.RawMessage) {
	t.Helper()
	r, err := http.Get(s.URL() + "scene.json")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&scene); err != nil {
		t.Fatal(err)
	}
	return scene
}

// The animal's shapes are told once, its poses with every tick that has them.
func TestAnimalIsSentWhereThereIsOne(t *testing.T) {
	w, a := newWalker(), rat()
	s := serve(t, w, func(o *view.Options) { o.Animal = a })
	var told struct {
		Name   string
		Frames int
		Shapes []controller.Shape
	}
	if err := json.Unmarshal(sceneOf(t, s)["animal"], &told); err != nil {
		t.Fatal(err)
	}
	if told.Name != "rat" || told.Frames != 2 || !reflect.DeepEqual(told.Shapes, a.Shapes) {
		t.Errorf("the page is told of %+v: want %+v", told, a)
	}
	const plain = view.PacketHeader + 4*(2*7*6+4*4)
	page := look(t, s, nil)
	poses := []float32{1, 2, 3, 1, 0, 0, 0, 4, 5, 6, 1, 0, 0, 0}
	for i, c := range []struct {
		animal []float32
		flags  uint32
		size   int
	}{{poses, 5, plain + 4*14}, {nil, 1, plain}} {
		w.at(i + 1)
		s.Publish(&w.sample, w.frames, w.ghost, c.animal)
		b := next(t, page, websocket.MessageBinary)
		if got := binary.LittleEndian.Uint32(b[4:]); got != c.flags {
			t.Errorf("packet %d has flags %b: want %b", i, got, c.flags)
		}
		if len(b) != c.size {
			t.Errorf("packet %d has %d bytes: want %d", i, len(b), c.size)
		}
		at := view.PacketHeader + 4*2*7*6 // behind body and ghost
		for k, want := range c.animal {
			if got := float(b, at+4*k); got != float64(want) {
				t.Errorf("number %d of the animal's poses is %v: want %v", k, got, want)
			}
		}
	}
}

// A body whose reference is its own is told as ever.
func TestWithoutAnimalThePageIsToldOfNone(t *testing.T) {
	if a, ok := sceneOf(t, serve(t, newWalker(), nil))["animal"]; ok {
		t.Errorf("the page is told of the animal %s: want none", a)
	}
}

func TestPublishWithAnAnimalAllocatesNothing(t *testing.T) {
	w := newWalker()
	s := serve(t, w, func(o *view.Options) { o.Animal = rat() })
	w.at(3)
	poses := make([]float32, 14)
	if n := testing.AllocsPerRun(1000, func() { s.Publish(&w.sample, w.frames, w.ghost, poses) }); n != 0 {
		t.Errorf("Publish allocates %v times: want 0", n)
	}
}
