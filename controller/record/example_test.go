package record_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"whisker/controller"
	"whisker/controller/record"
)

// Three ticks are recorded and read back.
func Example() {
	dir, err := os.MkdirTemp("", "record")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "run.mcap")
	body := &controller.Body{Name: "leg", Period: 20 * time.Millisecond,
		Joints: []controller.Joint{{Name: "knee", Min: -1, Max: 1}}}

	rec, err := record.Create(path, record.Header{Body: body, Version: "0.1", Clips: []string{"walk"}})
	if err != nil {
		panic(err)
	}
	ctx, end := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- rec.Run(ctx) }()
	rec.Event(record.Event{Kind: record.KindRun, Text: "walk"})
	sample := controller.NewSample(body)
	for i := range 3 { // in earnest: Loop.OnSample
		sample.Tick, sample.State.Time, sample.State.Pos[0] = uint64(i), time.Duration(i)*body.Period, 0.1*float64(i)
		rec.Put(&sample, nil, nil, nil)
	}
	end()
	if err := <-done; err != nil {
		panic(err)
	}

	r, err := record.Open(path)
	if err != nil {
		panic(err)
	}
	defer r.Close()
	fmt.Println(r.Header.Body.Name, r.Header.Clips)
	for {
		m, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(err)
		}
		switch m.Topic {
		case record.TopicEvent:
			e, err := r.Event(m)
			fmt.Println(e.Kind, e.Text, err)
		case record.TopicSample:
			err := r.Sample(m, &sample)
			fmt.Println(sample.Tick, sample.State.Time, sample.State.Pos[0], err)
		}
	}
	// Output:
	// leg [walk]
	// run walk <nil>
	// 0 0s 0 <nil>
	// 1 20ms 0.1 <nil>
	// 2 40ms 0.2 <nil>
}
