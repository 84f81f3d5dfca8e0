// Small C helpers around MuJoCo. Go reaches every field of mjModel and mjData
// through them, because the sizes of fields change between MuJoCo versions.
#ifndef WHISKER_SIM_WORLD_H_
#define WHISKER_SIM_WORLD_H_

#include <mujoco/mujoco.h>

enum { WS_TEXT = 1024 };

// How an actuator turns a command into MuJoCo's control: ctrl = scale x + offset,
// where x is the commanded position, the torque, or the impedance law's torque.
enum { WS_POSITION, WS_TORQUE, WS_IMPEDANCE };

// One motor of a profile on its joint, in the profile's order.
typedef struct {
  const char* joint;
  double armature, viscous, coulomb;  // kg·m², N·m·s/rad, N·m
  double stop, yield;                 // of dry friction: s, or 0 for MuJoCo's own
  double min, max;                    // rad
} ws_motor;

typedef struct {
  double timestep;   // s
  double scale;      // of the rat: lengths, with density kept
  int torque;        // 1: the rat's actuators are torque motors
  double overshoot;  // the rat's servos accept this multiple of their range
  int add_free;      // 1: a model without floating base gets one
  const char* xml;   // the model's text; NULL: it is in the file
  const char* save;  // file that gets the prepared model's text; NULL for none
  const ws_motor* motor;  // of a profile, which replace the model's actuators
  int nmotor;
  const char** foot;  // bodies, or geoms that get a body of their own
  int nfoot;
} ws_options;

typedef struct {
  int drive;
  double scale, offset;  // of ctrl
  double gear;           // actuator length per position
  double limit;          // N·m, bound on the impedance law's torque; 0 is none
  double full, free;     // rad/s: the bound holds up to full and falls to none at free; 0 is everywhere
} ws_drive;

enum { WS_RING = 64 };  // commands kept for drives that obey late

enum { WS_PAST = 3, WS_UNITS = 32 };  // looks that a network remembers; units of its layers

// Weights of two layers of tanh and one of output: a row an output, then the biases.
typedef struct {
  float first[WS_UNITS * 2 * WS_PAST], first_bias[WS_UNITS];
  float second[WS_UNITS * WS_UNITS], second_bias[WS_UNITS];
  float last[WS_UNITS], last_bias[1];
} ws_weights;

// What a motor gives beyond its law. It looks once a period and holds its torque
// until it looks again.
typedef struct {
  double period;                // physics steps, whole or not; 0: there is no network
  double error, speed, torque;  // scales: rad, rad/s, N·m
  double most_error, most_speed;  // that it learned from; 0: not known
  ws_weights weights;
  float past[2 * WS_PAST];  // errors, newest first, then speeds, over their scales
  long looks;               // since the reset, when networks are given anew
  long unlearned;           // of them, those that saw more than it learned from
  double held;              // N·m
} ws_network;

// One simulated world: state of its own on a shared, read-only model.
typedef struct {
  const mjModel* m;
  mjData* d;
  const ws_drive* drive;                // nu, shared with the model
  const int* foot_of_body;              // nbody: index of the foot, or -1
  double *pos, *vel, *tau, *kp, *kd;    // command, nu each
  double *strength, *zero;              // nu: factor on the torque; what the encoder adds, rad
  double* ceiling;                      // nu: factor on the drive's bound
  int* lag;                             // nu: physics steps from a command to its motor
  double* ring;                         // WS_RING commands of 5 nu; NULL while no motor is late
  ws_network* network;                  // nu; NULL while no motor has one
  long ticks;                           // commands since the reset
  mjModel* own;                         // a model of this world alone; NULL: m is shared
  double* foot_force;                   // N, normal
  int nfoot;
  double acc[3];                        // specific force at the root, root frame
  double assist;                        // N/m, 0 is off
  double target[13];                    // position, quaternion, velocity, angular velocity (body)
  double assist_force;                  // N, mean magnitude over the last call
  double push[3];                       // N, world, at the root; one call long
  char text[WS_TEXT];                   // what MuJoCo said when a call failed
} ws_world;

// ws_load parses, prepares and compiles a model file. It returns NULL and err on
// failure; warn holds one warning a line. is_rat tells whether it prepared a rat.
mjModel* ws_load(const char* file, const ws_options* o, int* is_rat, char* err, char* warn);

// ws_add_motor adds an actuator that has nothing of the user's defaults.
mjsActuator* ws_add_motor(mjSpec* s);

// ws_apply_profile changes a model as a profile says; 1 and err when they do not fit.
int ws_apply_profile(mjSpec* s, const ws_options* o, char* err);

// ws_new makes a world; nfoot numbers the entries of foot_of_body. NULL: no memory.
ws_world* ws_new(const mjModel* m, const ws_drive* drive, const int* foot_of_body, int nfoot);
void ws_free(ws_world* w);

// All below return 0, or 1 with the reason in w->text.
int ws_reset(ws_world* w);                  // qpos0, zero velocity, zero filters
int ws_forward(ws_world* w);                // everything that follows from the state
int ws_step(ws_world* w, int substeps);     // advances under the command
int ws_loop(ws_world* w, int substeps);     // the bare mj_step loop that ws_step is measured against
int ws_adopt(ws_world* w, const ws_world* from);  // the whole state of a world of the same model
int ws_kinematics(ws_world* w);             // frames and Jacobian axes from qpos
int ws_overlaps(ws_world* w, int max, int* n, int* bodies, double* places);  // after ws_kinematics
int ws_lengths(ws_world* w);                // actuator lengths and moment arms, after ws_kinematics
int ws_inverse(ws_world* w, double* qfrc);  // from qpos, qvel, qacc; no contacts, no limits
int ws_dynamics(ws_world* w, double* mass, double* bias);  // from qpos, qvel: inertia (nv rows of nv), gravity and the motion's own forces
int ws_solve(ws_world* w);                  // qacc from qpos, qvel, qfrc_applied; no contacts, no limits

void ws_jacobian(const ws_world* w, int body, const double* point, double* jac);
void ws_moment(const ws_world* w, double* dense);
// ws_touch marks the feet that touch the ground, and returns whether anything
// else of the body does.
int ws_touch(const ws_world* w, unsigned char* feet);

// ws_late makes room for motors that obey late; 1: no memory.
int ws_late(ws_world* w);

// ws_learn makes room for networks; 1: no memory. ws_beyond is what one says at a
// physics step since the reset, N·m, where the error of position and the speed are
// those, rad and rad/s.
int ws_learn(ws_world* w);
double ws_beyond(ws_network* n, long step, double error, double speed);

// ws_own gives the world a model of its own, free to change; 1: no memory.
// ws_constants derives what follows from the change. It loses the state.
int ws_own(ws_world* w);
int ws_constants(ws_world* w);

// ws_weigh derives the constants and keeps the state. ws_bear makes the root a
// body that nothing moves, and bears the weight of all; both need ws_own.
int ws_weigh(ws_world* w);
void ws_bear(ws_world* w);

#endif
