//go:build cgo

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

static void warn_line(char* warn, const char* format, const char* a, const char* b) {
  size_t used = strlen(warn);
  if (used >= WS_TEXT - 1) return;
  snprintf(warn + used, WS_TEXT - used, format, a, b);
}

static void multiply(double* x, int n, double scale) {
  for (int i = 0; i < n; i++) x[i] *= scale;  // NaN marks an unused field and stays NaN
}

// The class defaults are already in the elements, so scaling these scales them.
static void scale_lengths(mjSpec* s, double k) {
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_BODY); e; e = mjs_nextElement(s, e)) multiply(mjs_asBody(e)->pos, 3, k);
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_JOINT); e; e = mjs_nextElement(s, e)) multiply(mjs_asJoint(e)->pos, 3, k);
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_GEOM); e; e = mjs_nextElement(s, e)) {
    mjsGeom* g = mjs_asGeom(e);
    multiply(g->pos, 3, k);
    multiply(g->size, 3, k);
    multiply(g->fromto, 6, k);
  }
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_SITE); e; e = mjs_nextElement(s, e)) {
    multiply(mjs_asSite(e)->pos, 3, k);
    multiply(mjs_asSite(e)->size, 3, k);
  }
}

static void delete_all(mjSpec* s, mjtObj kind) {
  for (mjsElement* e = mjs_firstElement(s, kind); e; e = mjs_firstElement(s, kind))
    if (mjs_delete(s, e)) return;
}

// The floor has the contact parameters of MuJoCo's default geom, as in
// dm_control's arenas; the paws' priority makes theirs the friction that counts.
static void add_floor(mjSpec* s) {
  mjsGeom* g = mjs_addGeom(mjs_findBody(s, "world"), NULL);
  const double size[3] = {0, 0, 0.05}, friction[3] = {1, 0.005, 0.0001};
  mjs_setName(g->element, "floor");
  g->type = mjGEOM_PLANE;
  g->contype = g->conaffinity = 1;
  g->condim = 3;
  g->priority = 0;
  g->group = 0;
  g->solref[0] = 0.02;
  g->solref[1] = 1;
  memcpy(g->size, size, sizeof size);
  memcpy(g->friction, friction, sizeof friction);
}

// The straight tail of recorded poses goes through the floor, so it may not touch.
static void disconnect_tail(mjSpec* s) {
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_BODY); e; e = mjs_nextElement(s, e)) {
    if (strncmp(mjs_getString(mjs_getName(e)), "vertebra_C", 10)) continue;
    for (mjsElement* g = mjs_firstChild(mjs_asBody(e), mjOBJ_GEOM, 0); g; g = mjs_nextChild(mjs_asBody(e), g, 0))
      mjs_asGeom(g)->contype = mjs_asGeom(g)->conaffinity = 0;
  }
}

// Feet and paws of 1 g on joints without rotor inertia chatter on the floor at
// 4 ms steps: the standing rat's ankles swing at 4 rad/s and its trunk bounces
// by 2 mm. The armature that the model gives its hips ends that (0.01 mm), and
// leaves what 2 ms steps do unchanged.
static void add_armature(mjSpec* s) {
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_JOINT); e; e = mjs_nextElement(s, e)) {
    mjsJoint* j = mjs_asJoint(e);
    if (j->armature < 1e-5) j->armature = 1e-5;
  }
}

static void prepare_rat(mjSpec* s, mjsBody* torso, const ws_options* o) {
  delete_all(s, mjOBJ_SKIN);
  delete_all(s, mjOBJ_SENSOR);
  scale_lengths(s, o->scale);
  add_armature(s);
  disconnect_tail(s);
  mjs_setName(mjs_addFreeJoint(torso)->element, "root");
  add_floor(s);
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_ACTUATOR); e; e = mjs_nextElement(s, e)) {
    mjsActuator* a = mjs_asActuator(e);
    a->forcelimited = mjLIMITED_TRUE;
    if (o->torque) {
      a->gainprm[0] = a->forcerange[1];
      a->biastype = mjBIAS_NONE;
      memset(a->biasprm, 0, sizeof a->biasprm);
    } else {
      a->ctrlrange[0] *= o->overshoot;
      a->ctrlrange[1] *= o->overshoot;
    }
  }
  s->njmax = s->nconmax = -1;
  s->nstack = -1;
  s->memory = 8 << 20;
}

// is_file tells whether a file of the model is there; within is its folder for such files.
static int is_file(const mjSpec* s, const char* within, const char* file) {
  char path[WS_TEXT];
  const char* dir = mjs_getString(s->modelfiledir);
  if (file[0] == '/') return access(file, R_OK) == 0;
  if (within[0] == '/') snprintf(path, sizeof path, "%s/%s", within, file);
  else snprintf(path, sizeof path, "%s%s%s/%s", dir, dir[0] ? "/" : "", within, file);
  return access(path, R_OK) == 0;
}

// weighs tells whether a body that moves has some of its mass from a geom.
static int weighs(const mjSpec* s, const mjsGeom* g) {
  const mjsBody* b = mjs_getParent(g->element);
  const int* groups = s->compiler.inertiagrouprange;
  if (b->explicitinertial && s->compiler.inertiafromgeom != mjINERTIAFROMGEOM_TRUE) return 0;
  if (b == mjs_findBody((mjSpec*)s, "world") || g->group < groups[0] || g->group > groups[1]) return 0;
  return isnan(g->mass) ? g->density > 0 : g->mass > 0;
}

// Visual meshes whose files are not there are dropped, with one warning; a body
// looks poorer without them but moves the same. One that collides, or that its body has
// mass from, stays, and fails to compile.
static void drop_absent_meshes(mjSpec* s, char* warn) {
  char first[WS_TEXT] = "", more[32] = "";
  int dropped = 0;
  for (mjsElement *e = mjs_firstElement(s, mjOBJ_MESH), *next; e; e = next) {
    next = mjs_nextElement(s, e);
    const char *file = mjs_getString(mjs_asMesh(e)->file), *name = mjs_getString(mjs_getName(e));
    if (!file[0] || is_file(s, mjs_getString(s->compiler.meshdir), file)) continue;
    int needed = 0;
    for (mjsElement* e = mjs_firstElement(s, mjOBJ_GEOM); e; e = mjs_nextElement(s, e)) {
      const mjsGeom* g = mjs_asGeom(e);
      if (!strcmp(mjs_getString(g->meshname), name) && (g->contype || g->conaffinity || weighs(s, g))) needed = 1;
    }
    if (needed) continue;
    if (!dropped++) snprintf(first, sizeof first, "%s", file);
    for (mjsElement *g = mjs_firstElement(s, mjOBJ_GEOM), *after; g; g = after) {
      after = mjs_nextElement(s, g);
      if (!strcmp(mjs_getString(mjs_asGeom(g)->meshname), name)) mjs_delete(s, g);
    }
    mjs_delete(s, e);
  }
  if (dropped > 1) snprintf(more, sizeof more, " and %d others", dropped - 1);
  if (dropped) warn_line(warn, "the visual meshes %s%s are not there: their shapes are left out\n", first, more);
}

// Nothing that moves a body, and nothing that is drawn here, depends on textures: where
// the file of one is not there, all are left out, with a warning.
static void drop_absent_textures(mjSpec* s, char* warn) {
  const char* file = "";
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_TEXTURE); e; e = mjs_nextElement(s, e)) {
    file = mjs_getString(mjs_asTexture(e)->file);
    if (file[0] && !is_file(s, mjs_getString(s->compiler.texturedir), file)) break;
    file = "";
  }
  if (!file[0]) return;
  warn_line(warn, "the texture %s is not there: the textures are left out%s\n", file, "");
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_MATERIAL); e; e = mjs_nextElement(s, e))
    for (int i = 0; i < mjNTEXROLE; i++) mjs_setInStringVec(mjs_asMaterial(e)->textures, i, "");
  delete_all(s, mjOBJ_TEXTURE);
}

static int count(mjSpec* s, mjtObj kind) {
  int n = 0;
  for (mjsElement* e = mjs_firstElement(s, kind); e; e = mjs_nextElement(s, e)) n++;
  return n;
}

mjsActuator* ws_add_motor(mjSpec* s) {
  mjsActuator *a = mjs_addActuator(s, NULL), plain;
  mjs_defaultActuator(&plain);
  plain.element = a->element;
  plain.target = a->target;
  plain.refsite = a->refsite;
  plain.slidersite = a->slidersite;
  plain.userdata = a->userdata;
  plain.plugin = a->plugin;
  plain.info = a->info;
  *a = plain;
  return a;
}

// A URDF has joints but neither floor nor motors; the motors' bounds are the
// joints' efforts.
static void complete(mjSpec* s, const ws_options* o) {
  int ground = 0, is_free = 0, unnamed = 0;
  mjsBody* world = mjs_findBody(s, "world");
  for (mjsElement* g = mjs_firstChild(world, mjOBJ_GEOM, 0); g; g = mjs_nextChild(world, g, 0))
    if (mjs_asGeom(g)->type == mjGEOM_PLANE || mjs_asGeom(g)->type == mjGEOM_HFIELD) ground = 1;
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_JOINT); e; e = mjs_nextElement(s, e))
    if (mjs_asJoint(e)->type == mjJNT_FREE) is_free = 1;
  mjsElement* base = mjs_firstChild(world, mjOBJ_BODY, 0);
  if (o->add_free && !is_free && base) {
    s->compiler.fusestatic = 0;
    mjs_addFreeJoint(mjs_asBody(base));
    is_free = 1;
  }
  if (is_free && !ground) add_floor(s);
  if (count(s, mjOBJ_ACTUATOR)) return;
  for (mjsElement* e = mjs_firstElement(s, mjOBJ_JOINT); e; e = mjs_nextElement(s, e)) {
    mjsJoint* j = mjs_asJoint(e);
    if (j->type != mjJNT_HINGE && j->type != mjJNT_SLIDE) continue;
    if (!mjs_getString(mjs_getName(e))[0]) {
      char name[32];
      do snprintf(name, sizeof name, "joint%d", ++unnamed);
      while (mjs_findElement(s, mjOBJ_JOINT, name));
      mjs_setName(e, name);
    }
    mjsActuator* a = ws_add_motor(s);
    a->trntype = mjTRN_JOINT;
    mjs_setString(a->target, mjs_getString(mjs_getName(e)));
    mjs_setName(a->element, mjs_getString(mjs_getName(e)));
    if (j->actfrcrange[0] < j->actfrcrange[1]) {
      a->forcelimited = mjLIMITED_TRUE;
      memcpy(a->forcerange, j->actfrcrange, sizeof a->forcerange);
    }
  }
}

// prepared parses a model and changes it as the options say; NULL and err on failure.
static mjSpec* prepared(const char* file, const ws_options* o, int* is_rat, char* err, char* warn) {
  mjSpec* s = o->xml ? mj_parseXMLString(o->xml, NULL, err, WS_TEXT) : mj_parseXML(file, NULL, err, WS_TEXT);
  if (!s) return NULL;
  mjsBody* torso = mjs_findBody(s, "torso");
  *is_rat = torso && !strcmp(mjs_getString(s->modelname), "rat") && mjs_findBody(s, "vertebra_C1") &&
            !mjs_firstChild(torso, mjOBJ_JOINT, 0);
  drop_absent_meshes(s, warn);
  drop_absent_textures(s, warn);
  if (*is_rat) prepare_rat(s, torso, o);
  else if (o->nmotor && ws_apply_profile(s, o, err)) {
    mj_deleteSpec(s);
    return NULL;
  } else complete(s, o);
  s->option.timestep = o->timestep;
  s->option.disableflags |= mjDSBL_AUTORESET | mjDSBL_SENSOR;
  return s;
}

mjModel* ws_guarded_load(const char* file, const ws_options* o, int* is_rat, char* err, char* warn) {
  mjSpec* s = prepared(file, o, is_rat, err, warn);
  if (!s) return NULL;
  mjModel* m = mj_compile(s, NULL);
  if (!m) snprintf(err, WS_TEXT, "%s", mjs_getError(s));
  else if (o->save && mj_saveXML(s, o->save, err, WS_TEXT)) {
    mj_deleteModel(m);
    m = NULL;
  }
  mj_deleteSpec(s);
  return m;
}
