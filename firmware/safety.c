// Operating states and faults.
#include "safety.h"

#include <math.h>   // fabsf, isfinite
#include <string.h> // memset

// A condition is a fault that stands now, and the joint that it is about.
struct condition {
	enum wire_fault fault;
	uint8_t joint;
};

bool safety_moving(const struct safety *s)
{
	return s->mode == WIRE_MODE_ENABLED || s->mode == WIRE_MODE_LIMITING || s->mode == WIRE_MODE_DAMPED;
}

static bool obeying(const struct safety *s)
{
	return s->mode == WIRE_MODE_ENABLED || s->mode == WIRE_MODE_LIMITING;
}

static void enter(struct safety *s, enum wire_mode mode)
{
	s->mode = mode;
	s->ticks = 0;
}

void safety_latch(struct safety *s, enum wire_fault f)
{
	if (f == WIRE_FAULT_NONE || s->fault != WIRE_FAULT_NONE || s->mode == WIRE_MODE_ESTOP) return;
	s->torque = safety_moving(s);
	s->release = false;
	s->fault = f;
	enter(s, WIRE_MODE_FAULT);
}

// ---- the checks ----

// run counts the ticks in a row in which something is so.
static bool run(uint8_t *count, bool so, uint8_t ticks)
{
	*count = so ? (uint8_t)(*count + (*count < UINT8_MAX)) : 0;
	return *count >= ticks;
}

// calibrating without a calibration, no range is known.
static bool ranged(const struct safety *s)
{
	return s->calibrated && !(safety_moving(s) && s->purpose == WIRE_PURPOSE_CALIBRATE);
}

// agrees says that joint i, whose encoder has jumped, may be damped: its steps are
// what its speed makes of them, and it is slow. Of a motor that turns its field by an
// encoder that slipped, damping may be driving: then it is not slow for long.
static bool agrees(struct safety *s, struct servo_state now, int i)
{
	float step = now.pos - s->sense.joint[i].pos, gone = now.vel * TICK_S;
	s->astray[i] = SAFETY_FADE * s->astray[i] + step - gone;
	s->ahead[i] = fmaxf(0, s->ahead[i] + fabsf(gone) - SAFETY_SLOW_RAD_S * TICK_S);
	return fabsf(s->astray[i]) <= SAFETY_ASTRAY_RAD && s->ahead[i] <= SAFETY_AHEAD_RAD;
}

// believe says whether joint i can be where its encoder says, and makes it limp
// where it cannot even be damped. A motor that was lost for long may have gone
// anywhere.
static bool believe(struct safety *s, const struct safety_sense *m, int i)
{
	struct servo_state now = m->joint[i];
	bool followed = s->heard >> i & 1 && s->silent[i] < SAFETY_LINK_TICKS;
	bool jumped = followed && fabsf(now.pos - s->sense.joint[i].pos) > SAFETY_JUMP_RAD;
	bool number = isfinite(now.pos) && isfinite(now.vel), damped = number;
	if (jumped) {
		s->astray[i] = s->ahead[i] = 0;
		damped = number && s->jumps[i]++ < SAFETY_JUMPS;
	} else if (s->jumps[i] > 0) {
		damped = number && agrees(s, now, i);
	}
	if (!damped) s->limp |= (uint16_t)(1u << i);
	return number && !jumped;
}

static enum wire_fault check_motor(struct safety *s, const struct safety_sense *m, int i)
{
	const struct servo_limits *l = &s->config->joint[i].limits;
	bool believed = believe(s, m, i);
	if (run(&s->silent[i], !(m->answered >> i & 1), SAFETY_LINK_TICKS)) return WIRE_FAULT_MOTOR_LINK;
	if (m->error[i]) return WIRE_FAULT_MOTOR;
	if (!believed) return WIRE_FAULT_ENCODER;
	if (run(&s->strained[i], fabsf(m->torque[i]) > SAFETY_TORQUE * l->torque_max, SAFETY_TORQUE_TICKS))
		return WIRE_FAULT_CURRENT;
	return m->temp[i] > s->config->temp_max_c ? WIRE_FAULT_TEMPERATURE : WIRE_FAULT_NONE;
}

static enum wire_fault check_joint(const struct safety *s, const struct safety_sense *m, const struct servo_command *held,
	int i)
{
	const struct servo_limits *l = &s->config->joint[i].limits;
	float pos = m->joint[i].pos, margin = s->config->margin_rad;
	if (!((s->heard | m->answered) >> i & 1)) return WIRE_FAULT_NONE; // nobody knows where it is
	if (ranged(s) && (pos < l->pos_min - margin || pos > l->pos_max + margin)) return WIRE_FAULT_JOINT_LIMIT;
	if (fabsf(m->joint[i].vel) > SAFETY_SPEED * l->vel_max) return WIRE_FAULT_JOINT_SPEED;
	if (obeying(s) && held[i].kp > 0 && fabsf(held[i].pos - pos) > s->config->following_rad) return WIRE_FAULT_FOLLOWING;
	return WIRE_FAULT_NONE;
}

static enum wire_fault check_body(struct safety *s, const struct safety_sense *m)
{
	const struct robot_config *c = s->config;
	bool sags = !(m->voltage >= c->voltage_min_v && m->voltage <= c->voltage_max_v);
	if (run(&s->blind, !m->imu, SAFETY_IMU_TICKS)) return WIRE_FAULT_IMU;
	if (run(&s->sagging, sags, SAFETY_VOLTAGE_TICKS)) return WIRE_FAULT_VOLTAGE;
	if (run(&s->late, m->late, SAFETY_LATE_TICKS)) return WIRE_FAULT_OVERRUN;
	if (!(m->upright >= c->tilt_cos)) return WIRE_FAULT_TILT;
	return WIRE_FAULT_NONE;
}

// check finds the first fault that stands now. Every count is kept up to date on
// the way, whatever was found before.
static struct condition check(struct safety *s, const struct safety_sense *m, const struct servo_command *held)
{
	struct condition found = {WIRE_FAULT_NONE, 0};
	for (uint8_t i = 0; i < s->config->joints; i++) {
		enum wire_fault f = check_motor(s, m, i);
		if (f == WIRE_FAULT_NONE) f = check_joint(s, m, held, i);
		if (found.fault == WIRE_FAULT_NONE) found = (struct condition){f, i};
	}
	enum wire_fault f = check_body(s, m);
	if (found.fault == WIRE_FAULT_NONE) found.fault = f;
	return found;
}

// sane says that the config can be guarded: a limit that is no number is none.
static bool sane(const struct robot_config *c)
{
	bool ok = c->joints > 0 && c->joints <= WIRE_JOINTS && c->state_hz > 0 && c->state_hz <= TICK_HZ;
	ok = ok && c->tilt_cos < 1 && c->following_rad > 0 && c->margin_rad >= 0 && c->voltage_min_v < c->voltage_max_v;
	for (int i = 0; ok && i < c->joints; i++) {
		const struct servo_limits *l = &c->joint[i].limits;
		ok = l->pos_min < l->pos_max && l->vel_max > 0 && l->rate_max > 0 && l->torque_max > 0 && l->kp_max >= 0 &&
			l->kd_max >= 0 && c->joint[i].ratio > 0;
	}
	return ok;
}

// ---- the states ----

void safety_init(struct safety *s, const struct robot_config *c, enum wire_fault found, bool moving)
{
	memset(s, 0, sizeof *s);
	s->config = c;
	if (!sane(c)) found = WIRE_FAULT_INTERNAL, moving = false;
	s->mode = moving ? WIRE_MODE_DAMPED : WIRE_MODE_IDLE;
	s->damp_ms = SAFETY_RESET_MS;
	safety_latch(s, found);
}

// reaction is what the mode asks for. Where too much torque flows already, there
// is no damping.
static enum safety_reaction reaction(const struct safety *s)
{
	switch (s->mode) {
	case WIRE_MODE_ENABLED:
	case WIRE_MODE_LIMITING:
		return SAFETY_RUN;
	case WIRE_MODE_DAMPED:
		return SAFETY_DAMP;
	case WIRE_MODE_FAULT:
		if (!s->torque || s->fault == WIRE_FAULT_CURRENT) return SAFETY_OFF;
		return SAFETY_DAMP;
	case WIRE_MODE_IDLE:
	case WIRE_MODE_ESTOP:
		return SAFETY_OFF;
	}
	return SAFETY_OFF;
}

bool safety_torque(const struct safety *s) { return reaction(s) != SAFETY_OFF; }

enum safety_reaction safety_tick(struct safety *s, const struct safety_sense *m, const struct servo_command *held,
	uint32_t now_us)
{
	s->ticks += s->ticks < UINT32_MAX / (TICK_US / 1000); // so that as milliseconds it does not wrap
	struct condition found = {WIRE_FAULT_INTERNAL, 0};
	if (sane(s->config)) found = check(s, m, held);
	if (safety_moving(s) || found.fault == WIRE_FAULT_INTERNAL) safety_latch(s, found.fault);
	if (obeying(s) && (int32_t)(now_us - s->deadline_us) >= 0) safety_latch(s, WIRE_FAULT_EXPIRED);
	if (m->estop) safety_estop(s);
	if (s->ticks * (TICK_US / 1000) >= s->damp_ms) {
		if (s->mode == WIRE_MODE_DAMPED) enter(s, WIRE_MODE_IDLE);
		if (s->mode == WIRE_MODE_FAULT && s->release) s->torque = false;
	}
	s->sense = *m;
	s->heard |= m->answered;
	return reaction(s);
}

enum safety_reaction safety_joint(const struct safety *s, enum safety_reaction what, int i)
{
	return s->limp >> i & 1 ? SAFETY_OFF : what;
}

float safety_trust(const struct safety *s, int i) { return s->jumps[i] > 0 ? SAFETY_DOUBT : 1; }

void safety_command(struct safety *s, uint16_t valid_ms, bool finite, uint32_t now_us)
{
	if (!obeying(s)) return;
	if (!finite) {
		safety_latch(s, WIRE_FAULT_COMMAND);
		return;
	}
	uint32_t ms = valid_ms < SAFETY_EXPIRY_MS ? valid_ms : SAFETY_EXPIRY_MS;
	s->deadline_us = now_us + ms * 1000;
}

void safety_stop(struct safety *s)
{
	if (s->mode != WIRE_MODE_DAMPED) s->damp_ms = SAFETY_DAMP_MS; // what goes down already may need longer
	if (obeying(s)) enter(s, WIRE_MODE_DAMPED);
	s->release = true;
}

void safety_limiting(struct safety *s, bool acted)
{
	if (obeying(s)) s->mode = acted ? WIRE_MODE_LIMITING : WIRE_MODE_ENABLED;
}

void safety_estop(struct safety *s)
{
	if (s->mode == WIRE_MODE_ESTOP) return;
	s->torque = false;
	enter(s, WIRE_MODE_ESTOP);
}

enum wire_result safety_reset(struct safety *s, uint8_t fault)
{
	if (s->mode == WIRE_MODE_IDLE) return WIRE_RESULT_DONE; // said again
	if (s->mode != WIRE_MODE_FAULT && s->mode != WIRE_MODE_ESTOP) return WIRE_RESULT_MODE;
	if (fault != s->fault) return WIRE_RESULT_FAULT;
	if (s->sense.estop) return WIRE_RESULT_ESTOP_INPUT;
	if (!sane(s->config)) return WIRE_RESULT_FAULT;
	s->fault = WIRE_FAULT_NONE;
	s->torque = false;
	enter(s, WIRE_MODE_IDLE);
	return WIRE_RESULT_DONE;
}

// ---- enable ----

// match compares the host's positions with the measured ones: where they differ,
// the first command would be a jump.
static enum wire_result match(const struct safety *s, const struct wire_enable *e, uint8_t *joint)
{
	bool one = e->purpose == WIRE_PURPOSE_CALIBRATE;
	for (uint8_t i = 0; i < s->config->joints; i++) {
		*joint = i;
		if (one && i != e->only_joint) continue;
		if (!(fabsf(e->joint[i].pos_rad - s->sense.joint[i].pos) <= SAFETY_MATCH_RAD)) return WIRE_RESULT_POSITION;
	}
	return WIRE_RESULT_DONE;
}

// refusal names what stands in the way of torque. Causes without an answer of
// their own are latched, so that the state says which it is.
static enum wire_result refusal(struct safety *s, uint8_t *joint)
{
	struct servo_command none[WIRE_JOINTS] = {0};
	struct safety probe = *s; // the counts stay those of the ticks
	struct condition c = check(&probe, &s->sense, none);
	*joint = c.joint;
	switch ((int)c.fault) {
	case WIRE_FAULT_NONE:
		return WIRE_RESULT_DONE;
	case WIRE_FAULT_VOLTAGE:
		return WIRE_RESULT_VOLTAGE;
	case WIRE_FAULT_TEMPERATURE:
		return WIRE_RESULT_TEMPERATURE;
	case WIRE_FAULT_JOINT_LIMIT:
		return WIRE_RESULT_LIMIT;
	}
	safety_latch(s, c.fault);
	return WIRE_RESULT_FAULT;
}

enum wire_result safety_enable(struct safety *s, const struct wire_enable *e, uint32_t now_us, uint8_t *joint)
{
	enum wire_result why;
	*joint = 0;
	if (s->mode == WIRE_MODE_FAULT) return WIRE_RESULT_FAULT;
	if (s->sense.estop) return WIRE_RESULT_ESTOP_INPUT;
	if (obeying(s) && e->purpose == s->purpose && e->only_joint == s->only) return WIRE_RESULT_DONE; // said again
	if (s->mode != WIRE_MODE_IDLE || !s->heard) return WIRE_RESULT_MODE;
	bool calibrate = e->purpose == WIRE_PURPOSE_CALIBRATE;
	if ((e->purpose != WIRE_PURPOSE_RUN && !calibrate) || (calibrate && e->only_joint >= s->config->joints))
		return WIRE_RESULT_VALUE;
	if (!calibrate && !s->calibrated) return WIRE_RESULT_UNCALIBRATED;
	if ((why = refusal(s, joint)) != WIRE_RESULT_DONE) return why;
	if ((why = match(s, e, joint)) != WIRE_RESULT_DONE) return why;
	s->purpose = e->purpose;
	s->only = e->only_joint;
	s->limp = 0;
	memset(s->jumps, 0, sizeof s->jumps);
	s->deadline_us = now_us + SAFETY_EXPIRY_MS * 1000;
	for (int i = 0; i < WIRE_JOINTS; i++) s->found[i] = s->sense.joint[i].pos;
	enter(s, WIRE_MODE_ENABLED);
	return WIRE_RESULT_DONE;
}

// ---- less than full torque ----

static float fall(float x, float full, float none)
{
	float f = (x - none) / (full - none);
	return f < 0 ? 0 : f > 1 ? 1 : f;
}

float safety_share(const struct safety *s, int i, uint32_t *limits)
{
	const struct robot_config *c = s->config;
	float low = c->voltage_min_v, share = 1;
	const struct {
		float share;
		enum wire_limit limit;
	} causes[] = {
		{fall((float)(s->ticks * (TICK_US / 1000)), SAFETY_SOFT_MS, 0), WIRE_LIMIT_SOFT_START},
		{fall(s->sense.temp[i], c->temp_max_c - SAFETY_HOT_C, c->temp_max_c), WIRE_LIMIT_TEMPERATURE},
		{0.5f + 0.5f * fall(s->sense.voltage, low * (1 + SAFETY_LOW_V), low), WIRE_LIMIT_VOLTAGE},
		{s->purpose == WIRE_PURPOSE_CALIBRATE ? 0.25f : 1, WIRE_LIMIT_CALIBRATE},
	};
	for (unsigned k = 0; k < sizeof causes / sizeof *causes; k++) {
		if (causes[k].share < share) share = causes[k].share;
		if (causes[k].share < 1) *limits |= 1u << (causes[k].limit - WIRE_LIMIT_FIRST);
	}
	return share;
}
