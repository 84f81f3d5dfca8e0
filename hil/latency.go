package hil

import (
	"time"

	"whisker/controller"
	"whisker/policy/motion"
)

// Latency is how old measurements are when their commands move motors, ms.
type Latency struct {
	State   Spread `json:"state"`   // from the measurement to the host's use of it
	Command Spread `json:"command"` // from there to the command's arrival
	Total   Spread `json:"total"`   // to the motors' first tick under the command
	// Echo is from a command to the first state that tells of it; nil where there is no line.
	Echo    *Spread `json:"echo,omitempty"`
	Virtual bool    `json:"virtual"` // by a clock that waits for this program
}

// Spread is a distribution, ms.
type Spread struct {
	P50  motion.Measure `json:"p50_ms"`
	P99  motion.Measure `json:"p99_ms"`
	P999 motion.Measure `json:"p99_9_ms"`
	Max  motion.Measure `json:"max_ms"`
}

func newLatency(state, command, total *controller.Histogram, virtual bool) *Latency {
	if total.Count() == 0 {
		return nil
	}
	return &Latency{State: spread(state), Command: spread(command), Total: spread(total), Virtual: virtual}
}

func spread(h *controller.Histogram) Spread {
	ms := func(d time.Duration) motion.Measure { return motion.Measure(d.Seconds() * 1000) }
	return Spread{ms(h.Quantile(0.5)), ms(h.Quantile(0.99)), ms(h.Quantile(0.999)), ms(h.Max())}
}
