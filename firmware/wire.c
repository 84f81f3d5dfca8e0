// wire.c: COBS, CRC-32C, framing and the window check.
#include "wire.h"

#include <string.h>

uint32_t wire_crc(uint32_t crc, const uint8_t *b, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++)
		crc = crc >> 8 ^ wire_crc_table[(crc ^ b[i]) & 0xff];
	return ~crc;
}

// stuff encodes b[1..n-1] in place; b[0] takes the byte that is added, one for
// up to 254 bytes (Cheshire and Baker 1999).
static void stuff(uint8_t *b, size_t n)
{
	size_t at = 0;
	for (size_t i = 1; i < n; i++) {
		if (b[i] == 0) {
			b[at] = (uint8_t)(i - at);
			at = i;
		}
	}
	b[at] = (uint8_t)(n - at);
}

// unstuff decodes in place; it is false where a code leads past the end.
static bool unstuff(uint8_t *b, size_t *n)
{
	size_t from = 0, to = 0;
	while (from < *n) {
		size_t end = from + b[from];
		if (b[from] == 0 || end > *n)
			return false;
		for (from++; from < end; from++)
			b[to++] = b[from];
		if (from < *n)
			b[to++] = 0;
	}
	*n = to;
	return true;
}

size_t wire_encode(uint8_t *out, const struct wire_frame *f)
{
	int size = wire_size_of(f->type);
	if (size < 0)
		return 0;
	uint8_t *raw = out + 2; // after a delimiter, which ends noise, and COBS's byte
	size_t n = WIRE_HEADER_SIZE + (size_t)size;
	raw[0] = WIRE_VERSION;
	raw[1] = f->type;
	wire_put16(raw + 2, (uint16_t)size);
	wire_put32(raw + 4, f->session);
	wire_put32(raw + 8, f->seq);
	wire_put32(raw + 12, f->time_us);
	if (size > 0)
		memcpy(raw + WIRE_HEADER_SIZE, f->payload, (size_t)size);
	wire_put32(raw + n, wire_crc(0, raw, n));
	n += WIRE_CRC_SIZE;
	stuff(out + 1, n + 1);
	out[0] = 0;
	out[n + 2] = 0;
	return n + 3;
}

enum wire_verdict wire_decode(struct wire_frame *f, uint8_t *b, size_t n)
{
	if (n > WIRE_MAX_FRAME + 1)
		return WIRE_VERDICT_LONG;
	if (!unstuff(b, &n))
		return WIRE_VERDICT_COBS;
	if (n < WIRE_HEADER_SIZE + WIRE_CRC_SIZE)
		return WIRE_VERDICT_SHORT;
	n -= WIRE_CRC_SIZE;
	if (wire_crc(0, b, n) != wire_get32(b + n))
		return WIRE_VERDICT_CRC;
	f->type = b[1];
	f->session = wire_get32(b + 4);
	f->seq = wire_get32(b + 8);
	f->time_us = wire_get32(b + 12);
	f->payload = b + WIRE_HEADER_SIZE;
	f->length = (uint16_t)(n - WIRE_HEADER_SIZE);
	int size = wire_size_of(f->type);
	if (b[0] != WIRE_VERSION)
		return WIRE_VERDICT_VERSION;
	if (size < 0)
		return WIRE_VERDICT_TYPE;
	if (f->length != size || wire_get16(b + 2) != size)
		return WIRE_VERDICT_LENGTH;
	return WIRE_VERDICT_ACCEPTED;
}

bool wire_receive(struct wire_receiver *r, uint8_t byte, struct wire_frame *f, enum wire_verdict *v)
{
	if (byte != 0) {
		if (r->n < sizeof r->buf)
			r->buf[r->n++] = byte;
		else
			r->too_long = true;
		return false;
	}
	if (r->n == 0)
		return false; // delimiters next to each other
	*v = r->too_long ? WIRE_VERDICT_LONG : wire_decode(f, r->buf, r->n);
	r->n = 0;
	r->too_long = false;
	return true;
}

void wire_open(struct wire_link *l, uint32_t session, uint32_t seq)
{
	l->session = session;
	l->seq = seq;
}

enum wire_verdict wire_check(struct wire_link *l, const struct wire_frame *f, uint32_t now_us)
{
	if (f->type == WIRE_TYPE_HELLO || f->type == WIRE_TYPE_ESTOP)
		return WIRE_VERDICT_ACCEPTED;
	if (l->session == 0 || f->session != l->session)
		return WIRE_VERDICT_SESSION;
	uint32_t ahead = f->seq - l->seq;
	bool fresh = ahead != 0 && ahead <= WIRE_WINDOW;
	if (!fresh)
		return f->type == WIRE_TYPE_STOP ? WIRE_VERDICT_ACCEPTED : WIRE_VERDICT_WINDOW;
	bool moves = f->type == WIRE_TYPE_COMMAND || f->type == WIRE_TYPE_ENABLE;
	if (moves && now_us - f->time_us > WIRE_STALE_US)
		return WIRE_VERDICT_STALE;
	l->seq = f->seq;
	return WIRE_VERDICT_ACCEPTED;
}

void wire_count(struct wire_state *s, enum wire_verdict v)
{
	switch (v) {
	case WIRE_VERDICT_ACCEPTED: s->accepted++; return;
	case WIRE_VERDICT_SHORT: s->refused_short++; return;
	case WIRE_VERDICT_LONG: s->refused_long++; return;
	case WIRE_VERDICT_COBS: s->refused_cobs++; return;
	case WIRE_VERDICT_CRC: s->refused_crc++; return;
	case WIRE_VERDICT_VERSION: s->refused_version++; return;
	case WIRE_VERDICT_TYPE: s->refused_type++; return;
	case WIRE_VERDICT_LENGTH: s->refused_length++; return;
	case WIRE_VERDICT_SESSION: s->refused_session++; return;
	case WIRE_VERDICT_WINDOW: s->refused_window++; return;
	case WIRE_VERDICT_STALE: s->refused_stale++; return;
	}
}

bool wire_finite(const struct wire_command *c)
{
	for (int i = 0; i < WIRE_JOINTS; i++)
		if (isnan(c->joint[i].pos_rad) || isnan(c->joint[i].vel_rad_s) || isnan(c->joint[i].torque_nm) ||
		    isnan(c->joint[i].kp_nm_rad) || isnan(c->joint[i].kd_nm_s_rad))
			return false;
	return true;
}

uint32_t wire_calibration_id(const struct wire_calibrate *c)
{
	uint8_t p[WIRE_CALIBRATE_SIZE];
	wire_put_calibrate(p, c);
	uint32_t id = wire_crc(0, p + 4, sizeof p - 4);
	return id == 0 ? 1 : id;
}
