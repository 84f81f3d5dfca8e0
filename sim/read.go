//go:build cgo

package sim

/*
#include "world.h"
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// readFacts copies what Go needs out of the compiled model.
func readFacts(m *C.mjModel) (*facts, error) {
	f := &facts{nq: int(m.nq), nv: int(m.nv), nu: int(m.nu)}
	if m.nactuator != m.nu || m.nout != m.nu {
		return nil, fmt.Errorf("an actuator has several inputs or outputs: expected one each")
	}
	mass := doubles((*C.double)(m.body_mass), int(m.nbody))
	parents := ints(m.body_parentid, int(m.nbody))
	for i := range mass {
		f.bodies = append(f.bodies, nameOf(m, C.mjOBJ_BODY, i))
		f.parent = append(f.parent, int(parents[i]))
		f.mass = append(f.mass, mass[i])
	}
	if err := readJoints(m, f); err != nil {
		return nil, err
	}
	for i := range f.nu {
		a, err := readActuator(m, f, i)
		if err != nil {
			return nil, err
		}
		f.actuators = append(f.actuators, a)
	}
	for i := range int(m.ngeom) {
		f.geoms = append(f.geoms, readGeom(m, i))
	}
	home := m.qpos0
	if m.nkey > 0 {
		home = m.key_qpos
	}
	f.home = append(f.home, doubles((*C.double)(home), f.nq)...)
	return f, nil
}

func readJoints(m *C.mjModel, f *facts) error {
	n := int(m.njnt)
	kind, body := ints(m.jnt_type, n), ints(m.jnt_bodyid, n)
	rng := doubles((*C.double)(m.jnt_range), 2*n)
	f.root = min(1, len(f.bodies)-1)
	for i := range n {
		name := nameOf(m, C.mjOBJ_JOINT, i)
		switch {
		case kind[i] == C.mjJNT_FREE && i == 0:
			f.floating, f.root = true, int(body[i])
		case kind[i] == C.mjJNT_FREE || kind[i] == C.mjJNT_BALL:
			return fmt.Errorf("joint %q: expected one free joint, the first, and hinges and slides", name)
		default:
			limited := unsafe.Slice(m.jnt_limited, n)[i]
			f.joints = append(f.joints, jointFact{name: name, limited: bool(limited), min: rng[2*i], max: rng[2*i+1]})
		}
	}
	if len(f.joints) == 0 {
		return fmt.Errorf("it has no hinge or slide joint: nothing to control")
	}
	return nil
}

func readActuator(m *C.mjModel, f *facts, i int) (actuatorFact, error) {
	a := actuatorFact{name: nameOf(m, C.mjOBJ_ACTUATOR, i), joint: -1, act: -1}
	gain := doubles((*C.double)(m.actuator_gainprm), f.nu*C.mjNGAIN)[i*C.mjNGAIN:]
	bias := doubles((*C.double)(m.actuator_biasprm), f.nu*C.mjNBIAS)[i*C.mjNBIAS:]
	a.gain, a.gear = gain[0], doubles((*C.double)(m.actuator_gear), 6*f.nu)[6*i]
	target := int(ints(m.actuator_trnid, 2*f.nu)[2*i])
	switch ints(m.actuator_trntype, f.nu)[i] {
	case C.mjTRN_JOINT, C.mjTRN_JOINTINPARENT:
		name := nameOf(m, C.mjOBJ_JOINT, target)
		for k := range f.joints {
			if f.joints[k].name == name {
				a.joint = k
			}
		}
		if limited := unsafe.Slice(m.jnt_actfrclimited, int(m.njnt))[target]; limited {
			a.jointLimited = true
			a.jointForceMax = larger([2]float64(doubles((*C.double)(m.jnt_actfrcrange), 2*int(m.njnt))[2*target:]))
		}
	case C.mjTRN_TENDON:
	default:
		return a, fmt.Errorf("actuator %q: expected one on a joint or a tendon", a.name)
	}
	fixedGain := ints(m.actuator_gaintype, f.nu)[i] == C.mjGAIN_FIXED && a.gain != 0 && a.gear != 0
	switch ints(m.actuator_biastype, f.nu)[i] {
	case C.mjBIAS_NONE:
		a.motor = fixedGain
	case C.mjBIAS_AFFINE:
		a.bias = [3]float64{bias[0], bias[1], bias[2]}
		a.servo = fixedGain && a.bias[1] < 0
	}
	dyn := ints(m.actuator_dyntype, f.nu)[i]
	a.filter = dyn == C.mjDYN_FILTER || dyn == C.mjDYN_FILTEREXACT
	if !a.motor && !a.servo || dyn != C.mjDYN_NONE && !a.filter {
		return a, fmt.Errorf("actuator %q: expected a motor or a position servo, with or without a filter", a.name)
	}
	if a.filter {
		a.tau = doubles((*C.double)(m.actuator_dynprm), f.nu*C.mjNDYN)[i*C.mjNDYN]
		a.act = int(ints(m.actuator_actadr, f.nu)[i])
	}
	a.ctrlLimited = bool(unsafe.Slice(m.actuator_ctrllimited, f.nu)[i])
	a.forceLimited = bool(unsafe.Slice(m.actuator_forcelimited, f.nu)[i])
	copy(a.ctrl[:], doubles((*C.double)(m.actuator_ctrlrange), 2*f.nu)[2*i:])
	copy(a.force[:], doubles((*C.double)(m.actuator_forcerange), 2*f.nu)[2*i:])
	return a, nil
}

func readGeom(m *C.mjModel, i int) geomFact {
	n := int(m.ngeom)
	g := geomFact{body: int(ints(m.geom_bodyid, n)[i]), kind: int(ints(m.geom_type, n)[i]), group: int(ints(m.geom_group, n)[i])}
	g.collides = ints(m.geom_contype, n)[i] != 0 || ints(m.geom_conaffinity, n)[i] != 0
	copy(g.size[:], doubles((*C.double)(m.geom_size), 3*n)[3*i:])
	copy(g.pos[:], doubles((*C.double)(m.geom_pos), 3*n)[3*i:])
	copy(g.quat[:], doubles((*C.double)(m.geom_quat), 4*n)[4*i:])
	rgba := unsafe.Slice((*float32)(m.geom_rgba), 4*n)[4*i:]
	if mat := ints(m.geom_matid, n)[i]; mat >= 0 {
		rgba = unsafe.Slice((*float32)(m.mat_rgba), 4*int(m.nmat))[4*mat:]
	}
	copy(g.rgba[:], rgba)
	if mesh := ints(m.geom_dataid, n)[i]; mesh >= 0 && g.kind == C.mjGEOM_MESH {
		first, count := ints(m.mesh_vertadr, int(m.nmesh))[mesh], ints(m.mesh_vertnum, int(m.nmesh))[mesh]
		g.vertices = append(g.vertices, unsafe.Slice((*float32)(m.mesh_vert), 3*int(m.nmeshvert))[3*first:3*(first+count)]...)
		first, count = ints(m.mesh_faceadr, int(m.nmesh))[mesh], ints(m.mesh_facenum, int(m.nmesh))[mesh]
		g.faces = append(g.faces, ints(m.mesh_face, 3*int(m.nmeshface))[3*first:3*(first+count)]...)
	}
	return g
}

func nameOf(m *C.mjModel, kind, i int) string {
	if s := C.mj_id2name(m, C.int(kind), C.int(i)); s != nil && *s != 0 {
		return C.GoString(s)
	}
	return fmt.Sprintf("%s%d", map[int]string{C.mjOBJ_BODY: "body", C.mjOBJ_JOINT: "joint", C.mjOBJ_ACTUATOR: "actuator"}[kind], i)
}

func ints(p *C.int, n int) []int32 {
	if n == 0 || p == nil {
		return nil
	}
	return unsafe.Slice((*int32)(unsafe.Pointer(p)), n)
}
