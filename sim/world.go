//go:build cgo

package sim

/*
#cgo CFLAGS: -I${SRCDIR}/../.deps/mujoco/include -std=gnu11 -O2 -Wall
#cgo LDFLAGS: -L${SRCDIR}/../.deps/mujoco/lib -lmujoco -Wl,-rpath,${SRCDIR}/../.deps/mujoco/lib -Wl,-rpath,$ORIGIN/../.deps/mujoco/lib -lm
#include <stdlib.h>
#include "world.h"
*/
import "C"

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unsafe"
)

// model is a compiled model, shared read-only by all worlds made from it and
// freed with the last.
type model struct {
	c      *C.mjModel
	drives *C.ws_drive
	feet   *C.int
	nfeet  int
	worlds atomic.Int32
}

// Version is the version of the MuJoCo library in use.
func Version() string { return C.GoString(C.mj_versionString()) }

// load compiles the model file.
func load(file string, o Options) (*model, *facts, error) {
	name := C.CString(file)
	defer C.free(unsafe.Pointer(name))
	text := (*[2 * C.WS_TEXT]C.char)(C.calloc(2, C.WS_TEXT))
	defer C.free(unsafe.Pointer(text))
	co := C.ws_options{timestep: C.double(o.Timestep.Seconds()), scale: C.double(o.Scale), overshoot: overshoot}
	var mem arena
	defer mem.free()
	mem.profile(&co, o)
	if o.Torque {
		co.torque = 1
	}
	if o.Free {
		co.add_free = 1
	}
	if o.Save != "" {
		co.save = mem.text(o.Save)
	}
	var rat C.int
	m := C.ws_load(name, &co, &rat, &text[0], &text[C.WS_TEXT])
	if m == nil {
		return nil, nil, errors.New("sim: model " + file + ": " + strings.Join(strings.Fields(C.GoString(&text[0])), " "))
	}
	f, err := readFacts(m)
	if err != nil {
		C.mj_deleteModel(m)
		return nil, nil, errors.New("sim: model " + file + ": " + err.Error())
	}
	f.rat = rat != 0
	if w := strings.TrimSpace(C.GoString(&text[C.WS_TEXT])); w != "" {
		f.warnings = strings.Split(w, "\n")
	}
	return &model{c: m}, f, nil
}

// hash is the SHA-256 of the compiled model, hex.
func (m *model) hash() string {
	n := C.mj_sizeModel(m.c)
	b := C.malloc(C.size_t(n))
	defer C.free(b)
	C.mj_saveModel(m.c, nil, b, n)
	return fmt.Sprintf("%x", sha256.Sum256(unsafe.Slice((*byte)(b), int(n))))
}

// arm hands the model what its worlds need to obey commands and feel feet.
func (m *model) arm(drives []drive, feetOf []int32, nfeet int) {
	m.drives = (*C.ws_drive)(C.calloc(C.size_t(len(drives)+1), C.sizeof_ws_drive))
	for i, d := range drives {
		unsafe.Slice(m.drives, len(drives))[i] = C.ws_drive{drive: C.int(d.kind), scale: C.double(d.scale),
			offset: C.double(d.offset), gear: C.double(d.gear), limit: C.double(d.limit), full: C.double(d.full), free: C.double(d.free)}
	}
	m.feet = (*C.int)(C.calloc(C.size_t(len(feetOf)+1), C.sizeof_int))
	for i, k := range feetOf {
		unsafe.Slice(m.feet, len(feetOf))[i] = C.int(k)
	}
	m.nfeet = nfeet
}

// world is one simulation with a state of its own.
type world struct {
	views
	model *model
	c     *C.ws_world
}

func (m *model) newWorld() (*world, error) {
	c := C.ws_new(m.c, m.drives, m.feet, C.int(m.nfeet))
	if c == nil {
		return nil, errors.New("sim: no memory for another world: close some, or give MuJoCo's <size memory> less")
	}
	m.worlds.Add(1)
	w := &world{model: m, c: c}
	w.views = viewsOf(m.c, c)
	return w, nil
}

// close frees the world, and the model with its last world.
func (w *world) close() {
	if w.c == nil {
		return
	}
	C.ws_free(w.c)
	w.c, w.views = nil, views{}
	if w.model.worlds.Add(-1) == 0 {
		w.model.free()
	}
}

func (m *model) free() {
	C.mj_deleteModel(m.c)
	C.free(unsafe.Pointer(m.drives))
	C.free(unsafe.Pointer(m.feet))
	m.c, m.drives, m.feet = nil, nil, nil
}

func (w *world) reset() error      { return w.check(C.ws_reset(w.c)) }
func (w *world) forward() error    { return w.check(C.ws_forward(w.c)) }
func (w *world) kinematics() error { return w.check(C.ws_kinematics(w.c)) }
func (w *world) lengths() error    { return w.check(C.ws_lengths(w.c)) }
func (w *world) solve() error      { return w.check(C.ws_solve(w.c)) }

func (w *world) step(substeps int) error { return w.check(C.ws_step(w.c, C.int(substeps))) }
func (w *world) loop(substeps int) error { return w.check(C.ws_loop(w.c, C.int(substeps))) }
func (w *world) adopt(from *world) error { return w.check(C.ws_adopt(w.c, from.c)) }

func (w *world) inverse(qfrc []float64) error {
	return w.check(C.ws_inverse(w.c, (*C.double)(&qfrc[0])))
}

func (w *world) dynamics(mass, bias []float64) error {
	return w.check(C.ws_dynamics(w.c, (*C.double)(&mass[0]), (*C.double)(&bias[0])))
}

func (w *world) jacobian(body int, point *[3]float64, jac []float64) {
	C.ws_jacobian(w.c, C.int(body), (*C.double)(&point[0]), (*C.double)(&jac[0]))
}

// overlaps fills bodies (two each) and places (position, normal, depth) and returns how many there are.
func (w *world) overlaps(bodies []int32, places []float64) (n int, err error) {
	var found C.int
	rc := C.ws_overlaps(w.c, C.int(len(bodies)/2), &found, (*C.int)(unsafe.Pointer(&bodies[0])), (*C.double)(&places[0]))
	return int(found), w.check(rc)
}

func (w *world) moment(m []float64) { C.ws_moment(w.c, (*C.double)(&m[0])) }

// touch tells which feet touch the ground, and whether anything else does.
func (w *world) touch(feet []bool) (other bool) {
	if len(feet) == 0 {
		return false
	}
	return C.ws_touch(w.c, (*C.uchar)(unsafe.Pointer(&feet[0]))) != 0
}

func (w *world) check(rc C.int) error {
	if rc == 0 {
		return nil
	}
	return errors.New(C.GoString(&w.c.text[0]))
}

func doubles(p *C.double, n int) []float64 {
	if n == 0 || p == nil {
		return nil
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(p)), n)
}

func viewsOf(m *C.mjModel, c *C.ws_world) views {
	d, nu := c.d, int(m.nu)
	return views{
		qpos: doubles((*C.double)(d.qpos), int(m.nq)), qvel: doubles((*C.double)(d.qvel), int(m.nv)),
		qacc: doubles((*C.double)(d.qacc), int(m.nv)), act: doubles((*C.double)(d.act), int(m.na)),
		ctrl: doubles((*C.double)(d.ctrl), nu), applied: doubles((*C.double)(d.qfrc_applied), int(m.nv)),
		length: doubles((*C.double)(d.actuator_length), nu), velocity: doubles((*C.double)(d.actuator_velocity), nu),
		force: doubles((*C.double)(d.actuator_force), nu),
		xpos:  doubles((*C.double)(d.xpos), 3*int(m.nbody)), xquat: doubles((*C.double)(d.xquat), 4*int(m.nbody)),
		geomPos: doubles((*C.double)(d.geom_xpos), 3*int(m.ngeom)), geomMat: doubles((*C.double)(d.geom_xmat), 9*int(m.ngeom)),
		com:      doubles((*C.double)(d.subtree_com), 3*int(m.nbody)),
		strength: doubles(c.strength, nu), zero: doubles(c.zero, nu), ceiling: doubles(c.ceiling, nu), lag: ints(c.lag, nu),
		pos: doubles(c.pos, nu), vel: doubles(c.vel, nu), tau: doubles(c.tau, nu), kp: doubles(c.kp, nu), kd: doubles(c.kd, nu),
		footForce: doubles(c.foot_force, int(c.nfoot)), acc: doubles(&c.acc[0], 3),
		assist: doubles(&c.assist, 1), target: doubles(&c.target[0], 13),
		assistForce: doubles(&c.assist_force, 1), push: doubles(&c.push[0], 3),
	}
}
