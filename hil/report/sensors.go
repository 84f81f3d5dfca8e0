package report

import (
	"fmt"
	"math"
	"slices"

	"whisker/controller"
)

// How much worse the second's sensors must be than the first's to be told of.
const (
	gyroBias    = 0.03 // rad/s
	speedFactor = 0.15
	speedShare  = 0.64 // of its square that differences of positions explain
	noiseFactor = 2.0
	noiseLeast  = 0.002 // rad
)

// sensors compares what each side's sensors say of each other: turning rates with
// differences of orientations, and the noise that is left when neighbouring
// positions are drawn a parabola through. Speeds are compared with those of the
// replay, given as a factor per joint: between two ticks they change more
// than any difference of positions could tell. That difference has to agree: a speed
// that rings after each command is read at another moment of its ringing where
// commands come a little later, which a replay alone takes for a slow sensor. And since
// that is so at all joints alike, one has to stand out from the middle one, unless that
// is apart itself. Joints whose speed is mostly that or noise tell nothing.
func (c *comparison) sensors(speeds []float64) (found []Candidate) {
	a, b := c.sense(first), c.sense(second)
	tell := func(of string, x float64, say string, args ...any) {
		found = append(found, Candidate{Causes: []string{KindSensor + " of " + of}, Kinds: []string{KindSensor}, Values: []Number{Number(x)},
			Say: fmt.Sprintf(say, args...), Explained: missing, Error: missing})
	}
	for i, axis := range []string{"x", "y", "z"} {
		if d := b.gyro[i] - a.gyro[i]; math.Abs(d) > gyroBias {
			tell("the gyroscope about "+axis, d, "the gyroscope of the second is biased by %+.3f rad/s about %s", d, axis)
		}
	}
	owns := make([]float64, len(speeds))
	for j := range owns {
		owns[j] = b.speed[j] / a.speed[j]
	}
	all, allOwn := common(speeds), common(owns)
	for j := range c.body.Joints {
		name := c.body.Joints[j].Name
		k, own := speeds[j], owns[j]
		apart := math.Min(k/all, own/allOwn) > 1+speedFactor || math.Max(k/all, own/allOwn) < 1-speedFactor
		if apart && math.Min(a.share[j], b.share[j]) > speedShare {
			tell("the speed of "+name, k-1, "the speed of %s is measured x%.2f", name, k)
		}
		if b.noise[j] > noiseFactor*a.noise[j] && b.noise[j]-a.noise[j] > noiseLeast {
			tell("the position of "+name, b.noise[j], "the position of %s has a noise of %.4f rad in place of %.4f", name, b.noise[j], a.noise[j])
		}
	}
	return found
}

// common is the middle one of factors, 1 where that is too far from it to be no fault.
func common(factors []float64) float64 {
	m := quantile(slices.Clone(factors), 0.5)
	if math.Abs(m-1) > speedFactor {
		return 1
	}
	return m
}

type senses struct {
	gyro  [3]float64 // bias against orientation, rad/s
	noise []float64  // per joint, rad
	speed []float64  // per joint: measured over the difference of positions
	share []float64  // per joint: of the speed's square that this explains
}

func (c *comparison) sense(side func(*stretch) []*controller.Sample) senses {
	nj := len(c.body.Joints)
	s := senses{noise: make([]float64, nj), speed: make([]float64, nj), share: make([]float64, nj)}
	bends, lines := make([][]float64, nj), make([]line, nj)
	var gyro [3][]float64
	dt := c.body.Period.Seconds()
	for i := range c.stretches {
		x := side(&c.stretches[i])
		for k := 3; k < len(x); k++ {
			if x[k].Tick != x[k-3].Tick+3 {
				continue
			}
			turn := rate(x[k-2].State.IMU.Quat, x[k].State.IMU.Quat, 2*dt)
			for a := range gyro {
				gyro[a] = append(gyro[a], x[k-1].State.IMU.Gyro[a]-turn[a])
			}
			for j := range nj {
				q := func(n int) float64 { return x[k-n].State.Pos[j] }
				lines[j].add((q(0)-q(2))/(2*dt), x[k-1].State.Vel[j])
				bends[j] = append(bends[j], math.Abs(q(0)-3*q(1)+3*q(2)-q(3)))
			}
		}
	}
	for a := range gyro {
		if c.body.Measures.IMU {
			s.gyro[a] = quantile(gyro[a], 0.5)
		}
	}
	for j := range nj {
		l := &lines[j]
		s.speed[j], s.share[j] = l.factor(), l.xy*l.xy/math.Max(l.xx*l.yy, 1e-9)
		slices.Sort(bends[j])
		if n := len(bends[j]); n > 0 { // of the quietest quarter: there the motion is slow
			s.noise[j] = bends[j][n/4] / 0.3186 / math.Sqrt(20)
		}
	}
	return s
}

// rate is the turning rate in the body's frame that leads from p to q in dt, rad/s.
func rate(p, q [4]float64, dt float64) (r [3]float64) {
	w := p[0]*q[0] + p[1]*q[1] + p[2]*q[2] + p[3]*q[3]
	sign := math.Copysign(2/dt, w)
	r[0] = sign * (p[0]*q[1] - p[1]*q[0] - p[2]*q[3] + p[3]*q[2])
	r[1] = sign * (p[0]*q[2] + p[1]*q[3] - p[2]*q[0] - p[3]*q[1])
	r[2] = sign * (p[0]*q[3] - p[1]*q[2] + p[2]*q[1] - p[3]*q[0])
	return r
}

// factor is that of y over x, 0.01 at least.
func (l *line) factor() float64 { return math.Max(0.01, l.xy/math.Max(l.xx, 1e-9)) }

// speedsOf is by what factor each joint's measured speed is that of the replay.
func (f *fitter) speedsOf(seen, pred []float64) []float64 {
	nj := len(f.body.Joints)
	lines := make([]line, nj)
	for i := range seen {
		if j := i%len(f.scale) - nj; j >= 0 && j < nj && math.Abs(seen[i]-pred[i]) < 2*huber*f.scale[nj+j]+math.Abs(pred[i])/2 {
			lines[j].add(pred[i], seen[i])
		}
	}
	out := make([]float64, nj)
	for j := range out {
		out[j] = lines[j].factor()
	}
	return out
}
