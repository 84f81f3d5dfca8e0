package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"whisker/controller"
)

// distribution is item 8: whether the two visit states alike, without any
// alignment in time. The figure is the share of shuffles of half-second blocks
// between the two that are as far apart as they are (maximum mean discrepancy,
// Gretton et al. 2012); Wasserstein distances say where.
func (c *comparison) distribution() Item {
	it := Item{Number: 8, Name: "Distribution of states: p of the same", Unit: "", AtLeast: true, Value: missing}
	nj := len(c.body.Joints)
	for j := range nj {
		x, y := c.column(j, first), c.column(j, second)
		it.Joints = append(it.Joints, Number(wasserstein(x, y)))
	}
	var w []float64
	for _, v := range it.Joints {
		w = append(w, float64(v))
	}
	points, block := c.points()
	blocks := 0
	if len(block) > 0 {
		blocks = block[len(block)-1] + 1
	}
	if blocks < 8 {
		it.Note = fmt.Sprintf("%d blocks of half a second, 8 are needed: record for longer", blocks)
		return it
	}
	mmd, p := discrepancy(points, block, blocks)
	it.Value = Number(p)
	it.Note = fmt.Sprintf("MMD² %.2g between positions and speeds, blocks of half a second shuffled; Wasserstein-1 of a joint's position %.4f rad in the mean, %.4f rad at most",
		mmd, mean(w), slices.Max(w))
	return it
}

// column is a joint's positions on one side.
func (c *comparison) column(j int, side func(*stretch) []*controller.Sample) (v []float64) {
	for i := range c.stretches {
		for _, s := range side(&c.stretches[i]) {
			v = append(v, s.State.Pos[j])
		}
	}
	return v
}

// wasserstein is the distance between two samples of as many numbers: the mean
// distance of the sorted ones.
func wasserstein(x, y []float64) float64 {
	slices.Sort(x)
	slices.Sort(y)
	sum := 0.0
	for i := range x {
		sum += math.Abs(x[i] - y[i])
	}
	return sum / float64(len(x))
}

// points are some states of both sides, normalised, and the block of each: those
// of the first have even numbers, the second's are odd.
func (c *comparison) points() (points [][]float64, block []int) {
	per := max(1, int(0.5/c.body.Period.Seconds()))
	every := max(1, c.ticks()/250)
	tick, base := 0, 0
	for i := range c.stretches {
		s := &c.stretches[i]
		for k := range s.a {
			if tick++; tick%every != 0 {
				continue
			}
			for side, x := range []*controller.Sample{s.a[k], s.b[k]} {
				points = append(points, append(slices.Clone(x.State.Pos), x.State.Vel...))
				block = append(block, base+2*(k/per)+side)
			}
		}
		base += 2 * (len(s.a)/per + 1)
	}
	return normalised(points), renumber(block)
}

// renumber closes the gaps that blocks without points leave, pair by pair.
func renumber(block []int) []int {
	seen, next := map[int]int{}, 0
	for i, b := range block {
		if _, ok := seen[b/2]; !ok {
			seen[b/2] = next
			next++
		}
		block[i] = 2*seen[b/2] + b%2
	}
	return block
}

func normalised(p [][]float64) [][]float64 {
	for d := range len(p[0]) {
		m, square := 0.0, 0.0
		for i := range p {
			m += p[i][d] / float64(len(p))
		}
		for i := range p {
			square += (p[i][d] - m) * (p[i][d] - m) / float64(len(p))
		}
		for i := range p {
			p[i][d] = (p[i][d] - m) / math.Max(math.Sqrt(square), 1e-9)
		}
	}
	return p
}

// discrepancy is the squared MMD between odd and even blocks under a Gaussian
// kernel of the median distance, and the share of other ways to deal the blocks
// out to two sides that give as much.
func discrepancy(p [][]float64, block []int, blocks int) (mmd, share float64) {
	kernel := kernelOf(p, block, blocks)
	value := func(sign []float64) (sum float64) {
		for a := range kernel {
			for b := range kernel[a] {
				sum += sign[a] * sign[b] * kernel[a][b]
			}
		}
		n := float64(len(p)) / 2
		return sum / n / n
	}
	sign := make([]float64, blocks)
	for b := range sign {
		sign[b] = float64(1 - 2*(b%2))
	}
	mmd = value(sign)
	rng := rand.New(rand.NewPCG(2, uint64(blocks)))
	more := 1
	for range resamples - 1 {
		rng.Shuffle(blocks, func(a, b int) { sign[a], sign[b] = sign[b], sign[a] })
		if value(sign) >= mmd {
			more++
		}
	}
	return mmd, float64(more) / resamples
}

// kernelOf sums the kernel over the points of each pair of blocks.
func kernelOf(p [][]float64, block []int, blocks int) [][]float64 {
	var all []float64
	for i := range p {
		for j := range i {
			all = append(all, distance2(p[i], p[j]))
		}
	}
	width := math.Max(quantile(all, 0.5), 1e-12)
	k := make([][]float64, blocks)
	for b := range k {
		k[b] = make([]float64, blocks)
	}
	for i := range p {
		for j := range p {
			k[block[i]][block[j]] += math.Exp(-distance2(p[i], p[j]) / width)
		}
	}
	return k
}

func distance2(a, b []float64) (sum float64) {
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return sum
}
