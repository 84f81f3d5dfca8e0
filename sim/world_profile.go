//go:build cgo

package sim

/*
#include <stdlib.h>
#include "world.h"
*/
import "C"

import (
	"errors"
	"slices"
	"unsafe"
)

// arena holds what is lent to C during one call.
type arena []unsafe.Pointer

func (a *arena) free() {
	for _, p := range *a {
		C.free(p)
	}
}

func (a *arena) text(s string) *C.char {
	c := C.CString(s)
	*a = append(*a, unsafe.Pointer(c))
	return c
}

func (a *arena) zeroed(n int, size uintptr) unsafe.Pointer {
	p := C.calloc(C.size_t(n), C.size_t(size))
	*a = append(*a, p)
	return p
}

// profile tells C what the profile changes in the model.
func (a *arena) profile(co *C.ws_options, o Options) {
	if o.xml != "" {
		co.xml = a.text(o.xml)
	}
	p := o.Profile
	if p == nil {
		return
	}
	co.nmotor, co.nfoot = C.int(len(p.Joints)), C.int(len(p.Feet))
	co.motor = (*C.ws_motor)(a.zeroed(len(p.Joints), C.sizeof_ws_motor))
	for i, j := range p.Joints {
		m := p.Motors[j.Motor]
		unsafe.Slice(co.motor, len(p.Joints))[i] = C.ws_motor{joint: a.text(j.Name), armature: C.double(m.Armature),
			viscous: C.double(m.Viscous), coulomb: C.double(m.Coulomb),
			stop: C.double(m.StopMs / 1000), yield: C.double(m.StopYield), min: C.double(j.Min), max: C.double(j.Max)}
	}
	co.foot = (**C.char)(a.zeroed(len(p.Feet), unsafe.Sizeof(uintptr(0))))
	for i, f := range p.Feet {
		unsafe.Slice(co.foot, len(p.Feet))[i] = a.text(f)
	}
}

var errNoMemory = errors.New("sim: no memory for another world: close some")

// late makes room for motors that obey late.
func (w *world) late() error {
	if C.ws_late(w.c) != 0 {
		return errNoMemory
	}
	return nil
}

// learn gives motors networks that have no past, before a reset; nil is none. A physics
// step takes that many seconds.
func (w *world) learn(networks []*Network, step float64) error {
	if w.c.network == nil && !slices.ContainsFunc(networks, func(n *Network) bool { return n != nil }) {
		return nil
	}
	if C.ws_learn(w.c) != 0 {
		return errNoMemory
	}
	to := unsafe.Slice(w.c.network, len(networks))
	for i, n := range networks {
		to[i] = C.ws_network{}
		if n == nil {
			continue
		}
		to[i] = C.ws_network{period: C.double(n.Period.Seconds() / step), error: C.double(n.Error), speed: C.double(n.Speed), torque: C.double(n.Torque),
			most_error: C.double(n.MostError), most_speed: C.double(n.MostSpeed)}
		copy(unsafe.Slice((*float32)(unsafe.Pointer(&to[i].weights)), C.sizeof_ws_weights/4), n.Weights)
	}
	return nil
}

// unlearned is, of each of n motors' looks, the share that saw more than its network
// learned from; nil without networks.
func (w *world) unlearned(n int) []float64 {
	if w.c.network == nil {
		return nil
	}
	share := make([]float64, n)
	for i, of := range unsafe.Slice(w.c.network, n) {
		share[i] = float64(of.unlearned) / max(1, float64(of.looks))
	}
	return share
}

// own gives the world a model of its own.
func (w *world) own() error {
	if C.ws_own(w.c) != 0 {
		return errNoMemory
	}
	return nil
}

// constants derives what follows from changed parameters. The state is lost.
func (w *world) constants() error { return w.check(C.ws_constants(w.c)) }

// weigh derives what follows from changed masses, and keeps the state.
func (w *world) weigh() error {
	if C.ws_weigh(w.c) != 0 {
		return errNoMemory
	}
	return nil
}

// bear holds the root and bears the weight of every body.
func (w *world) bear() { C.ws_bear(w.c) }

// parameters are windows on the model that the world owns, or shares.
func (w *world) parameters() parameters {
	m := w.c.m
	return parameters{
		mass: doubles((*C.double)(m.body_mass), int(m.nbody)), inertia: doubles((*C.double)(m.body_inertia), 3*int(m.nbody)),
		com:      doubles((*C.double)(m.body_ipos), 3*int(m.nbody)),
		friction: doubles((*C.double)(m.geom_friction), 3*int(m.ngeom)),
		armature: doubles((*C.double)(m.dof_armature), int(m.nv)), coulomb: doubles((*C.double)(m.dof_frictionloss), int(m.nv)),
		viscous: doubles((*C.double)(m.dof_damping), int(m.nv)),
	}
}
