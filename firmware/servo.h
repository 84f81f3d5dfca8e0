// The law of one joint: torque = kp (pos - p) + kd (vel - v) + torque, and the
// limits on what a command may ask of it. The five numbers are what legged
// robots' motors obey as they are ("MIT mode": B. Katz, A low cost modular
// actuator for dynamic robots, MIT 2018, section 4.3); a board that drives
// windings runs the law itself, and so does the model of such a motor.
// Units: rad, rad/s, N·m, N·m/rad, N·m·s/rad, s.
#ifndef WHISKER_SERVO_H_
#define WHISKER_SERVO_H_

#include <stdint.h>

struct servo_command {
	float pos, vel, torque, kp, kd;
};

struct servo_state {
	float pos, vel;
};

struct servo_limits {
	float pos_min, pos_max;  // rad
	float vel_max;           // rad/s; above it the joint can only be braked
	float rate_max;          // rad/s, of the set point
	float torque_max;        // N·m
	float kp_max, kd_max;
};

// Which limits changed a command: bit n is limit 96 + n of the wire protocol.
enum {
	SERVO_POSITION = 1u << 0,
	SERVO_VELOCITY = 1u << 1,
	SERVO_TORQUE = 1u << 2,
	SERVO_GAIN = 1u << 3,
};

// servo_limit brings c within l at the measured state s. set_point is the last
// position that was passed on; it moves at most rate_max dt a tick, so that no
// command makes a jump, and is updated. share (0..1) is how much of stiffness
// and feed-forward torque is given now: the soft start, or what a hot motor may
// still do. A value that is no number counts as the one that does least.
// It returns the limits that acted, share not among them.
uint32_t servo_limit(struct servo_command *c, const struct servo_limits *l, struct servo_state s, float *set_point,
	float share, float dt);

// servo_damp is the command of a damped stop: velocity is resisted, nothing is
// held, and no energy is added. It resists more than a host may ask for: a robot
// that stands is let down by it.
#define SERVO_DAMP 1.5f // of kd_max
struct servo_command servo_damp(const struct servo_limits *l, struct servo_state s);

// servo_torque is the law, bounded to ±torque_max.
float servo_torque(const struct servo_command *c, struct servo_state s, float torque_max);

#endif
