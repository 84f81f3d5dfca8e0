package simulated

import (
	"context"
	"math"
	"time"

	"whisker/bridge/witmotion"
)

// Witmotion is an inertial unit at rest and level. It answers nothing.
type Witmotion struct{}

// Take drops what a host says; see Bus.
func (Witmotion) Take(b []byte, _ time.Time) (n int, answer []byte) { return len(b), nil }

// Stream sends samples on a line until ctx is done or the line is closed.
func (Witmotion) Stream(ctx context.Context, l *Line, period time.Duration) {
	t := time.NewTicker(period)
	defer t.Stop()
	g := int16(math.Round(32768. / 16))
	var b []byte
	for _, f := range []witmotion.Frame{{Kind: witmotion.Acceleration, Values: [4]int16{0, 0, g}}, {Kind: witmotion.Rate}} {
		b = witmotion.Append(b, &f)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if l.Say(b) != nil {
				return
			}
		}
	}
}
