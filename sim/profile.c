//go:build cgo

// What a robot's profile changes in a model: its motors take the place of the
// model's actuators, their friction and rotors that of the joints, and every foot
// becomes a body of its own.

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

static void delete_kind(mjSpec* s, mjtObj kind) {
  for (mjsElement* e = mjs_firstElement(s, kind); e; e = mjs_firstElement(s, kind))
    if (mjs_delete(s, e)) return;
}

// set_stop says how dry friction holds a joint, by MuJoCo's soft constraint: the
// acceleration of a joint that is held is yield times that without friction, less its
// speed over stop. What stops within a step takes one, and creeps as fast.
static void set_stop(mjsJoint* j, double stop, double yield, double step) {
  const double within = stop > step ? stop : step;
  j->solimp_friction[0] = j->solimp_friction[1] = 1 - yield * stop / within;
  j->solref_friction[0] = 2 * within;
}

// set_motor puts one motor of the profile on its joint.
static int set_motor(mjSpec* s, const ws_motor* motor, double step, char* err) {
  mjsElement* e = mjs_findElement(s, mjOBJ_JOINT, motor->joint);
  mjsJoint* j = e ? mjs_asJoint(e) : NULL;
  if (!j || j->type != mjJNT_HINGE) {
    snprintf(err, WS_TEXT, "it has no hinge joint \"%s\", which the profile lists", motor->joint);
    return 1;
  }
  j->armature = motor->armature;
  memset(j->damping, 0, sizeof j->damping);
  j->damping[0] = motor->viscous;
  j->frictionloss = motor->coulomb;
  if (motor->stop > 0) set_stop(j, motor->stop, motor->yield, step);
  j->limited = mjLIMITED_TRUE;
  j->actfrclimited = mjLIMITED_FALSE;  // the drive bounds its torque
  const double unit = s->compiler.degree ? 180 / mjPI : 1;  // the model's own
  j->range[0] = unit * motor->min;
  j->range[1] = unit * motor->max;
  mjsActuator* a = ws_add_motor(s);
  a->trntype = mjTRN_JOINT;
  mjs_setString(a->target, motor->joint);
  mjs_setName(a->element, motor->joint);
  return 0;
}

// copy_geom makes g a copy of another geom, but for its name.
static void copy_geom(mjsGeom* g, const mjsGeom* old) {
  mjsGeom copy = *old;
  copy.element = g->element;
  copy.material = g->material;
  copy.hfieldname = g->hfieldname;
  copy.meshname = g->meshname;
  copy.userdata = g->userdata;
  copy.plugin = g->plugin;
  copy.info = g->info;
  *g = copy;
  mjs_setString(g->meshname, mjs_getString(old->meshname));
}

// give_foot_a_body moves a geom into a body of its own, at the geom's place, so
// that the foot has a frame. The new body weighs nothing: its parent's inertia
// counts the foot already.
static int give_foot_a_body(mjSpec* s, const char* foot, char* err) {
  if (mjs_findBody(s, foot)) return 0;
  mjsElement* e = mjs_findElement(s, mjOBJ_GEOM, foot);
  mjsBody* leg = e ? mjs_getParent(e) : NULL;
  if (!leg || !leg->explicitinertial || s->compiler.inertiafromgeom == mjINERTIAFROMGEOM_TRUE) {
    snprintf(err, WS_TEXT, "it has neither a body nor, on a body with inertia, a geom \"%s\", a foot in the profile", foot);
    return 1;
  }
  mjsGeom* old = mjs_asGeom(e);
  mjsBody* body = mjs_addBody(leg, NULL);
  mjs_setName(body->element, foot);
  mjs_setFrame(body->element, mjs_getFrame(e));
  memcpy(body->pos, old->pos, sizeof body->pos);
  mjsGeom* g = mjs_addGeom(body, NULL);
  copy_geom(g, old);
  memset(g->pos, 0, sizeof g->pos);
  if (!isnan(old->fromto[0])) {
    for (int i = 0; i < 3; i++) {
      body->pos[i] = (old->fromto[i] + old->fromto[i + 3]) / 2;
      g->fromto[i] -= body->pos[i];
      g->fromto[i + 3] -= body->pos[i];
    }
  }
  g->group = 0;  // drawn: the meshes of a user's model may be absent
  g->mass = 0;
  g->density = 0;
  mjs_setName(e, "");  // contact pairs find the new geom by this name
  mjs_setName(g->element, foot);
  return mjs_delete(s, e);
}

int ws_apply_profile(mjSpec* s, const ws_options* o, char* err) {
  delete_kind(s, mjOBJ_SENSOR);
  delete_kind(s, mjOBJ_ACTUATOR);
  delete_kind(s, mjOBJ_KEY);
  for (int i = 0; i < o->nmotor; i++)
    if (set_motor(s, o->motor + i, o->timestep, err)) return 1;
  for (int i = 0; i < o->nfoot; i++)
    if (give_foot_a_body(s, o->foot[i], err)) return 1;
  return 0;
}
