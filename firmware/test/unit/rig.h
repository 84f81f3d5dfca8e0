// A robot on a bench: twelve motors that answer with where they are told to be,
// a level IMU, a full battery, and a host that speaks real frames.
#ifndef WHISKER_RIG_H_
#define WHISKER_RIG_H_

#include <stdlib.h>

#include "robot.h"
#include "test.h"

#define SESSION 0x5e551011u

struct rig {
	struct robot r;
	struct robot_input in;
	struct servo_state joint[WIRE_JOINTS]; // as the joints are
	float torque[WIRE_JOINTS];
	int8_t temp[WIRE_JOINTS];
	uint8_t error[WIRE_JOINTS];
	bool dead[WIRE_JOINTS];            // the motor answers nothing
	struct wire_command command;       // said every 20 ms unless mute
	bool mute;
	uint32_t now, seq, session;
	uint8_t frames[WIRE_JOINTS][MIT_FRAME];
	uint8_t flash[WIRE_CALIBRATE_SIZE + WIRE_CRC_SIZE];

	struct wire_state state; // the newest of each that came, and how many
	struct wire_ack ack;
	struct wire_welcome welcome;
	struct wire_info info;
	int states, acks, welcomes, infos;
};

static struct rig *storing; // whose flash is written
static bool broken_flash;

static inline bool rig_store(const uint8_t *bytes, uint32_t n)
{
	if (broken_flash) return false;
	memcpy(storing->flash, bytes, n);
	return true;
}

// rig_boot starts the firmware, with what is in the flash.
static inline void rig_boot(struct rig *g, const struct robot_config *c, uint8_t cause, bool moving)
{
	struct robot_boot boot = {.cause = cause, .moving = moving, .boots = 7, .store = rig_store};
	memcpy(boot.calibration, g->flash, sizeof boot.calibration);
	storing = g;
	robot_init(&g->r, c, &boot);
}

// rig_hear takes what the robot says.
static inline void rig_hear(struct rig *g)
{
	uint8_t out[WIRE_MAX_WIRE];
	struct wire_receiver receiver = {0};
	for (uint32_t n; (n = robot_send(&g->r, out)) > 0;) {
		for (uint32_t i = 0; i < n; i++) {
			struct wire_frame f;
			enum wire_verdict v;
			if (!wire_receive(&receiver, out[i], &f, &v)) continue;
			CHECK(v == WIRE_VERDICT_ACCEPTED, "verdict %d", v);
			if (f.type == WIRE_TYPE_STATE) wire_get_state(&g->state, f.payload), g->states++;
			if (f.type == WIRE_TYPE_ACK) wire_get_ack(&g->ack, f.payload), g->acks++;
			if (f.type == WIRE_TYPE_WELCOME) wire_get_welcome(&g->welcome, f.payload), g->welcomes++;
			if (f.type == WIRE_TYPE_INFO) wire_get_info(&g->info, f.payload), g->infos++;
		}
	}
}

// rig_frame sends a frame as it stands.
static inline void rig_frame(struct rig *g, uint8_t type, uint32_t session, uint32_t seq, const uint8_t *payload, uint16_t n)
{
	uint8_t out[WIRE_MAX_WIRE];
	struct wire_frame f = {.type = type, .session = session, .seq = seq, .time_us = g->now, .payload = payload, .length = n};
	robot_receive(&g->r, out, (uint32_t)wire_encode(out, &f), g->now);
	rig_hear(g);
}

static inline void rig_say(struct rig *g, uint8_t type, const uint8_t *payload, uint16_t n)
{
	rig_frame(g, type, g->session, ++g->seq, payload, n);
}

static inline uint8_t rig_hello(struct rig *g, uint32_t session, uint64_t schema)
{
	uint8_t p[WIRE_HELLO_SIZE];
	wire_put_hello(p, &(struct wire_hello){.schema = schema, .version = "test"});
	rig_frame(g, WIRE_TYPE_HELLO, session, ++g->seq, p, sizeof p);
	return g->welcome.result;
}

static inline void rig_command(struct rig *g)
{
	uint8_t p[WIRE_COMMAND_SIZE];
	wire_put_command(p, &g->command);
	rig_say(g, WIRE_TYPE_COMMAND, p, sizeof p);
}

// rig_enable says where the joints are, which is offset off for joint j.
static inline uint8_t rig_enable(struct rig *g, uint8_t purpose, uint8_t only, int j, float offset)
{
	uint8_t p[WIRE_ENABLE_SIZE];
	struct wire_enable e = {.purpose = purpose, .only_joint = only};
	for (int i = 0; i < WIRE_JOINTS; i++) e.joint[i].pos_rad = g->joint[i].pos + (i == j ? offset : 0);
	wire_put_enable(p, &e);
	rig_say(g, WIRE_TYPE_ENABLE, p, sizeof p);
	return g->ack.result;
}

static inline uint8_t rig_reset(struct rig *g, uint8_t fault)
{
	uint8_t p[WIRE_RESET_SIZE];
	wire_put_reset(p, &(struct wire_reset){.fault = fault});
	rig_say(g, WIRE_TYPE_RESET, p, sizeof p);
	return g->ack.result;
}

static inline uint8_t rig_calibrate(struct rig *g, const struct wire_calibrate *c)
{
	uint8_t p[WIRE_CALIBRATE_SIZE];
	wire_put_calibrate(p, c);
	rig_say(g, WIRE_TYPE_CALIBRATE, p, sizeof p);
	return g->ack.result;
}

// rig_tick is one tick of firmware; the motors answer.
static inline void rig_tick(struct rig *g)
{
	g->now += TICK_US;
	for (int i = 0; i < g->r.config->joints; i++) {
		const struct joint_config *c = &g->r.config->joint[i];
		struct mit_reply m = {.id = c->id, .state = {g->joint[i].pos * c->ratio, g->joint[i].vel * c->ratio},
			.torque = g->torque[i] / c->ratio, .temp = g->temp[i], .error = g->error[i]};
		mit_reply_pack(g->in.reply[i], &m, &c->range);
		g->in.length[i] = g->dead[i] ? 0 : MIT_FRAME;
	}
	robot_tick(&g->r, &g->in, g->now, g->frames);
	rig_hear(g);
	if (!g->mute && g->r.ticks % 10 == 0) rig_command(g);
}

static inline void rig_ticks(struct rig *g, int n)
{
	for (int i = 0; i < n; i++) rig_tick(g);
}

// What the frames of the last tick do to a motor.
enum { TOLD_OFF, TOLD_ENTER, TOLD_DAMP, TOLD_HOLD };

static inline int rig_told(const struct rig *g, int i)
{
	uint8_t what;
	if (mit_is_special(g->frames[i], &what)) return what == MIT_ENTER ? TOLD_ENTER : TOLD_OFF;
	struct servo_command c = mit_unpack(g->frames[i], &g->r.config->joint[i].range);
	return c.kp == 0 && c.kd > 0 && fabsf(c.vel) < 0.02f && fabsf(c.torque) < 0.01f ? TOLD_DAMP : TOLD_HOLD;
}

// rig_all says whether every motor was told the same.
static inline bool rig_all(const struct rig *g, int told)
{
	for (int i = 0; i < g->r.config->joints; i++)
		if (rig_told(g, i) != told) return false;
	return true;
}

// rig_new is a calibrated robot that has stood for a moment, idle, with a host.
static inline void rig_new(struct rig *g)
{
	memset(g, 0, sizeof *g);
	memset(g->flash, 0xFF, sizeof g->flash);
	g->session = SESSION;
	g->now = 4294000000u; // the clock wraps early in each test
	g->in = (struct robot_input){.acc = {0, 0, 9.81f}, .imu = true, .voltage = 24, .current = 1, .board_temp = 30};
	for (int i = 0; i < WIRE_JOINTS; i++) {
		g->joint[i].pos = i % 3 == 0 ? 0 : i % 3 == 1 ? 0.8f : -1.6f;
		g->temp[i] = 30;
		g->command.joint[i].kp_nm_rad = 40;
		g->command.joint[i].kd_nm_s_rad = 1;
		g->command.joint[i].pos_rad = g->joint[i].pos;
	}
	g->command.valid_ms = 100;
	rig_boot(g, &robot_config, WIRE_RESET_CAUSE_POWER, false);
	rig_ticks(g, 5);
	rig_hello(g, SESSION, WIRE_SCHEMA);
	struct wire_calibrate c = {0};
	for (int i = 0; i < WIRE_JOINTS; i++) c.joint[i].sign = 1;
	c.id = wire_calibration_id(&c);
	CHECK(rig_calibrate(g, &c) == WIRE_RESULT_DONE, "calibration: %d", g->ack.result);
	rig_ticks(g, 5);
}

// rig_standing is rig_new, enabled, past its soft start.
static inline void rig_standing(struct rig *g)
{
	rig_new(g);
	CHECK(rig_enable(g, WIRE_PURPOSE_RUN, 0, -1, 0) == WIRE_RESULT_DONE, "enable: %d", g->ack.result);
	rig_ticks(g, 200);
	CHECK(g->r.safety.mode == WIRE_MODE_ENABLED, "mode %d fault %d limits %x", g->r.safety.mode, g->r.safety.fault, g->state.limiting);
	CHECK(rig_all(g, TOLD_HOLD), "joint 0 was told %d", rig_told(g, 0));
}

#endif
