//go:build linux

package main

import (
	"time"

	"whisker/controller"
)

// still is a robot of twelve motors that measures nothing but zeros.
type still struct{ body controller.Body }

func newStill(period time.Duration) *still {
	r := &still{controller.Body{Name: "still", Period: period}}
	r.body.Limits.MaxCommandAge = time.Hour
	for range 12 {
		r.body.Actuators = append(r.body.Actuators, controller.Actuator{Joint: -1, Drive: controller.DriveImpedance,
			Min: -1, Max: 1, MaxRate: 10, MaxTorque: 10, Kp: 10, Kd: 1})
	}
	return r
}

func (r *still) Body() *controller.Body          { return &r.body }
func (r *still) Start() error                    { return nil }
func (r *still) Read(*controller.State) error    { return nil }
func (r *still) Write(*controller.Command) error { return nil }
func (r *still) Halt() error                     { return nil }

// countdown is a policy that holds still for so many ticks.
type countdown struct{ left int }

func (p *countdown) Act(*controller.State, *controller.Command) error {
	if p.left--; p.left < 0 {
		return controller.ErrDone
	}
	return nil
}

// node is 64 bytes that the garbage collector has to follow.
type node struct {
	next *node
	_    [56]byte
}

// litter keeps a heap of linked nodes alive and makes garbage at a steady rate,
// until the function that it returns is called.
func litter(heapMB, garbageMB int) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	keep := chain(heapMB << 20)
	go func() {
		defer close(ended)
		const beat = 2 * time.Millisecond
		tick := time.NewTicker(beat)
		defer tick.Stop()
		last := time.Now()
		for {
			select {
			case <-done:
				_ = keep.next
				return
			case now := <-tick.C:
				chain(int(now.Sub(last).Seconds() * float64(garbageMB<<20)))
				last = now
			}
		}
	}()
	return func() { close(done); <-ended }
}

// chain makes a list of so many bytes.
func chain(bytes int) *node {
	head := new(node)
	for range bytes / 64 {
		head = &node{next: head}
	}
	return head
}
