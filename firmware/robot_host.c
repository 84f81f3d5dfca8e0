// What the host says, and what it is told.
#include "robot.h"

#include <math.h>   // isfinite
#include <string.h> // memcpy, memset

// ---- in ----

static void acknowledge(struct robot *r, const struct wire_frame *f, enum wire_result result, uint8_t joint)
{
	if (r->acks == ROBOT_ACKS) { // the oldest goes: the host asks again
		memmove(r->ack, r->ack + 1, sizeof r->ack - sizeof *r->ack);
		memmove(r->ack_session, r->ack_session + 1, sizeof r->ack_session - sizeof *r->ack_session);
		r->acks--;
	}
	r->ack[r->acks] = (struct wire_ack){.request = f->type, .request_seq = f->seq, .result = (uint8_t)result, .joint_index = joint};
	r->ack_session[r->acks++] = f->session;
}

// admit judges a hello. A session holds the robot while it moves and for a
// second after it was last heard. A hello that is said again in its own session
// changes nothing: no recording of it turns the window of sequence numbers back.
static enum wire_result admit(struct robot *r, const struct wire_frame *f, uint64_t schema, uint32_t now_us)
{
	bool held = r->link.session != 0 && (safety_moving(&r->safety) || now_us - r->heard_us < ROBOT_HELD_US);
	if (schema != WIRE_SCHEMA) return WIRE_RESULT_SCHEMA;
	if (f->session == 0) return WIRE_RESULT_VALUE;
	if (held && f->session != r->link.session) return WIRE_RESULT_BUSY;
	if (f->session != r->link.session) wire_open(&r->link, f->session, f->seq);
	r->heard_us = now_us;
	return WIRE_RESULT_DONE;
}

static void hello(struct robot *r, const struct wire_frame *f, uint32_t now_us)
{
	struct wire_hello m;
	wire_get_hello(&m, f->payload);
	struct wire_welcome *w = &r->welcome;
	memset(w, 0, sizeof *w);
	w->result = (uint8_t)admit(r, f, m.schema, now_us);
	w->schema = WIRE_SCHEMA;
	memcpy(w->version, ROBOT_VERSION, sizeof ROBOT_VERSION);
	memcpy(w->robot, r->config->name, sizeof w->robot);
	memcpy(w->uid, r->boot.uid, sizeof w->uid);
	w->boots = r->boot.boots;
	w->reset_cause = r->boot.cause;
	w->holder = r->link.session;
	r->welcome_session = f->session;
	r->welcome_due = true;
}

static void command(struct robot *r, const struct wire_frame *f, uint32_t now_us)
{
	wire_get_command(&r->command, f->payload);
	bool finite = wire_finite(&r->command);
	safety_command(&r->safety, r->command.valid_ms, finite, now_us);
	r->commanded = finite;
	r->command_us = now_us;
	r->state.command_seq = f->seq;
}

static void enable(struct robot *r, const struct wire_frame *f, uint32_t now_us)
{
	struct wire_enable m;
	uint8_t joint;
	wire_get_enable(&m, f->payload);
	bool was = safety_moving(&r->safety);
	enum wire_result result = safety_enable(&r->safety, &m, now_us, &joint);
	if (!was && result == WIRE_RESULT_DONE) r->commanded = false; // what came before does not count
	acknowledge(r, f, result, joint);
}

// keep stores a calibration, or forgets it for id 0.
static enum wire_result keep(struct robot *r, const struct wire_calibrate *m, uint8_t *joint)
{
	if (r->safety.mode != WIRE_MODE_IDLE) return WIRE_RESULT_MODE;
	if (m->id != 0 && m->id != wire_calibration_id(m)) return WIRE_RESULT_VALUE;
	struct wire_calibrate c = *m;
	for (uint8_t i = 0; i < WIRE_JOINTS; i++) {
		*joint = i;
		if (m->id == 0) c.joint[i].offset_rad = 0, c.joint[i].sign = 1;
		if ((c.joint[i].sign != 1 && c.joint[i].sign != -1) || !isfinite(c.joint[i].offset_rad)) return WIRE_RESULT_VALUE;
	}
	*joint = 0;
	uint8_t bytes[WIRE_CALIBRATE_SIZE + WIRE_CRC_SIZE];
	wire_put_calibrate(bytes, &c);
	wire_put32(bytes + WIRE_CALIBRATE_SIZE, wire_crc(0, bytes, WIRE_CALIBRATE_SIZE));
	if (!r->boot.store || !r->boot.store(bytes, sizeof bytes)) return WIRE_RESULT_STORE;
	wire_get_calibrate(&r->calibration, bytes);
	r->safety.calibrated = c.id != 0;
	r->safety.heard = 0; // where the joints are is another question now
	return WIRE_RESULT_DONE;
}

static void calibrate(struct robot *r, const struct wire_frame *f)
{
	struct wire_calibrate m;
	uint8_t joint = 0;
	wire_get_calibrate(&m, f->payload);
	enum wire_result result = keep(r, &m, &joint);
	acknowledge(r, f, result, joint);
}

static void reset(struct robot *r, const struct wire_frame *f)
{
	struct wire_reset m;
	wire_get_reset(&m, f->payload);
	acknowledge(r, f, safety_reset(&r->safety, m.fault), 0);
}

void robot_frame(struct robot *r, const struct wire_frame *f, uint32_t now_us)
{
	if (r->link.session != 0 && f->session == r->link.session) r->heard_us = now_us;
	switch (f->type) {
	case WIRE_TYPE_HELLO:
		hello(r, f, now_us);
		return;
	case WIRE_TYPE_COMMAND:
		command(r, f, now_us);
		return;
	case WIRE_TYPE_ENABLE:
		enable(r, f, now_us);
		return;
	case WIRE_TYPE_STOP:
		safety_stop(&r->safety);
		acknowledge(r, f, WIRE_RESULT_DONE, 0);
		return;
	case WIRE_TYPE_ESTOP:
		safety_estop(&r->safety);
		acknowledge(r, f, WIRE_RESULT_DONE, 0);
		return;
	case WIRE_TYPE_RESET:
		reset(r, f);
		return;
	case WIRE_TYPE_CALIBRATE:
		calibrate(r, f);
		return;
	case WIRE_TYPE_QUERY:
		r->info_due = true;
		return;
	}
}

void robot_receive(struct robot *r, const uint8_t *bytes, uint32_t n, uint32_t now_us)
{
	r->ran |= ROBOT_RAN_HOST;
	r->received += n;
	for (uint32_t i = 0; i < n; i++) {
		struct wire_frame f;
		enum wire_verdict v;
		if (!wire_receive(&r->receiver, bytes[i], &f, &v)) continue;
		if (v == WIRE_VERDICT_ACCEPTED && f.type >= WIRE_TYPE_WELCOME) v = WIRE_VERDICT_TYPE; // an echo of our own
		if (v == WIRE_VERDICT_ACCEPTED) v = wire_check(&r->link, &f, now_us);
		wire_count(&r->state, v);
		if (v == WIRE_VERDICT_ACCEPTED) robot_frame(r, &f, now_us);
	}
}

// ---- out ----

static uint32_t encode(struct robot *r, uint8_t *out, uint8_t type, uint32_t session, const uint8_t *payload, uint16_t length)
{
	struct wire_frame f = {
		.type = type, .session = session, .seq = ++r->seq, .time_us = r->time_us, .payload = payload, .length = length,
	};
	return (uint32_t)wire_encode(out, &f);
}

static void fill_info(const struct robot *r, struct wire_info *m)
{
	const struct robot_config *c = r->config;
	memset(m, 0, sizeof *m);
	m->joints = c->joints;
	m->tick_hz = TICK_HZ;
	m->state_hz = c->state_hz;
	m->expiry_ms = SAFETY_EXPIRY_MS;
	m->min_voltage_v = c->voltage_min_v;
	m->max_voltage_v = c->voltage_max_v;
	m->max_temp_c = c->temp_max_c;
	m->calibration = r->calibration.id;
	for (int i = 0; i < c->joints; i++) {
		const struct servo_limits *l = &c->joint[i].limits;
		m->joint[i].min_rad = l->pos_min;
		m->joint[i].max_rad = l->pos_max;
		m->joint[i].max_vel_rad_s = l->vel_max;
		m->joint[i].max_torque_nm = l->torque_max;
		m->joint[i].max_kp_nm_rad = l->kp_max;
		m->joint[i].max_kd_nm_s_rad = l->kd_max;
	}
}

uint32_t robot_send(struct robot *r, uint8_t out[WIRE_MAX_WIRE])
{
	uint8_t p[WIRE_MAX_PAYLOAD];
	if (r->welcome_due) {
		r->welcome_due = false;
		wire_put_welcome(p, &r->welcome);
		return encode(r, out, WIRE_TYPE_WELCOME, r->welcome_session, p, WIRE_WELCOME_SIZE);
	}
	if (r->acks) {
		struct wire_ack a = r->ack[0];
		uint32_t session = r->ack_session[0];
		r->acks--;
		memmove(r->ack, r->ack + 1, sizeof r->ack - sizeof *r->ack);
		memmove(r->ack_session, r->ack_session + 1, sizeof r->ack_session - sizeof *r->ack_session);
		wire_put_ack(p, &a);
		return encode(r, out, WIRE_TYPE_ACK, session, p, WIRE_ACK_SIZE);
	}
	if (r->info_due) {
		struct wire_info m;
		r->info_due = false;
		fill_info(r, &m);
		wire_put_info(p, &m);
		return encode(r, out, WIRE_TYPE_INFO, r->link.session, p, WIRE_INFO_SIZE);
	}
	if (!r->state_due) return 0;
	r->state_due = false;
	wire_put_state(p, &r->state);
	return encode(r, out, WIRE_TYPE_STATE, r->link.session, p, WIRE_STATE_SIZE);
}
