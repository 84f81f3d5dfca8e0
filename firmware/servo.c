// Joint impedance law and its limits.
#include "servo.h"

#include <math.h> // fabsf, fminf, fmaxf

// bound clamps *x to [lo, hi] and says whether that changed it; a NaN becomes
// instead.
static int bound(float *x, float lo, float hi, float instead)
{
	float was = *x;
	if (!(was == was)) *x = instead;
	*x = fminf(fmaxf(*x, lo), hi);
	return !(*x == was);
}

// limit_position keeps the set point in the joint's range, and moves it no
// faster than the joint may turn. The rate comes last: a joint found outside its
// range returns slowly. At the end of the range nothing pushes further out.
static uint32_t limit_position(struct servo_command *c, const struct servo_limits *l, struct servo_state s,
	float *set_point, float dt)
{
	uint32_t acted = 0;
	float step = l->rate_max * dt;
	if (bound(&c->pos, l->pos_min, l->pos_max, s.pos)) acted |= SERVO_POSITION;
	if (bound(&c->pos, *set_point - step, *set_point + step, *set_point)) acted |= SERVO_VELOCITY;
	*set_point = c->pos;
	float outward = s.pos >= l->pos_max ? 1.0f : s.pos <= l->pos_min ? -1.0f : 0.0f;
	if (outward * c->torque > 0) {
		c->torque = 0;
		acted |= SERVO_POSITION;
	}
	if (outward * c->vel > 0) {
		c->vel = 0;
		acted |= SERVO_POSITION;
	}
	return acted;
}

// limit_speed lets a joint that is too fast only be braked.
static uint32_t limit_speed(struct servo_command *c, const struct servo_limits *l, struct servo_state s)
{
	if (fabsf(s.vel) <= l->vel_max || servo_torque(c, s, INFINITY) * s.vel < 0) return 0;
	c->kp = c->torque = c->vel = 0;
	c->kd = l->kd_max;
	return SERVO_VELOCITY;
}

// limit_torque shrinks everything by one factor where the sum asks for too much:
// stiffness and damping stay in proportion, and no energy is added. It is the
// rule of the host's guard.
static uint32_t limit_torque(struct servo_command *c, float torque_max, struct servo_state s)
{
	float asked = fabsf(servo_torque(c, s, INFINITY));
	if (!(asked > torque_max)) return 0;
	float f = torque_max / asked;
	c->kp *= f;
	c->kd *= f;
	c->torque *= f;
	return SERVO_TORQUE;
}

uint32_t servo_limit(struct servo_command *c, const struct servo_limits *l, struct servo_state s, float *set_point,
	float share, float dt)
{
	uint32_t acted = 0;
	if (bound(&c->kp, 0, l->kp_max, 0) | bound(&c->kd, 0, l->kd_max, l->kd_max)) acted |= SERVO_GAIN;
	if (bound(&c->torque, -l->torque_max, l->torque_max, 0)) acted |= SERVO_TORQUE;
	if (bound(&c->vel, -l->vel_max, l->vel_max, 0)) acted |= SERVO_VELOCITY;
	c->kp *= share; // damping is given whole: it only takes energy out
	c->torque *= share;
	acted |= limit_position(c, l, s, set_point, dt);
	acted |= limit_speed(c, l, s);
	return acted | limit_torque(c, l->torque_max, s);
}

struct servo_command servo_damp(const struct servo_limits *l, struct servo_state s)
{
	struct servo_command c = {.pos = s.pos, .kd = SERVO_DAMP * l->kd_max};
	limit_torque(&c, l->torque_max, s);
	return c;
}

float servo_torque(const struct servo_command *c, struct servo_state s, float torque_max)
{
	float t = c->kp * (c->pos - s.pos) + c->kd * (c->vel - s.vel) + c->torque;
	return fminf(fmaxf(t, -torque_max), torque_max);
}
