// MIT-mode CAN frames against their published form.
#include "mit.h"
#include "test.h"

// Published ranges of the mini cheetah motor.
static const struct mit_range range = {.pos = 12.5f, .vel = 65, .torque = 18, .kp = 500, .kd = 5};

static void frame_is(const uint8_t *got, const uint8_t *want, const char *what)
{
	CHECK(memcmp(got, want, MIT_FRAME) == 0, "%s: %02x %02x %02x %02x %02x %02x %02x %02x", what, got[0], got[1], got[2],
		got[3], got[4], got[5], got[6], got[7]);
}

// Worked by hand from the published layout: position 16 bits, velocity 12, kp 12,
// kd 12, torque 12, most significant first, each (x - min) (2^bits - 1) / span,
// truncated. 1 rad: 13.5 · 65535 / 25 = 35388.9 = 8a3c; 2 rad/s: 67 · 4095 / 130 =
// 2110.5 = 83e; kp 50: 409.5 = 199; kd 1: 819 = 333; 3 N·m: 21 · 4095 / 36 = 2388.75 = 954.
static void command_has_the_published_bits(void)
{
	uint8_t f[MIT_FRAME];
	mit_pack(f, &(struct servo_command){.pos = 1, .vel = 2, .torque = 3, .kp = 50, .kd = 1}, &range);
	frame_is(f, (const uint8_t[]){0x8a, 0x3c, 0x83, 0xe1, 0x99, 0x33, 0x39, 0x54}, "1 rad, 2 rad/s, 3 N·m, 50, 1");
	mit_pack(f, &(struct servo_command){0}, &range); // half of an odd number of steps, truncated
	frame_is(f, (const uint8_t[]){0x7f, 0xff, 0x7f, 0xf0, 0x00, 0x00, 0x07, 0xff}, "zero");
}

static void command_saturates(void)
{
	uint8_t f[MIT_FRAME];
	mit_pack(f, &(struct servo_command){.pos = 99, .vel = 99, .torque = 99, .kp = 999, .kd = 9}, &range);
	frame_is(f, (const uint8_t[]){0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "above");
	mit_pack(f, &(struct servo_command){.pos = -99, .vel = -99, .torque = -99, .kp = -1, .kd = -1}, &range);
	frame_is(f, (const uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0}, "below");
}

static void special_frames_are_the_published_ones(void)
{
	static const uint8_t what[] = {MIT_ENTER, MIT_EXIT, MIT_ZERO}, last[] = {0xfc, 0xfd, 0xfe};
	for (int i = 0; i < 3; i++) {
		uint8_t f[MIT_FRAME], got;
		mit_special(f, what[i]);
		frame_is(f, (const uint8_t[]){255, 255, 255, 255, 255, 255, 255, last[i]}, "special");
		CHECK(mit_is_special(f, &got) && got == what[i], "%02x", got);
	}
}

// A saturated command is ff ff ff ff ff ff ff ff, one bit from "exit": no command
// may be taken for a special frame.
static void no_command_within_limits_is_special(void)
{
	uint8_t f[MIT_FRAME], what;
	mit_pack(f, &(struct servo_command){.pos = 99, .vel = 99, .torque = 99, .kp = 999, .kd = 9}, &range);
	CHECK(!mit_is_special(f, &what), "all at their maximum");
	mit_pack(f, &(struct servo_command){.pos = 12.5f, .vel = 65, .torque = 17.98f, .kp = 60, .kd = 1.5f}, &range);
	CHECK(!mit_is_special(f, &what), "the largest command of the quadruped");
}

static void every_value_comes_back_within_a_step(void)
{
	for (int i = 0; i < 20000; i++) {
		struct servo_command c = {.pos = 12.5f * noise(), .vel = 65 * noise(), .torque = 18 * noise(),
			.kp = 500 * fabsf(noise()), .kd = 5 * fabsf(noise())};
		uint8_t f[MIT_FRAME];
		mit_pack(f, &c, &range);
		struct servo_command b = mit_unpack(f, &range);
		NEAR(b.pos, c.pos, 25 / 65535.0 * 1.01);
		NEAR(b.vel, c.vel, 130 / 4095.0 * 1.01);
		NEAR(b.torque, c.torque, 36 / 4095.0 * 1.01);
		NEAR(b.kp, c.kp, 500 / 4095.0 * 1.01);
		NEAR(b.kd, c.kd, 5 / 4095.0 * 1.01);
		if (failed) return;
	}
}

// Reply: id, position 16, velocity 12, torque 12; then temperature and error.
static void reply_has_the_published_bits(void)
{
	struct mit_reply m;
	const uint8_t f[] = {0x05, 0x8a, 0x3c, 0x83, 0xe9, 0x54, 0x2a, 0x03};
	CHECK(mit_reply_unpack(&m, f, 8, &range), "8 bytes were refused");
	CHECK(m.id == 5 && m.temp == 42 && m.error == 3, "id %d temp %d error %d", m.id, m.temp, m.error);
	NEAR(m.state.pos, 1, 4e-4);
	NEAR(m.state.vel, 2, 0.032);
	NEAR(m.torque, 3, 0.009);
	CHECK(mit_reply_unpack(&m, f, 6, &range) && m.temp == 0 && m.error == 0, "6 bytes tell no temperature");
	CHECK(!mit_reply_unpack(&m, f, 5, &range) && !mit_reply_unpack(&m, f, 0, &range), "5 bytes are no reply");
	uint8_t g[MIT_FRAME];
	mit_reply_unpack(&m, f, 8, &range);
	m.state.pos += 1e-4f, m.state.vel += 1e-3f, m.torque += 1e-3f; // to the middle of the step
	mit_reply_pack(g, &m, &range);
	frame_is(g, f, "packed again");
}

int main(void)
{
	RUN(command_has_the_published_bits);
	RUN(command_saturates);
	RUN(special_frames_are_the_published_ones);
	RUN(no_command_within_limits_is_special);
	RUN(every_value_comes_back_within_a_step);
	RUN(reply_has_the_published_bits);
	return failures;
}
