package motion

import (
	"math"
	"math/rand/v2"
)

// posture is how a body stands: as findStand has it where zero. Recorded rats
// stand crouched, bent and unevenly; their spines and necks are up to half a
// radian from straight, their hind paws up to 40 mm nearer to the fore paws.
type posture struct {
	spine, limbs  map[int]float64 // joint to offset, rad; limbs are drawn to theirs
	height        float64         // of the torso body above standHeight, m
	pitch, roll   float64         // of the torso, rad
	hip           [2]float64      // between the hips, in the torso's frame: x, z, m
	hasty, uneven float64         // 0 to 1: how much sooner it is at its speed, and how much less steady that is
}

// hips of a straight back.
var straightHips = [2]float64{-0.050, -0.017}

// lowest and highest that hips are carried, m.
const hipsLow, hipsHigh = 0.032, 0.060

// adopt makes r stand as seed says: another draw of spine, neck, height and tilt,
// the paws under hips and shoulders wherever these are then, give or take. The
// ranges hold what the published fits of standing and walking rats show.
// What the legs cannot reach is drawn again.
func (r *rat) adopt(seed uint64) (err error) {
	rng := rand.New(rand.NewPCG(seed, 0x9057))
	straight := *r
	for range 50 {
		if err = r.draw(rng); err == nil {
			return nil
		}
		r.paws, r.stand, r.posture = straight.paws, straight.stand, straight.posture
	}
	return err
}

// draw is one try of adopt.
func (r *rat) draw(rng *rand.Rand) error {
	hips, _ := r.hips(r.stand)
	r.drawJoints(rng)
	p := &r.posture
	p.height, p.pitch = within(rng, -0.014, 0.006), within(rng, -0.10, 0.15)
	p.hasty, p.uneven = rng.Float64(), rng.Float64()

	stand := r.stand
	stand.Q = append([]float64(nil), r.stand.Q...)
	f := r.standFrame()
	r.bend(&f, &stand)
	stand.Pos, stand.Quat = [3]float64{0, 0, f.height}, [4]float64{1, 0, 0, 0}
	now, across := r.hips(stand)
	p.hip = [2]float64{(now[0][0] + now[1][0]) / 2, (now[0][2]+now[1][2])/2 - f.height}
	p.roll = -across.roll / 2
	s, c := math.Sincos(p.pitch)
	if z := f.height + s*p.hip[0] + c*p.hip[1]; z < hipsLow || z > hipsHigh {
		s = (math.Max(hipsLow, math.Min(hipsHigh, z)) - f.height - c*p.hip[1]) / p.hip[0]
		p.pitch = math.Asin(math.Max(-0.5, math.Min(0.5, s)))
	}
	stand.Quat = quatMul(quatExp([3]float64{0, -p.pitch, 0}), quatExp([3]float64{p.roll, 0, 0}))
	now, across = r.hips(stand)
	r.drawPaws(hips, now, across.yaw, rng)
	return r.findStand()
}

// drawJoints draws spine and neck, and what the limbs are drawn to where hands and
// feet leave them free.
func (r *rat) drawJoints(rng *rand.Rand) {
	p := &r.posture
	p.spine, p.limbs = map[int]float64{}, map[int]float64{}
	for _, g := range []struct {
		name             string
		lo, hi, each, sd float64
	}{
		{"arch", -0.40, 0.15, 0.15, 0}, {"bend", 0, 0, 0.12, 0.20}, {"twist", 0, 0, 0.25, 0.05},
		{"neck", -0.10, 0.50, 0.20, 0}, {"look", 0, 0, 0.20, 0.20}, {"tilt", 0, 0, 0.18, 0.12},
		{"atlas", 0, 0.85, 0, 0}, {"jaw", 0, 0.27, 0, 0},
	} {
		all := within(rng, g.lo, g.hi) + normal(rng, g.sd)
		for _, j := range r.spine[g.name] {
			p.spine[j] = all + normal(rng, g.each)
		}
	}
	for _, side := range []string{"L", "R"} {
		p.limbs[indexOf(r.joints, "shoulder_sup_"+side)] = within(rng, 0, 1.1)
		p.limbs[indexOf(r.joints, "hip_"+side+"_abduct")] = within(rng, -0.4, 0.1)
	}
}

// drawPaws puts the hind paws where they were from hips that moved from before to
// now and turned by yaw, and all of them a little to the side of that.
func (r *rat) drawPaws(before, now [2][3]float64, yaw float64, rng *rand.Rand) {
	together := [2]float64{within(rng, -0.004, 0.024), within(rng, -0.005, 0.028)} // hind, fore
	sin, cos := math.Sincos(yaw)
	for leg := range r.paws {
		w := &r.paws[leg]
		if leg < leftFore {
			dx, dy := w.home[0]-before[leg][0], w.home[1]-before[leg][1]
			w.home = [2]float64{now[leg][0] + cos*dx - sin*dy, now[leg][1] + sin*dx + cos*dy}
			w.yaw = yaw
		} else {
			w.back = quatRotate(quatExp([3]float64{0, within(rng, -0.3, 0.6), 0}), w.back)
		}
		w.home[0] += together[leg/2] + normal(rng, 0.006)
		w.home[1] += normal(rng, 0.004)
	}
}

// normal draws from a normal distribution that ends at two deviations.
func normal(rng *rand.Rand, sd float64) float64 {
	return sd * math.Max(-2, math.Min(2, rng.NormFloat64()))
}

// slant is how the hips lie: the left above the right and ahead of it, rad.
type slant struct{ roll, yaw float64 }

// hips are where the thighs hang, left and right, m.
func (r *rat) hips(p Pose) (at [2][3]float64, across slant) {
	r.k.SetPose(p.Pos, p.Quat, p.Q)
	for leg := range at {
		at[leg], _ = r.k.BodyPose(r.thighs[leg])
	}
	d := sub(at[0], at[1])
	return at, slant{math.Atan2(d[2], math.Hypot(d[0], d[1])), math.Atan2(-d[0], d[1])}
}

// hipsAt is where the bends of a frame put the middle of the hips: ahead of and above the trunk's frame, in it, m.
func (r *rat) hipsAt(f *frame) [2]float64 {
	p := Pose{Quat: [4]float64{1, 0, 0, 0}, Q: append([]float64(nil), r.stand.Q...)}
	r.bend(f, &p)
	at, _ := r.hips(p)
	return [2]float64{(at[0][0] + at[1][0]) / 2, (at[0][2] + at[1][2]) / 2}
}
