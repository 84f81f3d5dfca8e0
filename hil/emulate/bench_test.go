package emulate

import (
	"testing"

	"whisker/controller"
)

// BenchmarkLockstep reports how much faster than real time the firmware runs in
// lockstep, with a command every 20 ms.
func BenchmarkLockstep(b *testing.B) {
	for _, board := range boards {
		b.Run(board, func(b *testing.B) {
			r := lockstep(b, board)
			s, _ := play(b, r, 5)
			c := controller.NewCommand(r.body)
			b.ResetTimer()
			for n := range b.N {
				swing(r, n, &c)
				if err := r.Write(&c); err != nil {
					b.Fatal(err)
				}
				if err := r.Read(&s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(r.body.Period.Seconds()*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
		})
	}
}
