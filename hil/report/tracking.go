package report

import (
	"fmt"
	"math"

	"whisker/controller"
)

// comparison is what the items compare: two recordings and what they share.
type comparison struct {
	*shared
	a, b  *recording
	gates *Gates
	// difference is what the fits found; nil where they could not be made.
	difference *Difference
}

// errors of joint positions: squares, magnitudes, and how many.
type errorsOf struct {
	square, magnitude []float64
	n                 int
}

func (c *comparison) positionErrors() errorsOf {
	nj := len(c.body.Joints)
	e := errorsOf{make([]float64, nj), make([]float64, nj), 0}
	c.each(func(x, y *controller.Sample) {
		for j := range nj {
			d := x.State.Pos[j] - y.State.Pos[j]
			e.square[j] += d * d
			e.magnitude[j] += math.Abs(d)
		}
		e.n++
	})
	return e
}

// each visits the ticks in common.
func (c *comparison) each(f func(x, y *controller.Sample)) {
	for i := range c.stretches {
		s := &c.stretches[i]
		for k := range s.a {
			f(s.a[k], s.b[k])
		}
	}
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// rmse is item 1: how far the joints are apart.
func (c *comparison) rmse() Item {
	e := c.positionErrors()
	it := Item{Number: 1, Name: "Joint position RMSE", Unit: "rad"}
	worst, at := 0.0, 0
	root := make([]float64, len(e.square))
	for j := range root {
		root[j] = math.Sqrt(e.square[j] / float64(e.n))
		it.Joints = append(it.Joints, Number(root[j]))
		if root[j] > worst {
			worst, at = root[j], j
		}
	}
	it.Value = Number(mean(root))
	it.Note = fmt.Sprintf("mean over %d joints, %d ticks; worst is %s with %.4f rad", len(root), e.n, c.body.Joints[at].Name, worst)
	if c.commands > 1e-9 {
		it.Note += fmt.Sprintf("; the commands differ by up to %.3f rad: a policy answered what it saw", c.commands)
	} else {
		it.Note += "; the commands are the same"
	}
	return it
}

// judgeRMSE holds the worst joint to a gate of its own.
func (c *comparison) judgeRMSE(it *Item) {
	it.judge(c.gates.RMSE, c.gates.FloorFactor)
	for j, v := range it.Joints {
		if bound := math.Max(c.gates.WorstRMSE, 3*float64(it.Gate)); float64(v) > bound && it.Verdict == Pass {
			it.Verdict = Fail
			it.Note += fmt.Sprintf("; %s is above the %.4f rad of a single joint", c.body.Joints[j].Name, bound)
		}
	}
}

// mae is item 2.
func (c *comparison) mae() Item {
	e := c.positionErrors()
	it := Item{Number: 2, Name: "Joint position MAE", Unit: "rad"}
	for j := range e.magnitude {
		e.magnitude[j] /= float64(e.n)
		it.Joints = append(it.Joints, Number(e.magnitude[j]))
	}
	it.Value = Number(mean(e.magnitude))
	it.Note = "mean absolute difference of joint positions"
	return it
}

// torqueRMSE is item 3: the difference of measured torques over the RMS of the
// second's.
func (c *comparison) torqueRMSE() Item {
	it := Item{Number: 3, Name: "Torque RMSE / RMS", Unit: "", Value: missing}
	if !c.a.header.Body.Measures.Torque || !c.b.header.Body.Measures.Torque {
		it.Note = "one of the two does not measure torque"
		return it
	}
	square, size, n := 0.0, 0.0, 0
	per := make([][2]float64, len(c.body.Actuators))
	c.each(func(x, y *controller.Sample) {
		for i := range x.State.Torque {
			d := x.State.Torque[i] - y.State.Torque[i]
			square += d * d
			size += y.State.Torque[i] * y.State.Torque[i]
			per[i][0] += d * d
			per[i][1] += y.State.Torque[i] * y.State.Torque[i]
			n++
		}
	})
	if size == 0 {
		it.Note = "all torques of the second are zero"
		return it
	}
	for i := range per {
		it.Joints = append(it.Joints, Number(math.Sqrt(per[i][0]/per[i][1])))
	}
	it.Value = Number(math.Sqrt(square / size))
	it.Note = fmt.Sprintf("RMSE %.3f N·m, RMS of the second %.3f N·m", math.Sqrt(square/float64(n)), math.Sqrt(size/float64(n)))
	return it
}

// estimator is item 4: the torque that the command asks for, against the one that
// the second measured.
func (c *comparison) estimator() Item {
	it := Item{Number: 4, Name: "Torque asked for against measured: slope error", Unit: "", Value: missing}
	if !c.b.header.Body.Measures.Torque {
		it.Note = "the second does not measure torque"
		return it
	}
	var blocks []line
	for i := range c.stretches {
		s := c.stretches[i].b
		for k := 0; k+1 < len(s); k++ {
			if k%25 == 0 {
				blocks = append(blocks, line{})
			}
			c.askedAt(&blocks[len(blocks)-1], s[k], s[k+1])
		}
	}
	var sum line
	for i := range blocks {
		sum.merge(&blocks[i])
	}
	slope, offset, rms := sum.solve()
	if math.IsNaN(slope) {
		it.Note = "no motor obeys an impedance command"
		return it
	}
	low, high := interval(len(blocks), func(pick func() int) float64 {
		var s line
		for range blocks {
			s.merge(&blocks[pick()])
		}
		v, _, _ := s.solve()
		return v
	})
	it.Value = Number(math.Abs(slope - 1))
	it.Note = fmt.Sprintf("slope %.3f (95 %% from %.3f to %.3f), offset %+.3f N·m, RMSE %.3f N·m", slope, low, high, offset, rms)
	return it
}

// askedAt enters what each motor was asked for in the tick between two samples,
// by the impedance law at the second's state, and what was measured there.
func (c *comparison) askedAt(l *line, x, y *controller.Sample) {
	if y.Tick != x.Tick+1 {
		return
	}
	for i := range c.body.Actuators {
		a := &c.body.Actuators[i]
		if a.Drive != controller.DriveImpedance {
			continue
		}
		l.add(math.Max(-a.MaxTorque, math.Min(a.MaxTorque, asked(x, y, i))), y.State.Torque[i])
	}
}

// asked is the torque that the command of x asks of motor i in the state of y, N·m.
func asked(x, y *controller.Sample, i int) float64 {
	c := &x.Command
	return c.Kp[i]*(c.Pos[i]-y.State.ActPos[i]) + c.Kd[i]*(c.Vel[i]-y.State.ActVel[i]) + c.Torque[i]
}

// line is a regression of y on x, by its sums.
type line struct{ n, x, y, xx, xy, yy float64 }

func (l *line) add(x, y float64) {
	l.merge(&line{1, x, y, x * x, x * y, y * y})
}

func (l *line) merge(o *line) {
	l.n, l.x, l.y = l.n+o.n, l.x+o.x, l.y+o.y
	l.xx, l.xy, l.yy = l.xx+o.xx, l.xy+o.xy, l.yy+o.yy
}

func (l *line) solve() (slope, offset, rms float64) {
	d := l.n*l.xx - l.x*l.x
	if l.n < 2 || d <= 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	slope = (l.n*l.xy - l.x*l.y) / d
	offset = (l.y - slope*l.x) / l.n
	ss := l.yy - slope*l.xy - offset*l.y
	return slope, offset, math.Sqrt(math.Max(0, ss/l.n))
}
