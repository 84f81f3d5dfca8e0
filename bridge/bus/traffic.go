package bus

import (
	"fmt"
	"math"
	"time"
)

// Traffic is what one cycle puts on the bus.
type Traffic struct {
	Bytes int // 8N1: 10 bits each
	Baud  int
	// Delays are the pauses that devices make before they answer, all together,
	// and what else takes time besides the bytes.
	Delays time.Duration
}

// Time is how long a cycle takes.
func (t Traffic) Time() time.Duration {
	return time.Duration(math.Ceil(float64(t.Bytes)*10*1e9/float64(t.Baud))) + t.Delays
}

// share of a period that a cycle may take: the rest is for late starts, and so
// that a lost answer does not cost the next cycle.
const share = 0.8

// Check refuses a period that a cycle does not fit into, with the arithmetic.
func (t Traffic) Check(period time.Duration) error {
	if t.Baud <= 0 {
		return fmt.Errorf("bus: baud is %d, want the rate of the line", t.Baud)
	}
	limit := time.Duration(share * float64(period))
	if t.Time() <= limit {
		return nil
	}
	return fmt.Errorf("bus: a cycle takes %.2f ms (%d bytes of 10 bits at %d baud = %.2f ms, return delays %.2f ms): "+
		"want at most %.2f ms, %.0f %% of the period of %v: raise the baud rate, shorten the return delays, or run at %d Hz",
		ms(t.Time()), t.Bytes, t.Baud, ms(t.Time()-t.Delays), ms(t.Delays), ms(limit), 100*share, period, int(share/t.Time().Seconds()))
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }
