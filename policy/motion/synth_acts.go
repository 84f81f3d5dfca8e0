package motion

import (
	"math"
	"math/rand/v2"
)

// pulse rises from 0 to 1 within rise, stays, and falls within fall, s.
type pulse struct{ at, rise, hold, fall float64 }

func (p pulse) value(t float64) float64 {
	return smoothStep((t-p.at)/p.rise) * (1 - smoothStep((t-p.at-p.rise-p.hold)/p.fall))
}

// within draws a number from lo to hi.
func within(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

// sketchHeadTurn looks from one place to the next, half a second to a second and
// a half at each: as far to the side as the neck goes, up, and down to the floor.
func sketchHeadTurn(frames []frame, rng *rand.Rand) {
	seconds := float64(len(frames)) / clipRate
	from, to := [2]float64{}, [2]float64{}
	start, until, move := 0.0, within(rng, 0.3, 0.6), 0.3
	for i := range frames {
		t := float64(i) / clipRate
		if t > until {
			from, start = to, t
			move = within(rng, 0.3, 0.6)
			until = t + move + within(rng, 0.2, 0.9)
			to = [2]float64{within(rng, -0.5, 0.5), within(rng, -0.2, 0.35)}
			if until > seconds-1.0 {
				to, until = [2]float64{}, math.Inf(1)
			}
		}
		k := smoothStep((t - start) / move)
		look, neck := from[0]+k*(to[0]-from[0]), from[1]+k*(to[1]-from[1])
		f := &frames[i]
		f.look += look
		f.neck += neck
		f.bend += 0.15 * look
		f.tilt += 0.2 * look
	}
}

// sketchLunge reaches 15 to 28 mm forward over planted feet within a quarter of a
// second, nose down, and comes back, once or twice.
func sketchLunge(frames []frame, rng *rand.Rand) {
	seconds := float64(len(frames)) / clipRate
	for t := within(rng, 0.4, 0.8); t+1.6 < seconds; t += within(rng, 1.7, 2.5) {
		p := pulse{at: t, rise: within(rng, 0.18, 0.3), hold: within(rng, 0.1, 0.4), fall: within(rng, 0.4, 0.6)}
		reach, nod, side := within(rng, 0.015, 0.028), within(rng, 0.05, 0.15), within(rng, -0.2, 0.2)
		for i := range frames {
			k := p.value(float64(i) / clipRate)
			f := &frames[i]
			f.x += k * reach
			f.height -= k * 0.3 * reach
			f.pitch -= k * nod
			f.neck -= k * nod
			f.look += k * side
		}
	}
}

// sketchRear takes the weight onto the hind feet, rears past 70 degrees, looks
// about, and comes down. The hips stay low and behind the feet, so that the heels
// stay on the floor: on its toes alone the body would have to balance on 5 mm, and
// falls back. Real rats do: the tilt of the trunk passes 90 degrees in
// one frame of twenty (Aldarondo et al. 2024, 210,500 frames).
func (r *rat) sketchRear(frames []frame, rng *rand.Rand) {
	seconds := float64(len(frames)) / clipRate
	up := pulse{at: within(rng, 0.4, 0.7), rise: within(rng, 0.9, 1.2), fall: within(rng, 0.9, 1.2)}
	up.hold = within(rng, 0.1, 0.5) + math.Max(0, seconds-5)*rng.Float64()
	up.hold = math.Min(up.hold, seconds-0.8-up.at-up.rise-up.fall)
	angle := within(rng, 1.24, 1.36)
	paws := [3]float64{0.045, 0.016, -0.055}
	r.sitUp(frames, sitting{up: up, angle: always(angle), behind: 0.016, rise: always(-0.006), arch: always(0), paws: paws, ahead: 0.6})
	look := within(rng, -0.3, 0.3)
	for i := range frames {
		k := up.value(float64(i) / clipRate)
		frames[i].look += k * look
		frames[i].neck += 0.15 * k
	}
}

// sketchUpright rears with the small of the back stretched, which lifts the trunk over hips that
// stay low, stays up for as long as the clip allows, and sways there: trunk, hips, back and neck, each
// in its own time. A recorded rat stood so for two seconds, the torso at 159 mm (at 134 with its heels on the
// floor), its lumbar vertebrae at 0.25 and 0.48 rad; sketchRear's torso is at 100. One that comes walking goes
// up as it stops, a tenth of a second after its hind feet came down for good.
func (r *rat) sketchUpright(n int, rng *rand.Rand) []frame {
	var frames []frame
	var c *course // of one that comes walking
	if rng.Float64() < 0.5 {
		c = newCourse(within(rng, 1.2, 2.2), within(rng, 0.15, 0.6), within(rng, -3, 3), 0, r.posture, rng)
		frames = r.sketchWalk(n, c, rng.Float64() < 0.5, rng)
	} else {
		frames = r.sketchStand(n, rng)
	}
	seconds := float64(n) / clipRate
	up := pulse{at: within(rng, 0.4, 0.7), rise: within(rng, 0.35, 1.1), fall: within(rng, 0.6, 1.1)}
	if c != nil {
		up.at = c.stop - within(rng, 0, 0.3)
		for i := range frames {
			if !frames[i].paws[leftHind].down || !frames[i].paws[rightHind].down {
				up.at = math.Max(up.at, float64(i)/clipRate+0.1)
			}
		}
	}
	up.hold = seconds - within(rng, 0.7, 1) - up.at - up.rise - up.fall
	s := sitting{
		up: up, angle: swaying(within(rng, 1.24, 1.5), 0.06, rng), behind: within(rng, 0.01, 0.018),
		rise: swaying(within(rng, -0.006, 0.014), 0.002, rng), arch: swaying(within(rng, 0.1, 0.5), 0.05, rng), ahead: within(rng, 0.3, 0.6),
		paws: [3]float64{within(rng, 0.035, 0.06), within(rng, 0.01, 0.02), within(rng, -0.06, -0.035)}, walked: c != nil,
	}
	r.sitUp(frames, s)
	neck, look, bend, yaw := swaying(within(rng, 0, 0.3), 0.15, rng), swaying(0, 0.3, rng), swaying(0, 0.06, rng), swaying(0, 0.1, rng)
	for i := range frames {
		t := float64(i) / clipRate
		k, f := up.value(t), &frames[i]
		f.neck += k * neck(t)
		f.look += k * look(t)
		f.bend += k * bend(t)
		f.yaw += k * yaw(t)
	}
	return frames
}

// always stays at v.
func always(v float64) func(t float64) float64 { return func(float64) float64 { return v } }

// swaying wanders about v, by size at most, once in one to four seconds.
func swaying(v, size float64, rng *rand.Rand) func(t float64) float64 {
	slow, fast, at, then := within(rng, 0.25, 0.5), within(rng, 0.5, 1), within(rng, 0, 2*math.Pi), within(rng, 0, 2*math.Pi)
	return func(t float64) float64 {
		return v + size*(0.6*math.Sin(2*math.Pi*slow*t+at)+0.4*math.Sin(2*math.Pi*fast*t+then))
	}
}

// sketchGroom sits back and strokes the face with both forepaws at 5 to 7 Hz,
// the rate of a rat's elliptical strokes (Berridge & Fentress 1986, J Neurosci
// 6:325), in bouts.
func (r *rat) sketchGroom(frames []frame, rng *rand.Rand) {
	seconds := float64(len(frames)) / clipRate
	up := pulse{at: within(rng, 0.4, 0.6), rise: within(rng, 0.8, 1.0), fall: within(rng, 0.8, 1.0)}
	up.hold = seconds - 0.7 - up.at - up.rise - up.fall
	r.sitUp(frames, sitting{up: up, angle: always(within(rng, 0.6, 0.8)), behind: 0.012, rise: always(0), arch: always(0), paws: [3]float64{0.068, 0.011, -0.028}, ahead: 0.6})
	rate, size := within(rng, 5, 7), within(rng, 0.003, 0.005)
	bout, side := pulse{at: up.at + up.rise, rise: 0.2, hold: math.Max(0.2, up.hold-0.4), fall: 0.2}, within(rng, -0.1, 0.1)
	for i := range frames {
		t := float64(i) / clipRate
		k := bout.value(t) * (0.6 + 0.4*math.Sin(2*math.Pi*0.9*t))
		s, c := math.Sincos(2 * math.Pi * rate * t)
		f := &frames[i]
		f.neck += 0.25 * up.value(t)
		f.look += side * up.value(t)
		for leg := leftFore; leg <= rightFore; leg++ {
			f.paws[leg].x += k * size * c
			f.paws[leg].lift += k * size * 1.5 * s
		}
	}
}

// sitting is how a trunk pitches up by angle (rad) about the hips, which are behind the middle of
// the hind feet (m) and rise (m); arch stretches the lumbar spine (rad per vertebra), paws is where the
// forepaws are in the trunk's frame (m; y for the left one). The weight goes back before the forepaws leave the
// floor: ahead is that lead, s. Who walked sits up where it came to, over its last hind footfalls; who did not,
// where standing has its feet, the little that it sways to the side and turns left out.
type sitting struct {
	up                pulse
	angle, rise, arch func(t float64) float64
	behind, ahead     float64
	paws              [3]float64
	walked            bool
}

// sitUp makes the frames' body sit up.
func (r *rat) sitUp(frames []frame, sit sitting) {
	up, paws, ahead, stand := sit.up, sit.paws, sit.ahead, r.posture.hip
	s0, c0 := math.Sincos(r.posture.pitch)
	level := [2]float64{c0*stand[0] - s0*stand[1], s0*stand[0] + c0*stand[1]} // as standing has them
	left, right := &frames[len(frames)-1].paws[leftHind], &frames[len(frames)-1].paws[rightHind]
	for i := range frames {
		t := float64(i) / clipRate
		k := up.value(t)
		back := pulse{at: up.at - ahead*0.4, rise: ahead, hold: up.hold + up.rise + up.fall - 2*ahead + ahead*0.8, fall: ahead}.value(t)
		f := &frames[i]
		hip := stand
		if a := k * sit.arch(t); a != 0 {
			from := r.hipsAt(f)
			f.arch += a
			to := r.hipsAt(f)
			hip = [2]float64{stand[0] + to[0] - from[0], stand[1] + to[1] - from[1]}
		}
		theta := r.posture.pitch + k*sit.angle(t)
		s, c := math.Sincos(theta)
		feet, side, sin, cos := (r.paws[leftHind].home[0]+r.paws[rightHind].home[0])/2, 0.0, 0.0, 1.0
		if sit.walked {
			sin, cos = math.Sincos(f.yaw)
			feet = cos*((left.x+right.x)/2-f.x) + sin*((left.y+right.y)/2-f.y)
		}
		// The hips: where standing has them, moved over the feet.
		over := feet - 0.008 - sit.behind - level[0]
		hx, hy := f.x+cos*level[0]+cos*back*over, f.y+sin*level[0]+sin*back*over
		hz := f.height + level[1] + k*sit.rise(t) - 0.006*back*(1-k)
		f.x, f.y = hx-cos*(c*hip[0]-s*hip[1]), hy-sin*(c*hip[0]-s*hip[1])
		if sit.walked {
			side = f.y
		}
		f.height = hz - (s*hip[0] + c*hip[1])
		f.pitch += theta - r.posture.pitch
		air := smoothStep((k - 0.03) / 0.5)
		for leg := leftFore; leg <= rightFore; leg++ {
			h := &f.paws[leg]
			y := paws[1]
			if leg == rightFore {
				y = -y
			}
			x, z := f.x+cos*c*paws[0]-cos*s*paws[2]-sin*y, f.height+s*paws[0]+c*paws[2]
			h.x, h.y = h.x+air*(x-h.x), h.y+air*(side+sin*c*paws[0]-sin*s*paws[2]+cos*y-h.y)
			h.lift = (1-air)*h.lift + air*(z-r.paws[leg].height)
			h.down, h.loose = h.down && k <= 0.03, math.Max(h.loose, air)
		}
	}
}
