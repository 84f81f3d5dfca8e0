//go:build !linux

package controller

import (
	"errors"
	"time"
)

// kernelTime is not needed to sleep here.
func kernelTime() time.Duration { return 0 }

// sleepUntil sleeps to a time of p.Clock, as well as the system does.
func (p *Realtime) sleepUntil(t time.Duration) error {
	time.Sleep(t - p.Clock())
	return nil
}

// systemSteps has nothing to ask of this system.
func systemSteps(*Realtime, RealtimeOptions) []step {
	return []step{{"real-time scheduling is set up on Linux only", func() (func(), error) {
		return nil, errors.New("the loop sleeps as well as this system does")
	}}}
}
