package report

import (
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"

	"whisker/controller"
)

// segment is the length of what is transformed at once, in ticks; segments
// overlap by half (Welch 1967).
const segment = 64

// response is the frequency response from command to joint.
type response struct {
	hz                   []float64
	gain, phase, coheres []float64 // ratio, rad, 0 to 1
	segments             int
}

// responseOf averages the spectra of one side over its segments and joints.
func (c *comparison) responseOf(joints []int, side func(*stretch) []*controller.Sample) response {
	fft := fourier.NewFFT(segment)
	n := segment/2 + 1
	cc, qq, cq := make([]float64, n), make([]float64, n), make([]complex128, n)
	r := response{}
	x, y := make([]float64, segment), make([]float64, segment)
	for i := range c.stretches {
		s := side(&c.stretches[i])
		for at := 0; at+segment <= len(s); at += segment / 2 {
			if s[at+segment-1].Tick != s[at].Tick+segment-1 { // a tick is missing
				continue
			}
			r.segments++
			for _, j := range joints {
				for t := range segment {
					x[t], y[t] = s[at+t].Command.Pos[j], s[at+t].State.Pos[j]
				}
				a, b := spectrum(fft, x), spectrum(fft, y)
				for f := range n {
					cc[f] += real(a[f] * cmplx.Conj(a[f]))
					qq[f] += real(b[f] * cmplx.Conj(b[f]))
					cq[f] += cmplx.Conj(a[f]) * b[f]
				}
			}
		}
	}
	for f := 1; f < n-1; f++ {
		h := cq[f] / complex(cc[f], 0)
		r.hz = append(r.hz, float64(f)/segment/c.body.Period.Seconds())
		r.gain, r.phase = append(r.gain, cmplx.Abs(h)), append(r.phase, cmplx.Phase(h))
		r.coheres = append(r.coheres, real(cq[f]*cmplx.Conj(cq[f]))/(cc[f]*qq[f]))
	}
	return r
}

// spectrum transforms a segment without its mean, under a Hann window.
func spectrum(fft *fourier.FFT, v []float64) []complex128 {
	m, w := mean(v), make([]float64, len(v))
	for i := range v {
		w[i] = (v[i] - m) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(v)-1)))
	}
	return fft.Coefficients(nil, w)
}

// frequency is item 7: the largest difference of gain, and of phase, where both
// sides cohere. The phase, in its own gate's units, counts where it is worse.
func (c *comparison) frequency() Item {
	it := Item{Number: 7, Name: "Frequency response: largest difference of gain", Unit: "dB", Value: missing}
	joints := c.actuated()
	if len(joints) == 0 {
		it.Note = "no actuator is told positions of a joint of its own"
		return it
	}
	a, b := c.responseOf(joints, first), c.responseOf(joints, second)
	if a.segments < 4 {
		it.Note = fmt.Sprintf("%d segments of %d ticks, 4 are needed: record for longer", a.segments, segment)
		return it
	}
	gain, phase, reach := 0.0, 0.0, 0.0
	for f := range a.hz {
		dB, deg := 20*math.Log10(b.gain[f]/a.gain[f]), (b.phase[f]-a.phase[f])*180/math.Pi
		deg = math.Remainder(deg, 360)
		it.Rows = append(it.Rows, Row{Name: fmt.Sprintf("%.2f Hz", a.hz[f]), Value: []Number{Number(a.hz[f]),
			Number(20 * math.Log10(a.gain[f])), Number(20 * math.Log10(b.gain[f])), Number(a.phase[f] * 180 / math.Pi), Number(b.phase[f] * 180 / math.Pi),
			Number(a.coheres[f]), Number(b.coheres[f])}})
		if !(math.Min(a.coheres[f], b.coheres[f]) > 0.9) { // nor where nothing was told
			continue
		}
		gain, phase, reach = math.Max(gain, math.Abs(dB)), math.Max(phase, math.Abs(deg)), a.hz[f]
	}
	if reach == 0 {
		it.Note = "nowhere is the coherence of both above 0.9"
		return it
	}
	it.Value = Number(math.Max(gain, phase*c.gates.Gain/c.gates.Phase))
	it.Note = fmt.Sprintf("largest difference up to %.1f Hz, where the coherence is above 0.9: %.2f dB, %.1f°", reach, gain, phase)
	if it.Value > Number(gain) {
		it.Note += fmt.Sprintf("; the phase is the worse, %g° counting as %g dB", c.gates.Phase, c.gates.Gain)
	}
	return it
}
