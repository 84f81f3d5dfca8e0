//go:build cgo

#include "world.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MuJoCo reports fatal errors through a handler that must not return. Each
// helper that can fail sets a return point first; the text goes to said.
static _Thread_local jmp_buf* back;
static _Thread_local char said[WS_TEXT];

static void on_log(const mjLogMessage* msg) {
  if (msg->level != mjLOG_ERROR && msg->level != mjLOG_WARNING) return;
  snprintf(said, sizeof said, "%s", msg->subject);
  if (msg->level == mjLOG_ERROR && back) longjmp(*back, 1);
}

static void take_said(char* text) {
  snprintf(text, WS_TEXT, "%s", said[0] ? said : "MuJoCo gave no reason");
}

// GUARDED runs statements that may end in mju_error; then it returns 1.
#define GUARDED(w, statements)  \
  do {                          \
    jmp_buf here;               \
    said[0] = 0;                \
    back = &here;               \
    if (_setjmp(here)) {        \
      back = NULL;              \
      take_said((w)->text);     \
      return 1;                 \
    }                           \
    statements;                 \
    back = NULL;                \
  } while (0)

mjModel* ws_guarded_load(const char* file, const ws_options* o, int* is_rat, char* err, char* warn);

mjModel* ws_load(const char* file, const ws_options* o, int* is_rat, char* err, char* warn) {
  mju_setLogHandler(on_log);
  jmp_buf here;
  said[0] = 0;
  back = &here;
  if (_setjmp(here)) {
    back = NULL;
    take_said(err);
    return NULL;
  }
  mjModel* m = ws_guarded_load(file, o, is_rat, err, warn);
  back = NULL;
  return m;
}

static mjData* guarded_data(const mjModel* m) {
  jmp_buf here;
  back = &here;
  if (_setjmp(here)) {
    back = NULL;
    return NULL;
  }
  mjData* d = mj_makeData(m);
  back = NULL;
  return d;
}

ws_world* ws_new(const mjModel* m, const ws_drive* drive, const int* foot_of_body, int nfoot) {
  ws_world* w = calloc(1, sizeof *w);
  if (!w) return NULL;
  size_t nu = m->nu;
  w->m = m;
  w->drive = drive;
  w->foot_of_body = foot_of_body;
  w->nfoot = nfoot;
  w->pos = calloc(8 * nu + nfoot + 1, sizeof(double));
  w->lag = calloc(nu + 1, sizeof(int));
  w->d = guarded_data(m);
  if (!w->pos || !w->lag || !w->d) {
    ws_free(w);
    return NULL;
  }
  w->vel = w->pos + nu;
  w->tau = w->vel + nu;
  w->kp = w->tau + nu;
  w->kd = w->kp + nu;
  w->strength = w->kd + nu;
  w->zero = w->strength + nu;
  w->ceiling = w->zero + nu;
  w->foot_force = w->ceiling + nu;
  for (size_t i = 0; i < nu; i++) w->strength[i] = w->ceiling[i] = 1;
  w->target[3] = 1;
  return w;
}

void ws_free(ws_world* w) {
  if (!w) return;
  if (w->d) mj_deleteData(w->d);
  if (w->own) mj_deleteModel(w->own);
  free(w->pos);
  free(w->lag);
  free(w->ring);
  free(w->network);
  free(w);
}

int ws_late(ws_world* w) {
  if (!w->ring) w->ring = calloc(WS_RING * 5 * (size_t)w->m->nu, sizeof(double));
  return !w->ring;
}

int ws_own(ws_world* w) {
  if (w->own) return 0;
  GUARDED(w, w->own = mj_copyModel(NULL, w->m));
  if (!w->own) return 1;
  w->m = w->own;
  return 0;
}

int ws_constants(ws_world* w) {
  GUARDED(w, mj_setConst(w->own, w->d));
  return 0;
}

static int floating(const mjModel* m) { return m->njnt > 0 && m->jnt_type[0] == mjJNT_FREE; }

int ws_weigh(ws_world* w) {
  mjData* scratch = guarded_data(w->own);
  if (!scratch) return 1;
  GUARDED(w, mj_setConst(w->own, scratch));
  mj_deleteData(scratch);
  return 0;
}

// The inertia of a world on the root's coordinates moves less than any sensor sees.
void ws_bear(ws_world* w) {
  mjModel* m = w->own;
  for (int i = 0; i < 6 && floating(m); i++) m->dof_armature[i] = 1e6;
  for (int i = 0; i < (int)m->nbody; i++) m->body_gravcomp[i] = 1;
  m->ngravcomp = m->nbody;
}

int ws_reset(ws_world* w) {
  w->ticks = 0;
  GUARDED(w, mj_resetData(w->m, w->d));
  return 0;
}

// measure keeps what the next position stage overwrites: the contact forces of
// the feet and the acceleration of the root.
static void measure(ws_world* w) {
  const mjModel* m = w->m;
  mjData* d = w->d;
  for (int i = 0; i < w->nfoot; i++) w->foot_force[i] = 0;
  for (int i = 0; i < d->ncon; i++) {
    const mjContact* c = d->contact + i;
    if (c->efc_address < 0 || c->geom[0] < 0 || c->geom[1] < 0) continue;
    int a = m->geom_bodyid[c->geom[0]], b = m->geom_bodyid[c->geom[1]];
    int foot = m->body_weldid[a] == 0 ? w->foot_of_body[b] : m->body_weldid[b] == 0 ? w->foot_of_body[a] : -1;
    if (foot < 0) continue;
    mjtNum f[6];
    mj_contactForce(m, d, i, f);
    w->foot_force[foot] += f[0];
  }
  if (!floating(m)) return;
  double a[3], inverse[4];
  for (int k = 0; k < 3; k++) a[k] = d->qacc[k] - m->opt.gravity[k];
  mju_negQuat(inverse, d->qpos + 3);
  mju_rotVecQuat(w->acc, a, inverse);
}

// warned says whether MuJoCo had to mend or drop something: a number that is not
// finite, too many contacts. What it computed then is not the model's motion.
static int warned(ws_world* w) {
  for (int i = 0; i < mjNWARNING; i++) {
    if (!w->d->warning[i].number) continue;
    take_said(w->text);
    return 1;
  }
  return 0;
}

int ws_forward(ws_world* w) {
  GUARDED(w, mj_forward(w->m, w->d); measure(w));
  return warned(w);
}

// bounded holds a motor's torque within what it has at a speed: back-EMF takes
// from the voltage while the motor drives, and adds to it while it brakes
// (Cheetah-Software ActuatorModel.h has the full equations). ceiling is a factor
// on all of it.
static double bounded(double x, const ws_drive* v, double ceiling, double speed) {
  if (v->limit <= 0) return x;
  const double limit = ceiling * v->limit;
  double up = limit, down = limit;
  if (v->free > v->full) {
    double left = (v->free - fabs(speed)) / (v->free - v->full);
    double driving = limit * (left < 0 ? 0 : left > 1 ? 1 : left);
    if (speed > 0) up = driving;
    else down = driving;
  }
  return x > up ? up : x < -down ? -down : x;
}

// obeyed is the command that motor i obeys at physics step i of this tick: pos,
// vel, tau, kp, kd, each nu after the one before. Before the first command has
// arrived it is the first one.
static const double* obeyed(const ws_world* w, int motor, int step, int substeps) {
  if (!w->ring || !w->lag[motor]) return w->pos;
  long at = w->ticks * substeps + step - w->lag[motor];
  if (at < 0) at = 0;
  return w->ring + (at / substeps % WS_RING) * 5 * w->m->nu;
}

// remember keeps this tick's command for the motors that obey it later.
static void remember(ws_world* w) {
  size_t n = 5 * w->m->nu;
  if (w->ring) memcpy(w->ring + (w->ticks % WS_RING) * n, w->pos, n * sizeof(double));
}

// command sets the controls: once a call for servos and motors, before every
// physics step for the impedance law, as a motor's own controller would.
static void command(ws_world* w, int step, int substeps) {
  mjData* d = w->d;
  int nu = (int)w->m->nu;
  for (int i = 0; i < nu; i++) {
    const ws_drive* v = w->drive + i;
    double x;
    if (v->drive == WS_IMPEDANCE) {
      const double* c = obeyed(w, i, step, substeps) + i;
      double p = d->actuator_length[i] / v->gear + w->zero[i], s = d->actuator_velocity[i] / v->gear;
      x = bounded(c[3 * nu] * (c[0] - p) + c[4 * nu] * (c[nu] - s) + c[2 * nu], v, w->ceiling[i], s);
      if (w->network) {
        double beyond = ws_beyond(w->network + i, w->ticks * substeps + step, c[0] - p, s);
        if (c[3 * nu] > 0) x = bounded(x + beyond, v, w->ceiling[i], s);
      }
      x *= w->strength[i];
    } else if (step) {
      continue;
    } else {
      x = v->drive == WS_TORQUE ? w->tau[i] : w->pos[i];
    }
    d->ctrl[i] = v->scale * x + v->offset;
  }
}

// help is the external spring on the root, and the push: force in the world,
// torque in the root's frame, as the free joint's coordinates are.
static double help(ws_world* w) {
  mjData* d = w->d;
  double* f = d->qfrc_applied;
  const double k = w->assist, *to = w->target;
  double pull = 0;
  for (int i = 0; i < 6; i++) f[i] = 0;
  if (k > 0) {
    double inverse[4], turn[4], rotation[3];
    for (int i = 0; i < 3; i++) {
      f[i] = k * (to[i] - d->qpos[i]) + 0.3 * sqrt(k) * (to[7 + i] - d->qvel[i]);
      pull += f[i] * f[i];
    }
    mju_negQuat(inverse, d->qpos + 3);
    mju_mulQuat(turn, inverse, to + 3);
    mju_quat2Vel(rotation, turn, 1);
    for (int i = 0; i < 3; i++) f[3 + i] = 0.002 * k * rotation[i] + 1e-4 * k * (to[10 + i] - d->qvel[3 + i]);
  }
  for (int i = 0; i < 3; i++) f[i] += w->push[i];
  return sqrt(pull);
}

// ws_step leaves positions, velocities and frames of the new instant; forces and
// accelerations are those of the last physics step.
int ws_step(ws_world* w, int substeps) {
  const mjModel* m = w->m;
  mjData* d = w->d;
  w->assist_force = 0;
  GUARDED(w,
    remember(w);
    for (int i = 0; i < substeps; i++) {
      command(w, i, substeps);
      if (floating(m)) w->assist_force += help(w) / substeps;
      if (m->opt.integrator == mjINT_RK4) mj_step(m, d);
      else mj_step2(m, d);
      if (i == substeps - 1) measure(w);
      mj_step1(m, d);
    });
  w->push[0] = w->push[1] = w->push[2] = 0;
  w->ticks++;
  return warned(w);
}

int ws_loop(ws_world* w, int substeps) {
  GUARDED(w, for (int i = 0; i < substeps; i++) mj_step(w->m, w->d));
  return 0;
}

int ws_adopt(ws_world* w, const ws_world* from) {
  GUARDED(w, mj_copyData(w->d, w->m, from->d));
  return 0;
}

int ws_kinematics(ws_world* w) {
  GUARDED(w, mj_kinematics(w->m, w->d); mj_comPos(w->m, w->d));
  return 0;
}

// ws_overlaps finds the n first of at most max places where two bodies are in each
// other: their two bodies, and its position, normal and depth.
int ws_overlaps(ws_world* w, int max, int* n, int* bodies, double* places) {
  const mjModel* m = w->m;
  mjData* d = w->d;
  GUARDED(w, mj_collision(m, d));
  *n = 0;
  for (int i = 0; i < d->ncon && *n < max; i++) {
    const mjContact* c = d->contact + i;
    if (c->dist >= 0 || c->geom[0] < 0 || c->geom[1] < 0) continue;
    for (int side = 0; side < 2; side++) bodies[2 * *n + side] = m->geom_bodyid[c->geom[side]];
    double* place = places + 7 * *n;
    mju_copy3(place, c->pos);
    mju_copy3(place + 3, c->frame);
    place[6] = -c->dist;
    ++*n;
  }
  return 0;
}

int ws_lengths(ws_world* w) {
  GUARDED(w, mj_tendon(w->m, w->d); mj_transmission(w->m, w->d));
  return 0;
}

// M a + c - passive, without the constraint solver: mj_inverse would take the
// contact forces off as well.
int ws_inverse(ws_world* w, double* qfrc) {
  const mjModel* m = w->m;
  mjData* d = w->d;
  GUARDED(w,
    mj_kinematics(m, d); mj_comPos(m, d); mj_tendon(m, d); mj_transmission(m, d);
    mj_fwdVelocity(m, d);
    mj_rne(m, d, 1, qfrc));
  for (int i = 0; i < (int)m->nv; i++) qfrc[i] += m->dof_armature[i] * d->qacc[i] - d->qfrc_passive[i];
  return 0;
}

int ws_dynamics(ws_world* w, double* mass, double* bias) {
  const mjModel* m = w->m;
  mjData* d = w->d;
  GUARDED(w,
    mj_kinematics(m, d); mj_comPos(m, d); mj_makeM(m, d); mj_fullM(m, d, mass);
    mj_comVel(m, d);
    mj_rne(m, d, 0, bias));
  return 0;
}

int ws_solve(ws_world* w) {
  const mjModel* m = w->m;
  mjData* d = w->d;
  GUARDED(w,
    mj_kinematics(m, d); mj_comPos(m, d); mj_tendon(m, d); mj_transmission(m, d); mj_makeM(m, d); mj_factorM(m, d);
    mj_fwdVelocity(m, d);
    mju_sub(d->qacc, d->qfrc_passive, d->qfrc_bias, (int)m->nv);
    mju_addTo(d->qacc, d->qfrc_applied, (int)m->nv);
    mj_solveM(m, d, d->qacc, d->qacc, 1));
  return 0;
}

void ws_jacobian(const ws_world* w, int body, const double* point, double* jac) {
  mj_jac(w->m, w->d, jac, NULL, point, body);
}

void ws_moment(const ws_world* w, double* dense) {
  const mjData* d = w->d;
  int nu = (int)w->m->nu, nv = (int)w->m->nv;
  memset(dense, 0, sizeof(double) * nu * nv);
  for (int i = 0; i < nu; i++)
    for (int j = 0; j < d->moment_rownnz[i]; j++) {
      int at = d->moment_rowadr[i] + j;
      dense[i * nv + d->moment_colind[at]] = d->actuator_moment[at];
    }
}

int ws_touch(const ws_world* w, unsigned char* feet) {
  const mjModel* m = w->m;
  int other = 0;
  memset(feet, 0, w->nfoot);
  for (int i = 0; i < w->d->ncon; i++) {
    const mjContact* c = w->d->contact + i;
    if (c->exclude || c->geom[0] < 0 || c->geom[1] < 0) continue;
    int a = m->geom_bodyid[c->geom[0]], b = m->geom_bodyid[c->geom[1]];
    if (m->body_weldid[a] && m->body_weldid[b]) continue;
    int foot = w->foot_of_body[m->body_weldid[a] ? a : b];
    if (foot >= 0) feet[foot] = 1;
    else other = 1;
  }
  return other;
}
