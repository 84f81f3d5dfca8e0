package motion

import (
	"fmt"
	"math"

	"whisker/controller"
)

// paw is one foot as the synthesis sees it. The pad is the point that stays put
// in stance; the heel gives the foot its direction.
type paw struct {
	foot      int // body that carries all that may touch the floor
	limb      int // lower arm, or the foot again: what else may get there
	pad, heel Target
	back      [3]float64 // from pad to heel on a level foot that points along x, m
	across    [3]float64 // from pad to the outer toe (the second sole) there, m
	height    float64    // of the pad while the paw rests on the floor, m
	home      [2]float64 // of the pad under a standing body, in the path's frame, m
	yaw       float64    // of the foot there, rad
	soles     []Target   // corners of what carries weight
}

// rat is the body that the synthesis moves: where its paws, spine and head are
// in the Kinematics, and how it stands.
type rat struct {
	k      Kinematics
	ik     *IK
	joints []string
	spine  map[string][]int // joints that share one bend: lumbar and neck
	legs   []int            // joints that the feet decide
	paws   [4]paw
	thighs [2]int // left and right
	posture
	stand  Pose
	nv     int
	ground []Target // of the IK: pad and heel of every paw
}

// Standing, chosen so that the heights of Aldarondo et al.'s key points come out
// (back sloping 20 degrees, back 87 mm, hips 49 mm, shoulders 71 mm high).
const (
	standHeight = 0.070 // of the torso body, m
	standArch   = -0.02 // of the lumbar spine, rad per vertebra
)

// newRat finds the rat's parts, and how it stands in a posture; a body that lacks
// a part is an error.
func newRat(k Kinematics, b *controller.Body, posture uint64) (*rat, error) {
	if n := len(k.JointNames()); len(b.Joints) != n {
		return nil, fmt.Errorf("motion: body %s has %d joints, its kinematics %d", b.Name, len(b.Joints), n)
	}
	r, err := findRat(k)
	if err != nil {
		return nil, fmt.Errorf("motion: synthesis needs the rat, body %s lacks %w", b.Name, err)
	}
	if err := r.findStand(); err != nil || posture == 0 {
		return r, err
	}
	return r, r.adopt(posture)
}

// findRat finds the rat's parts in k; its error names the one that k lacks.
func findRat(k Kinematics) (*rat, error) {
	r := &rat{k: k, ik: NewIK(k), joints: k.JointNames(), spine: map[string][]int{}, posture: posture{hip: straightHips}}
	r.nv = len(r.joints) + 6
	for leg, side := range []string{"L", "R", "L", "R"} {
		if err := r.addPaw(leg, side); err != nil {
			return nil, err
		}
	}
	for group, names := range map[string][]string{
		"arch": {"vertebra_1_extend", "vertebra_4_extend"}, "bend": {"vertebra_2_bend", "vertebra_5_bend"}, "twist": {"vertebra_3_twist", "vertebra_6_twist"},
		"neck": {"vertebra_cervical_5_extend", "vertebra_cervical_2_extend", "vertebra_atlant_extend"},
		"look": {"vertebra_cervical_4_bend", "vertebra_cervical_1_bend"}, "tilt": {"vertebra_cervical_3_twist", "vertebra_axis_twist"},
		"tail": {"vertebra_C1_extend", "vertebra_C2_extend", "vertebra_C3_extend", "vertebra_C4_extend"}, "atlas": {"atlas"}, "jaw": {"mandible"},
	} {
		for _, n := range names {
			j := indexOf(r.joints, n)
			if j < 0 {
				return nil, fmt.Errorf("joint %s", n)
			}
			r.spine[group] = append(r.spine[group], j)
		}
	}
	return r, nil
}

// addPaw fills paws[leg]. Offsets are those of the geoms in rodent.xml at scale
// 0.9: three toes (fingers) ahead of the foot (hand).
func (r *rat) addPaw(leg int, side string) error {
	s := 1.0 // the left side's y
	if side == "R" {
		s = -1
	}
	foot, tip, limb := "foot_"+side, "toe_"+side, "foot_"+side
	p := &r.paws[leg]
	names := []string{"hip_" + side + "_supinate", "hip_" + side + "_abduct", "hip_" + side + "_extend", "knee_" + side, "ankle_" + side, "toe_" + side}
	pad, corners := [3]float64{0.007, s * 0.002, 0}, [][3]float64{{0.012, -s * 0.001, 0}, {0.0105, s * 0.005, 0}, {0, 0, 0}}
	p.back, p.home = [3]float64{-0.0262, -s * 0.0088, 0.0025}, [2]float64{-0.057, s * 0.027}
	if leg >= leftFore {
		foot, tip, limb = "hand_"+side, "finger_"+side, "lower_arm_"+side
		names = []string{"scapula_" + side + "_supinate", "scapula_" + side + "_abduct", "scapula_" + side + "_extend", "shoulder_" + side, "shoulder_sup_" + side, "elbow_" + side, "wrist_" + side, "finger_" + side}
		pad, corners = [3]float64{0.004, s * 0.0014, 0}, [][3]float64{{0.0065, -s * 0.0007, 0}, {0.004, s * 0.0045, 0}, {0, 0, 0}}
		p.back, p.home = [3]float64{-0.0067, -s * 0.0028, 0.0075}, [2]float64{0.025, s * 0.024}
	}
	for _, n := range names {
		j := indexOf(r.joints, n)
		if j < 0 {
			return fmt.Errorf("joint %s", n)
		}
		r.legs = append(r.legs, j)
	}
	var okFoot, okTip, okLimb bool
	p.foot, okFoot = r.k.BodyID(foot)
	p.pad.Body, okTip = r.k.BodyID(tip)
	p.limb, okLimb = r.k.BodyID(limb)
	if !okFoot || !okTip || !okLimb {
		return fmt.Errorf("body %s, %s or %s", foot, tip, limb)
	}
	if leg < leftFore {
		var ok bool
		if r.thighs[leg], ok = r.k.BodyID("upper_leg_" + side); !ok {
			return fmt.Errorf("body upper_leg_%s", side)
		}
	}
	p.pad.Offset, p.pad.Weight = pad, 1
	p.heel = Target{Body: p.foot, Weight: 0.02}
	p.across = sub(corners[1], pad)
	for _, c := range corners {
		p.soles = append(p.soles, Target{Body: p.pad.Body, Offset: c})
	}
	if leg < leftFore {
		p.soles = append(p.soles, Target{Body: p.foot, Offset: [3]float64{-0.002, 0, -0.002}})
	}
	return nil
}

// findStand solves the standing pose: the trunk where it should be, the paws at
// their homes with their pads on the floor.
func (r *rat) findStand() error {
	free := make([]int, len(r.legs))
	for i, j := range r.legs {
		free[i] = 6 + j
	}
	r.ik.SetFree(free)
	r.stand = Pose{Pos: [3]float64{0, 0, standHeight}, Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, len(r.joints))}
	r.ik.Rest, r.ik.RestWeight = make([]float64, len(r.joints)), make([]float64, len(r.joints))
	for _, j := range r.legs {
		r.ik.RestWeight[j] = 2e-7
		lo, hi := r.k.JointRange(j)
		if hi-lo < 0.3 { // the shoulder blade hardly moves: keep it off its limits
			r.ik.RestWeight[j] = 5e-6
		}
		r.ik.Rest[j] = math.Min(math.Max(r.limbs[j], lo+0.1*(hi-lo)), hi-0.1*(hi-lo))
	}
	for leg := range r.paws {
		toes := r.legs[len(r.legs)-1]
		switch leg {
		case leftHind, rightHind:
			toes = r.legs[6*leg+5]
		case leftFore:
			toes = r.legs[12+7]
		}
		r.ik.Rest[toes], r.ik.RestWeight[toes] = 0, 2e-5
		r.paws[leg].height = 0.003
	}
	f := r.standFrame()
	r.ik.MaxIterations, r.ik.Tolerance = 10, 1e-30
	for round := 0; round < 4; round++ {
		r.realise(&f, &r.stand)
		for leg := range r.paws {
			r.paws[leg].height -= r.k.LowestPoint(r.paws[leg].foot)
		}
	}
	r.ik.MaxIterations, r.ik.Tolerance, r.ik.Keep = 10, 1e-3, 2e-7
	copy(r.ik.Rest, r.stand.Q)
	for leg := range r.paws {
		if low := r.k.LowestPoint(r.paws[leg].foot); math.Abs(low) > 0.001 {
			return fmt.Errorf("motion: synthesis: the standing pose leaves paw %d at %.1f mm", leg, 1e3*low)
		}
	}
	return nil
}

// standFrame is standing at the origin, heading along x.
func (r *rat) standFrame() frame {
	f := frame{height: standHeight + r.height, pitch: r.pitch, roll: r.roll, arch: standArch}
	for leg := range r.paws {
		h := r.paws[leg].home
		f.paws[leg] = foothold{x: h[0], y: h[1], yaw: r.paws[leg].yaw, down: true}
	}
	return f
}

// frame is what the synthesis wants at one instant: the trunk, the bends of
// spine and neck, and the paws. Inverse kinematics makes a Pose of it.
type frame struct {
	x, y, height     float64 // of the torso body, m
	yaw, pitch, roll float64 // rad; pitch is positive nose up, roll positive to the right
	arch, bend       float64 // of the lumbar spine, rad per vertebra
	neck, look, tilt float64 // of the neck, rad per vertebra; neck positive down, look positive left
	paws             [4]foothold
}

// foothold is where a paw is.
type foothold struct {
	x, y, lift float64 // of the pad, m; lift is that of the lowest point
	yaw, pitch float64 // of the foot, rad; pitch is positive toes down
	down       bool    // it stands
	loose      float64 // 0 to 1: how far the foot's direction is left to the leg
}

// realise fits p, starting from what p holds, to the frame and leaves the
// Kinematics there. Paws are lifted by what the frame says, counted from the
// lowest point of the foot: standing ones touch the floor to 0.2 mm.
func (r *rat) realise(f *frame, p *Pose) {
	p.Pos = [3]float64{f.x, f.y, f.height}
	p.Quat = quatMul(quatExp([3]float64{0, 0, f.yaw}), quatMul(quatExp([3]float64{0, -f.pitch, 0}), quatExp([3]float64{f.roll, 0, 0})))
	r.bend(f, p)
	r.ground = r.ground[:0]
	for leg := range r.paws {
		w, h := &r.paws[leg], &f.paws[leg]
		pad, heel := w.pad, w.heel
		pad.Pos = [3]float64{h.x, h.y, w.height + h.lift}
		d := quatRotate(quatMul(quatExp([3]float64{0, 0, h.yaw}), quatExp([3]float64{0, h.pitch, 0})), w.back)
		heel.Pos = add(pad.Pos, d)
		heel.Weight *= 1 - h.loose
		r.ground = append(r.ground, pad, heel)
	}
	for round := 0; round < 4; round++ {
		r.ik.Solve(p, r.ground)
		off := 0.0
		for leg := range r.paws {
			if h := &f.paws[leg]; h.loose == 0 {
				low := r.k.LowestPoint(r.paws[leg].foot) - h.lift
				r.ground[2*leg].Pos[2] -= low
				r.ground[2*leg+1].Pos[2] -= low
				if h.down {
					off = math.Max(off, math.Abs(low))
				} else {
					off = math.Max(off, 0.2*math.Abs(low))
				}
			}
		}
		if off < 2e-4 {
			return
		}
	}
}

// bend sets the joints of spine, neck, tail and jaw.
func (r *rat) bend(f *frame, p *Pose) {
	set := func(group string, angle float64) {
		for _, j := range r.spine[group] {
			lo, hi := r.k.JointRange(j)
			p.Q[j] = math.Min(math.Max(angle+r.posture.spine[j], lo+0.02*(hi-lo)), hi-0.02*(hi-lo))
		}
	}
	set("arch", f.arch)
	set("bend", f.bend)
	set("twist", 0)
	set("neck", f.neck)
	set("look", f.look)
	set("tilt", f.tilt)
	set("atlas", 0)
	set("tail", 0.2)
	set("jaw", -0.27)
}
