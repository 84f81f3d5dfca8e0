// peer: the firmware's codec behind a pipe, for tests of the host. Records come
// on stdin as u32 length, u8 kind, payload; each is answered by u32 length and
// an answer. All little-endian.
//
//	'b' bytes     -> of each frame that ended: u8 verdict, and of an accepted one
//	                 u16 length and the frame, encoded again from its fields
//	'n' bytes     -> nothing; verdicts are counted, accepted payloads summed up
//	's'           -> u64 count of each verdict, u32 CRC of what was accepted
//	'q' u8 kind, u8 shift, float...  -> i32 raw, float value of it; each
//	'o' u32 session, u32 seq         -> opens a session
//	'c' u8 type, u32 session, seq, time, now -> u8 verdict of the window check
//	'i' calibrate payload            -> u32 calibration id
//	't' u32 n     -> u64 ns that encoding and decoding n commands and states took
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire.h"

static uint8_t in[1 << 20], out[1 << 22];
static size_t used;
static struct wire_receiver receiver;
static struct wire_link link_;
static uint64_t counts[WIRE_VERDICTS];
static uint32_t sum;

// again encodes a payload from its fields.
static void again(uint8_t *to, const struct wire_frame *f)
{
	switch (f->type) {
#define AGAIN(UP, low) \
	case WIRE_TYPE_##UP: { \
		struct wire_##low m; \
		wire_get_##low(&m, f->payload); \
		wire_put_##low(to, &m); \
		break; \
	}
	AGAIN(HELLO, hello)
	AGAIN(COMMAND, command)
	AGAIN(ENABLE, enable)
	AGAIN(RESET, reset)
	AGAIN(CALIBRATE, calibrate)
	AGAIN(WELCOME, welcome)
	AGAIN(STATE, state)
	AGAIN(ACK, ack)
	AGAIN(INFO, info)
	default: break;
	}
}

static void bytes(const uint8_t *b, size_t n)
{
	struct wire_frame f;
	enum wire_verdict v;
	uint8_t payload[WIRE_MAX_PAYLOAD];
	for (size_t i = 0; i < n; i++) {
		if (!wire_receive(&receiver, b[i], &f, &v))
			continue;
		out[used++] = (uint8_t)v;
		if (v != WIRE_VERDICT_ACCEPTED)
			continue;
		again(payload, &f);
		f.payload = payload;
		size_t length = wire_encode(out + used + 2, &f);
		wire_put16(out + used, (uint16_t)length);
		used += 2 + length;
	}
}

static void noise(const uint8_t *b, size_t n)
{
	struct wire_frame f;
	enum wire_verdict v;
	for (size_t i = 0; i < n; i++) {
		if (!wire_receive(&receiver, b[i], &f, &v))
			continue;
		counts[v]++;
		if (v == WIRE_VERDICT_ACCEPTED)
			sum = wire_crc(sum, f.payload - WIRE_HEADER_SIZE, (size_t)f.length + WIRE_HEADER_SIZE);
	}
}

static void fixed(const uint8_t *b, size_t n)
{
	static const int32_t range[3][3] = {{-32767, 32767, -32768}, {0, 65534, 65535}, {-127, 127, -128}};
	const int32_t *r = range[b[0]];
	float scale = (float)(1 << b[1]), x, back;
	for (size_t i = 2; i + 4 <= n; i += 4, used += 8) {
		memcpy(&x, b + i, 4);
		int32_t raw = wire_quantise(x, scale, r[0], r[1], r[2]);
		back = wire_value(raw, scale, r[2]);
		wire_put32(out + used, (uint32_t)raw);
		memcpy(out + used + 4, &back, 4);
	}
}

static void check(const uint8_t *b)
{
	struct wire_frame f = {.type = b[0], .session = wire_get32(b + 1), .seq = wire_get32(b + 5), .time_us = wire_get32(b + 9)};
	out[used++] = (uint8_t)wire_check(&link_, &f, wire_get32(b + 13));
}

// bench does what both sides do for one tick: a command and a state, encoded,
// received byte by byte, decoded.
static void bench(uint32_t n)
{
	struct wire_command c = {.valid_ms = 100};
	struct wire_state s = {0};
	struct wire_frame f, g;
	enum wire_verdict v;
	uint8_t payload[WIRE_MAX_PAYLOAD], wire[WIRE_MAX_WIRE];
	struct timespec a, z;
	for (int i = 0; i < WIRE_JOINTS; i++)
		c.joint[i].pos_rad = 0.1f * (float)i, s.joint[i].pos_rad = 0.1f * (float)i, c.joint[i].kp_nm_rad = 40;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (uint32_t k = 0; k < n; k++) {
		for (int which = 0; which < 2; which++) {
			f = (struct wire_frame){.session = 7, .seq = k, .payload = payload};
			f.type = which ? WIRE_TYPE_STATE : WIRE_TYPE_COMMAND;
			if (which)
				wire_put_state(payload, &s);
			else
				wire_put_command(payload, &c);
			size_t length = wire_encode(wire, &f);
			for (size_t i = 0; i < length; i++)
				if (wire_receive(&receiver, wire[i], &g, &v) && v == WIRE_VERDICT_ACCEPTED) {
					if (which)
						wire_get_state(&s, g.payload);
					else
						wire_get_command(&c, g.payload);
				}
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &z);
	wire_put64(out + used, (uint64_t)((z.tv_sec - a.tv_sec) * 1000000000ll + (z.tv_nsec - a.tv_nsec)));
	used += 8;
}

static void sums(void)
{
	for (int v = 0; v < WIRE_VERDICTS; v++, used += 8)
		wire_put64(out + used, counts[v]);
	wire_put32(out + used, sum);
	used += 4;
}

static void record(uint8_t kind, const uint8_t *b, size_t n)
{
	switch (kind) {
	case 'b': bytes(b, n); break;
	case 'n': noise(b, n); break;
	case 's': sums(); break;
	case 'q': fixed(b, n); break;
	case 'o': wire_open(&link_, wire_get32(b), wire_get32(b + 4)); break;
	case 'c': check(b); break;
	case 't': bench(wire_get32(b)); break;
	case 'i': {
		struct wire_calibrate m;
		wire_get_calibrate(&m, b);
		wire_put32(out + used, wire_calibration_id(&m));
		used += 4;
		break;
	}
	default: exit(3);
	}
}

int main(void)
{
	uint8_t head[4];
	while (fread(head, 1, 4, stdin) == 4) {
		size_t n = wire_get32(head);
		if (n == 0 || n > sizeof in || fread(in, 1, n, stdin) != n)
			return 2;
		used = 4;
		record(in[0], in + 1, n - 1);
		if (in[0] == 'n')
			continue;
		wire_put32(out, (uint32_t)(used - 4));
		fwrite(out, 1, used, stdout);
		fflush(stdout);
	}
	return 0;
}
