package view_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"whisker/bridge/view"
	"whisker/controller"
)

// A loop publishes each tick; whoever opens the URL sees the newest.
func Example() {
	body := &controller.Body{Name: "pendulum", Period: 20 * time.Millisecond, Root: "rod"}
	server, err := view.New(view.Options{
		Addr:     "127.0.0.1:0",
		Body:     body,
		Frames:   []string{"rod"},
		Shapes:   []controller.Shape{{Frame: 0, Kind: "capsule", Size: [3]float64{0.01, 0.1}, Quat: [4]float64{1}, RGBA: [4]float32{0, 0.5, 0.5, 1}}},
		Commands: &controller.Input{},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error)
	go func() { done <- server.Run(ctx) }()

	sample := controller.NewSample(body)
	server.Publish(&sample, []float32{0, 0, 0.2, 1, 0, 0, 0}, nil, nil)

	page, err := http.Get(server.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	page.Body.Close()
	fmt.Println(page.Status)
	cancel()
	fmt.Println(<-done)
	// Output:
	// 200 OK
	// <nil>
}
