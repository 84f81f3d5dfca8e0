package prove

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// Rates count draws by how many causes were seeded. Seen are those of what a report
// measures without a fit: saturation and sensors.
type Rates struct {
	Singles, Pairs, None, Seen Rate
}

// Rate is how many of how many. Of None it counts false claims.
type Rate struct{ Hits, Of int }

// Share is that as a number from 0 to 1; 0 of nothing is 0.
func (r Rate) Share() float64 { return float64(r.Hits) / float64(max(r.Of, 1)) }

// Count counts draws.
func Count(draws []*Draw) (r Rates) {
	for _, d := range draws {
		to, hit := &r.Singles, d.Right()
		switch {
		case len(d.Causes) == 0:
			to, hit = &r.None, len(d.Named) > 0
		case len(d.Causes) == 2:
			to = &r.Pairs
		case d.seen():
			to = &r.Seen
		}
		to.Of++
		if hit {
			to.Hits++
		}
	}
	return r
}

// Bars of a proof.
const (
	SinglesRight = 0.90
	PairsRight   = 0.75
	FalseClaims  = 0.05
)

// Met tells which bar was missed; nil for none.
func (r Rates) Met() error {
	var missed []error
	if r.Singles.Share() < SinglesRight {
		missed = append(missed, fmt.Errorf("prove: single causes are named right in %.0f %%, at least %.0f %% are wanted", 100*r.Singles.Share(), 100*SinglesRight))
	}
	if r.Pairs.Share() < PairsRight {
		missed = append(missed, fmt.Errorf("prove: pairs are named right in %.0f %%, at least %.0f %% are wanted", 100*r.Pairs.Share(), 100*PairsRight))
	}
	if r.Seen.Share() < SinglesRight {
		missed = append(missed, fmt.Errorf("prove: saturation and sensors are named right in %.0f %%, at least %.0f %% are wanted", 100*r.Seen.Share(), 100*SinglesRight))
	}
	if r.None.Share() > FalseClaims {
		missed = append(missed, fmt.Errorf("prove: causes are claimed of identical robots in %.0f %%, at most %.0f %% are allowed", 100*r.None.Share(), 100*FalseClaims))
	}
	return errors.Join(missed...)
}

// Table prints the rates.
func (r Rates) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "seeded\tdraws\tright\tshare\twanted\t")
	fmt.Fprintf(t, "one cause\t%d\t%d\t%.0f %%\t>= %.0f %%\t\n", r.Singles.Of, r.Singles.Hits, 100*r.Singles.Share(), 100*SinglesRight)
	fmt.Fprintf(t, "two causes\t%d\t%d\t%.0f %%\t>= %.0f %%\t\n", r.Pairs.Of, r.Pairs.Hits, 100*r.Pairs.Share(), 100*PairsRight)
	fmt.Fprintf(t, "saturation, a sensor\t%d\t%d\t%.0f %%\t>= %.0f %%\t\n", r.Seen.Of, r.Seen.Hits, 100*r.Seen.Share(), 100*SinglesRight)
	fmt.Fprintf(t, "nothing: false claims\t%d\t%d\t%.0f %%\t<= %.0f %%\t\n", r.None.Of, r.None.Hits, 100*r.None.Share(), 100*FalseClaims)
	return t.Flush()
}
