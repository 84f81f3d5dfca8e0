package motion

import "math"

// Legs in the order that gaits are written in.
const (
	leftHind = iota
	rightHind
	leftFore
	rightFore
)

// What is known of the rat's gait, and where from:
//
//   - all four feet alike; as speed rises stance shortens, strides lengthen and
//     the swing's duration stays: Hruska et al. 1979 (20-80 cm/s), Gillis &
//     Biewener 2001 (J Exp Biol 204:2717). About 0.12 s here.
//   - the walk is a lateral sequence of diagonal couplets (Hruska et al. 1979):
//     in the cycle of the left hind foot, left fore .40, right hind .50, right
//     fore .90. Trot: the diagonals move together.
//   - below the speeds they recorded the fore feet follow a quarter cycle after
//     the hind feet of their side: of all creeping gaits the one whose centre of
//     mass stays deepest inside the feet on the ground (McGhee & Frank 1968,
//     Math Biosci 3:331).
//   - speed changes from step to step even in "steady" locomotion (Schmidt &
//     Biknevicius 2014, J Exp Biol 217:1402).
//   - real clips: stride 0.32-0.42 s at .25-.45 m/s, duty factor .6-.7 at
//     .2-.3 m/s; a foot moves 50-80 mm under the body.
const (
	swingSeconds = 0.12
	minStance    = 0.13 // s; longer than the swing, so that two feet always stand
	maxStance    = 0.52 // s; a slower rat takes shorter steps instead of longer stances
	turnRadius   = 0.12 // m; distance of the feet from the axis when the body turns
)

// gait is the timing of the feet at one speed.
type gait struct {
	swing  float64    // duration of the swing, s
	cycle  float64    // duration of the stride, s
	phases [4]float64 // lift-off of each leg within the cycle, in cycles
}

// gaitAt is the gait at a speed (m/s): how far a foot moves under the body grows
// from 28 mm, at the short end of what was recorded: longer stances tip the rat.
func gaitAt(speed float64, trot bool) gait {
	stance := math.Min(maxStance, math.Max(minStance, (0.028+0.065*speed)/math.Max(speed, 1e-3)))
	g := gait{swing: swingSeconds, cycle: swingSeconds + stance}
	if trot {
		g.phases = [4]float64{leftHind: 0, rightFore: 0, rightHind: 0.5, leftFore: 0.5}
		return g
	}
	lag := 0.25 + 0.15*smoothStep((speed-0.08)/0.17)
	g.phases = [4]float64{leftHind: 0, leftFore: lag, rightHind: 0.5, rightFore: 0.5 + lag}
	return g
}

// stance is one foot on the ground.
type stance struct {
	from, to float64 // s
	x, y     float64 // of the pad, m
	yaw      float64 // of the foot, rad
}

// footfalls are the stances of the four legs, each leg's in order; between two
// stances the leg swings.
type footfalls [4][]stance

// planFootfalls places the feet of a body that follows the course: a leg lifts
// when its phase comes round, and lands where its home will be under the body in
// the middle of the stance that follows. After the stop each leg makes one last
// step to its home, so the body ends as it began.
func planFootfalls(c *course, homes [4][2]float64, trot bool) footfalls {
	lifts := liftTimes(c, trot)
	var f footfalls
	for leg := range lifts {
		from := 0.0
		for i := 0; i <= len(lifts[leg]); i++ {
			to := c.seconds
			if i < len(lifts[leg]) {
				to = lifts[leg][i]
			}
			mid := (from + to) / 2
			if i == 0 {
				mid = 0
			}
			if i == len(lifts[leg]) {
				mid = c.seconds
			}
			x, y, yaw := c.at(mid)
			s, co := math.Sincos(yaw)
			h := homes[leg]
			f[leg] = append(f[leg], stance{from: from, to: to, x: x + co*h[0] - s*h[1], y: y + s*h[0] + co*h[1], yaw: yaw})
			from = to + c.swing(leg, i, to)
		}
	}
	return f
}

// liftTimes runs the gait's phase along the course and notes when legs lift. A
// fore foot goes first, so that the shoulders do not leave it behind.
func liftTimes(c *course, trot bool) [4][]float64 {
	const dt, ahead = 0.001, 0.2
	pace := func(t float64) gait { return c.gait(math.Max(c.pace(t), c.pace(t+ahead)), trot) }
	var lifts [4][]float64
	var done, due [4]bool // made its step after the stop; has a step to make
	var before, gone [4]float64
	phase := pace(c.start).phases[rightFore] - 1.01
	for leg, p := range pace(c.start).phases {
		before[leg] = phase - p
	}
	for t := c.start; t < c.seconds-swingSeconds-0.05; t += dt {
		g := pace(t)
		if !c.rests(t) {
			phase += dt / g.cycle
		}
		for leg, p := range g.phases {
			p += c.late(leg, t)
			crossed := math.Floor(phase-p) > math.Floor(before[leg])
			before[leg] = phase - p
			gone[leg] += c.pace(t) * dt
			due[leg] = crossed || c.uneven != nil && (due[leg] || gone[leg] > farthest)
			if n := len(lifts[leg]); !due[leg] || done[leg] || n > 0 && t < lifts[leg][n-1]+swingSeconds+0.4*(g.cycle-swingSeconds) || !c.ready(&lifts, leg, t) {
				continue
			}
			lifts[leg] = append(lifts[leg], t)
			due[leg], gone[leg] = false, 0
			done[leg] = t > c.stop-swingSeconds
		}
	}
	return lifts
}

// smoothStep rises from 0 to 1 over 0..1 with no velocity or acceleration at
// either end.
func smoothStep(s float64) float64 {
	s = math.Min(math.Max(s, 0), 1)
	return s * s * s * (10 + s*(6*s-15))
}
