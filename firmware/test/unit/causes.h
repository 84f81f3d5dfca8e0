// What stops a robot, each called before every tick, and its end.
#ifndef WHISKER_CAUSES_H_
#define WHISKER_CAUSES_H_

#include "rig.h"

static inline void cause_joint_limit(struct rig *g)
{
	g->joint[0].pos += g->joint[0].pos < 1.72f ? 0.05f : 0;
	g->command.joint[0].pos_rad = g->joint[0].pos;
}

static inline void cause_joint_speed(struct rig *g) { g->joint[3].vel = 58; }
static inline void cause_following(struct rig *g) { g->command.joint[4].pos_rad = 2.5f; }
static inline void cause_tilt(struct rig *g) { g->r.imu.quat[0] = 0.78f, g->r.imu.quat[1] = 0.6258f; }
static inline void cause_temperature(struct rig *g) { g->temp[7] = 86; }
static inline void cause_low(struct rig *g) { g->in.voltage = 19; }
static inline void cause_high(struct rig *g) { g->in.voltage = 27; }
static inline void cause_no_voltage(struct rig *g) { g->in.voltage = NAN; }
static inline void cause_expired(struct rig *g) { g->mute = true; }
static inline void cause_short(struct rig *g) { g->command.valid_ms = 6; }
static inline void cause_encoder(struct rig *g) { if (g->joint[5].pos < -1) g->joint[5].pos += 0.5f; }

static inline void cause_encoders(struct rig *g)
{
	cause_encoder(g);
	if (g->joint[0].pos > -0.1f) g->joint[0].pos -= 0.5f;
}

static inline void cause_motor(struct rig *g) { g->error[8] = 2; }
static inline void cause_motor_link(struct rig *g) { g->dead[11] = true; }
static inline void cause_current(struct rig *g) { g->torque[2] = 13.5f; }
static inline void cause_imu(struct rig *g) { g->in.imu = false; }
static inline void cause_imu_nonsense(struct rig *g) { g->in.gyro[1] = INFINITY; }
static inline void cause_overrun(struct rig *g) { g->in.late = true; }
static inline void cause_nothing(struct rig *g) { (void)g; }

static inline void cause_command(struct rig *g)
{
	g->command.joint[6].torque_nm = NAN;
	rig_command(g);
}

// back turns the joints to where they were, at 2 rad/s; it returns whether they are
// there.
static inline bool back(struct rig *g, const struct rig *fresh)
{
	bool there = true;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		float left = fresh->joint[i].pos - g->joint[i].pos;
		bool near = fabsf(left) <= 2 * TICK_S;
		g->joint[i].pos = near ? fresh->joint[i].pos : g->joint[i].pos + copysignf(2 * TICK_S, left);
		g->joint[i].vel = near ? 0 : copysignf(2, left);
		there = there && near;
	}
	return there;
}

// heal takes the cause away: everything but the firmware is as in a new rig.
static inline void heal(struct rig *g)
{
	struct rig fresh;
	rig_new(&fresh);
	storing = g;
	memcpy(g->torque, fresh.torque, sizeof g->torque);
	memcpy(g->temp, fresh.temp, sizeof g->temp);
	memcpy(g->error, fresh.error, sizeof g->error);
	memcpy(g->dead, fresh.dead, sizeof g->dead);
	memcpy(g->r.imu.quat, fresh.r.imu.quat, sizeof g->r.imu.quat);
	g->command = fresh.command;
	g->in = fresh.in;
	g->mute = false;
	while (!back(g, &fresh)) rig_tick(g);
}

#endif
