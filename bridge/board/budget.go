package board

import (
	"fmt"
	"math"
	"time"

	"whisker/bridge/wire"
	"whisker/controller/profile"
)

// share is the part of a line's bits that frames may take. What is left is for
// requests and their answers.
const share = 0.9

// bitsPerByte on the line: start, eight, stop.
const bitsPerByte = 10

// Budget is the share of a line's bits that a profile's commands take, or why
// they do not fit.
func Budget(p *profile.Profile) (float64, error) {
	used := p.RateHz * float64(wire.SizeOf(wire.TypeCommand)) * bitsPerByte / float64(p.Device.Baud)
	return used, fits("commands", wire.TypeCommand, p.RateHz, p.Device.Baud)
}

// fits refuses a rate of frames that the line cannot carry, with the arithmetic.
func fits(what string, t wire.Type, hz float64, baud int) error {
	n := wire.SizeOf(t)
	need := hz * float64(n) * bitsPerByte
	if need <= share*float64(baud) {
		return nil
	}
	return fmt.Errorf("board: %g %s/s of %d bytes, %d bits each, are %.0f bit/s; %d baud with %g %% in use carry %.0f: want at least %.0f baud, or at most %.0f %s/s",
		hz, what, n, bitsPerByte, need, baud, 100*share, share*float64(baud), math.Ceil(need/share), math.Floor(share*float64(baud)/float64(n*bitsPerByte)), what)
}

// airtime is how long a frame is on the line.
func airtime(t wire.Type, baud int) time.Duration {
	return time.Duration(wire.SizeOf(t)*bitsPerByte) * time.Second / time.Duration(baud)
}
