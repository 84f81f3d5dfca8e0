// Model of MIT-mode motors: their frames, their law (servo.c), a rod each.
#include "board/host/motors.h"

#include <math.h>   // sinf
#include <string.h> // memset

#define INERTIA 0.02f  // kg·m², of a rod and its rotor, at the motor
#define WEIGHT 0.5f    // N·m, of the rod held out level
#define FRICTION 0.02f // N·m·s/rad
#define STEPS 8        // of the motor's own law in a tick: 4 kHz

static struct {
	struct servo_state at;    // at the motor
	struct servo_command told;
	float hangs, torque;
	bool on;
} motor[WIRE_JOINTS];

void motors_start(void)
{
	memset(motor, 0, sizeof motor);
	for (int i = 0; i < robot_config.joints; i++) {
		const struct joint_config *c = &robot_config.joint[i];
		motor[i].hangs = motor[i].at.pos = (0.5f * (c->limits.pos_min + c->limits.pos_max) + 0.1f) * c->ratio;
	}
}

static void obey(int i, const uint8_t frame[MIT_FRAME])
{
	uint8_t what;
	if (!mit_is_special(frame, &what)) {
		motor[i].told = mit_unpack(frame, &robot_config.joint[i].range);
		return;
	}
	motor[i].on = what == MIT_ENTER;
	memset(&motor[i].told, 0, sizeof motor[i].told);
}

static void step(int i, float dt)
{
	struct servo_state *s = &motor[i].at;
	motor[i].torque = motor[i].on ? servo_torque(&motor[i].told, *s, robot_config.joint[i].range.torque) : 0;
	float total = motor[i].torque - WEIGHT * sinf(s->pos - motor[i].hangs) - FRICTION * s->vel;
	s->vel += dt * total / INERTIA;
	s->pos += dt * s->vel;
}

void motors_step(uint8_t frames[WIRE_JOINTS][MIT_FRAME], struct plant_in *p)
{
	memset(p, 0, sizeof *p);
	for (int i = 0; i < robot_config.joints; i++) {
		const struct joint_config *c = &robot_config.joint[i];
		obey(i, frames[i]);
		for (int k = 0; k < STEPS; k++) step(i, TICK_S / STEPS);
		struct mit_reply m = {.id = c->id, .state = motor[i].at, .torque = motor[i].torque, .temp = 30};
		mit_reply_pack(p->reply[i], &m, &c->range);
		p->length[i] = MIT_FRAME;
	}
	p->flags = PLANT_IMU;
	p->acc[2] = 9.81f;
	p->voltage = 24;
	p->current = 1;
	p->board_temp = 30;
}
