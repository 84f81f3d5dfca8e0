package record

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"whisker/controller"
)

// testBody has everything that a body can have, in small numbers.
func testBody() *controller.Body {
	return &controller.Body{
		Name: "test", Period: 20 * time.Millisecond,
		Joints:    []controller.Joint{{Name: "hip"}, {Name: "knee"}},
		Actuators: []controller.Actuator{{Name: "hip", Joint: 0, Drive: controller.DrivePosition}, {Name: "knee", Joint: 1}, {Name: "tail", Joint: -1}},
		Root:      "torso", Feet: []string{"paw_L", "paw_R"},
	}
}

func testHeader() Header {
	return Header{
		Body:     testBody(),
		Scenario: []byte("robot: rat\n"),
		Frames:   []string{"world", "torso"},
		Shapes: []controller.Shape{
			{Frame: 0, Kind: "plane", Quat: [4]float64{1}},
			{Frame: 1, Kind: "capsule", Size: [3]float64{0.01, 0.02}, Quat: [4]float64{1}, RGBA: [4]float32{1, 1, 1, 1}},
		},
		Layers: []Layer{{"latent", 2}, {"action", 3}},
		Clips:  []string{"walk", `a "quoted" clip`},
		Policy: "abc", Model: "def", Firmware: "012", Seeds: map[string]uint64{"latent": math.MaxUint64, "a": 1},
		Kernel: "avx2", MuJoCo: "3.9", Version: "1", Started: "2026-01-02T03:04:05Z",
	}
}

// fill sets every number below v to a different value, so that a field which is
// not recorded is noticed, also one that is added later.
func fill(v reflect.Value, rng *rand.Rand) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), rng)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), rng)
		}
	case reflect.Float64, reflect.Float32:
		v.SetFloat(rng.NormFloat64())
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 1)
	case reflect.Uint8: // controller.Mode and FaultCode
		v.SetUint(uint64(1 + rng.IntN(4)))
	case reflect.Uint16, reflect.Uint64:
		v.SetUint(rng.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Int, reflect.Int64:
		v.SetInt(rng.Int64N(1 << 40))
	default:
		panic("fill: " + v.Kind().String())
	}
}

// tick is everything that one Put is handed.
type tick struct {
	sample      controller.Sample
	truth       controller.Truth
	frames      []float32
	activations []float32
}

func ticks(h *Header, n int) []tick {
	rng := rand.New(rand.NewPCG(1, 2))
	all := make([]tick, n)
	for i := range all {
		t := &all[i]
		t.sample = controller.NewSample(h.Body)
		t.truth.Contacts = make([]bool, len(h.Body.Feet))
		t.frames, t.activations = make([]float32, 7*len(h.Frames)), make([]float32, h.activations())
		fill(reflect.ValueOf(&t.sample).Elem(), rng)
		fill(reflect.ValueOf(&t.truth).Elem(), rng)
		for k := range t.frames {
			t.frames[k] = rng.Float32()
		}
		for k := range t.activations {
			t.activations[k] = float32(rng.NormFloat64())
		}
		t.sample.Tick = uint64(i)
		t.sample.State.Time = time.Duration(i) * h.Body.Period
	}
	return all
}

// record writes ticks to a file and returns its path.
func record(t *testing.T, h Header, all []tick) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.mcap")
	r, err := Create(path, h)
	if err != nil {
		t.Fatal(err)
	}
	r.Lossless = true
	r.Event(Event{Kind: KindRun, Text: "walk"})
	stop := start(r)
	for i := range all {
		r.Put(&all[i].sample, &all[i].truth, all[i].frames, all[i].activations)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if d := r.Dropped(); d != 0 {
		t.Fatalf("%d ticks dropped", d)
	}
	return path
}

// start runs r and returns what ends it.
func start(r *Recorder) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() error { cancel(); return <-done }
}

func open(t *testing.T, path string) *Reader {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// readTicks reads all ticks of a recording and the error that ended it.
func readTicks(t *testing.T, r *Reader) (all []tick, events []Event, end error) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := &r.Header
	for {
		m, err := r.Next()
		if err != nil {
			return all, events, err
		}
		if m.Topic == TopicSample {
			all = append(all, tick{sample: controller.NewSample(h.Body),
				truth:  controller.Truth{Contacts: make([]bool, len(h.Body.Feet))},
				frames: make([]float32, 7*len(h.Frames)), activations: make([]float32, h.activations())})
		}
		var last *tick
		if len(all) > 0 {
			last = &all[len(all)-1]
		}
		switch m.Topic {
		case TopicSample:
			must(r.Sample(m, &last.sample))
		case TopicTruth:
			must(r.Truth(m, &last.truth))
		case TopicFrames:
			must(r.Frames(m, last.frames))
		case TopicActivations:
			must(r.Activations(m, last.activations))
		case TopicEvent:
			e, err := r.Event(m)
			must(err)
			events = append(events, e)
		}
	}
}
