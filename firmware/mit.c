// CAN frames of MIT-mode motors.
#include "mit.h"

#include <math.h>    // fminf, fmaxf
#include <string.h>  // memset

static uint32_t to_bits(float x, float lo, float hi, uint32_t bits)
{
	x = fminf(fmaxf(x, lo), hi);
	return (uint32_t)((x - lo) * (float)((1u << bits) - 1) / (hi - lo));
}

static float from_bits(uint32_t raw, float lo, float hi, uint32_t bits)
{
	return (float)raw * (hi - lo) / (float)((1u << bits) - 1) + lo;
}

void mit_pack(uint8_t frame[MIT_FRAME], const struct servo_command *c, const struct mit_range *r)
{
	uint32_t p = to_bits(c->pos, -r->pos, r->pos, 16), v = to_bits(c->vel, -r->vel, r->vel, 12);
	uint32_t kp = to_bits(c->kp, 0, r->kp, 12), kd = to_bits(c->kd, 0, r->kd, 12);
	uint32_t t = to_bits(c->torque, -r->torque, r->torque, 12);
	frame[0] = (uint8_t)(p >> 8);
	frame[1] = (uint8_t)p;
	frame[2] = (uint8_t)(v >> 4);
	frame[3] = (uint8_t)(v << 4 | kp >> 8);
	frame[4] = (uint8_t)kp;
	frame[5] = (uint8_t)(kd >> 4);
	frame[6] = (uint8_t)(kd << 4 | t >> 8);
	frame[7] = (uint8_t)t;
}

struct servo_command mit_unpack(const uint8_t f[MIT_FRAME], const struct mit_range *r)
{
	return (struct servo_command){
			.pos = from_bits((uint32_t)f[0] << 8 | f[1], -r->pos, r->pos, 16),
			.vel = from_bits((uint32_t)f[2] << 4 | f[3] >> 4, -r->vel, r->vel, 12),
			.kp = from_bits((f[3] & 0xFu) << 8 | f[4], 0, r->kp, 12),
			.kd = from_bits((uint32_t)f[5] << 4 | f[6] >> 4, 0, r->kd, 12),
			.torque = from_bits((f[6] & 0xFu) << 8 | f[7], -r->torque, r->torque, 12),
	};
}

void mit_special(uint8_t frame[MIT_FRAME], uint8_t what)
{
	memset(frame, 0xFF, MIT_FRAME - 1);
	frame[MIT_FRAME - 1] = what;
}

int mit_is_special(const uint8_t frame[MIT_FRAME], uint8_t *what)
{
	for (int i = 0; i < MIT_FRAME - 1; i++)
		if (frame[i] != 0xFF) return 0;
	*what = frame[MIT_FRAME - 1];
	return *what == MIT_ENTER || *what == MIT_EXIT || *what == MIT_ZERO;
}

void mit_reply_pack(uint8_t frame[MIT_FRAME], const struct mit_reply *m, const struct mit_range *r)
{
	uint32_t p = to_bits(m->state.pos, -r->pos, r->pos, 16), v = to_bits(m->state.vel, -r->vel, r->vel, 12);
	uint32_t t = to_bits(m->torque, -r->torque, r->torque, 12);
	frame[0] = m->id;
	frame[1] = (uint8_t)(p >> 8);
	frame[2] = (uint8_t)p;
	frame[3] = (uint8_t)(v >> 4);
	frame[4] = (uint8_t)(v << 4 | t >> 8);
	frame[5] = (uint8_t)t;
	frame[6] = (uint8_t)m->temp;
	frame[7] = m->error;
}

int mit_reply_unpack(struct mit_reply *m, const uint8_t *f, uint32_t length, const struct mit_range *r)
{
	if (length != 6 && length != 8) return 0;
	*m = (struct mit_reply){
			.id = f[0],
			.state = {.pos = from_bits((uint32_t)f[1] << 8 | f[2], -r->pos, r->pos, 16),
								.vel = from_bits((uint32_t)f[3] << 4 | f[4] >> 4, -r->vel, r->vel, 12)},
			.torque = from_bits((f[4] & 0xFu) << 8 | f[5], -r->torque, r->torque, 12),
	};
	if (length == 8) {
		m->temp = (int8_t)f[6];
		m->error = f[7];
	}
	return 1;
}
