package controller

import (
	"encoding/json"
	"math/bits"
	"time"
)

// Stats is what a run's timing was, for the table and the JSON of a run.
type Stats struct {
	Ticks    uint64
	Overruns uint64 // ticks that came a period or more late
	Skipped  uint64 // whole periods that were skipped because of them
	Clamped  uint64 // values that the guard clamped
	Period   time.Duration
	Late     Histogram
	Read     Histogram
	Act      Histogram
	Guard    Histogram
	Write    Histogram
}

func newStats(period time.Duration) Stats { return Stats{Period: period} }

func (s *Stats) add(x *Sample) {
	s.Ticks++
	if x.Timing.Skipped > 0 {
		s.Overruns++
		s.Skipped += uint64(x.Timing.Skipped)
	}
	s.Clamped += uint64(x.Clamped)
	s.Late.Add(x.Timing.Late)
	s.Read.Add(x.Timing.Read)
	s.Act.Add(x.Timing.Act)
	s.Guard.Add(x.Timing.Guard)
	s.Write.Add(x.Timing.Write)
}

// subBits sets the resolution of a Histogram: 2^subBits buckets an octave.
const subBits = 5

// Histogram counts durations in buckets of a logarithmic scale, 32 an octave,
// without allocating. A quantile is the upper end of its bucket: never less
// than the truth and at most 1/32 (3.1 %) more; the maximum is exact. Negative
// durations count as zero. The zero Histogram is ready.
type Histogram struct {
	n, max uint64
	counts [(65 - subBits) << subBits]uint64
}

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) {
	v := uint64(max(0, d))
	h.n++
	h.max = max(h.max, v)
	h.counts[bucket(v)]++
}

// Count is how many durations were added.
func (h *Histogram) Count() uint64 { return h.n }

// Max is the longest duration.
func (h *Histogram) Max() time.Duration { return time.Duration(h.max) }

// Quantile returns the duration that a fraction q of those added do not
// exceed; 0 when there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := uint64(q * float64(h.n))
	if float64(rank) < q*float64(h.n) {
		rank++
	}
	var seen uint64
	for i, c := range h.counts {
		if seen += c; c > 0 && seen >= rank {
			return time.Duration(min(upper(i), h.max))
		}
	}
	return 0
}

// bucket numbers the values: exact below 2^subBits, then subBits leading bits.
func bucket(v uint64) int {
	shift := max(0, bits.Len64(v)-subBits-1)
	return shift<<subBits + int(v>>shift)
}

// upper is the largest value of a bucket.
func upper(i int) uint64 {
	shift := max(0, i>>subBits-1)
	return (uint64(i-shift<<subBits)+1)<<shift - 1
}

// quantiles of a Histogram in µs, as JSON has them.
type quantiles struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func (h *Histogram) quantiles() quantiles {
	us := func(d time.Duration) float64 { return float64(d) / 1e3 }
	return quantiles{us(h.Quantile(0.5)), us(h.Quantile(0.99)), us(h.Quantile(0.999)), us(h.Max())}
}

// MarshalJSON gives the counts, and the quantiles p50, p99, p999 and max of the
// lateness and of each stage in µs.
func (s *Stats) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"ticks":     s.Ticks,
		"overruns":  s.Overruns,
		"skipped":   s.Skipped,
		"clamped":   s.Clamped,
		"period_us": float64(s.Period) / 1e3,
		"late_us":   s.Late.quantiles(),
		"stage_us": map[string]quantiles{
			"read": s.Read.quantiles(), "act": s.Act.quantiles(), "guard": s.Guard.quantiles(), "write": s.Write.quantiles(),
		},
	})
}
