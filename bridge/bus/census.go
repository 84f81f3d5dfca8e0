package bus

import (
	"fmt"
	"strings"
	"time"
)

// Census is who answers on a bus.
type Census struct {
	Missing []int
	// Twice are the ids that answer more than once, or garbled, as two devices with
	// one id do when they talk at the same time.
	Twice []int
}

// askWait is how long a device has to answer a census besides what its bytes need;
// each time that it is asked again twice as long, for what is missing may be late on
// a busy host.
const askWait = 50 * time.Millisecond

// Again is for how long a second answer to one question is waited for.
const Again = 5 * time.Millisecond

// asks is how often.
const asks = 3

// TakeCensus asks ids until each has answered once. Ask counts the answers to one
// question that come within a wait, and says what is wrong with them. The error
// means that the line is of no more use.
func TakeCensus(l *Line, ids []int, ask func(id int, wait time.Duration) (int, error)) (c Census, err error) {
	odd, silent := ids, true
	for wait, left := askWait, asks; left > 0 && len(odd) > 0; wait, left = 2*wait, left-1 {
		var still []int
		c = Census{}
		for _, id := range odd {
			if len(still) > 0 || left < asks {
				l.Settle(wait)
			}
			n, err := ask(id, wait)
			switch {
			case Gone(err):
				return c, err
			case n == 1 && err == nil:
				silent = false
				continue
			case n == 0 && err == nil:
				c.Missing = append(c.Missing, id)
			default:
				c.Twice, silent = append(c.Twice, id), false
			}
			still = append(still, id)
		}
		if odd = still; silent {
			break // at all: not late
		}
	}
	return c, nil
}

// Faults lists what is wrong, one after the other; "" is nothing.
func (c *Census) Faults() string {
	var s []string
	for _, f := range [...]struct {
		what string
		ids  []int
	}{{"missing", c.Missing}, {"garbled or there twice", c.Twice}} {
		if len(f.ids) > 0 {
			s = append(s, f.what+": id "+strings.Trim(strings.Join(strings.Fields(fmt.Sprint(f.ids)), ", "), "[]"))
		}
	}
	return strings.Join(s, "; ")
}
