// The joint's law and its limits, and a pendulum that they move.
#include "servo.h"
#include "test.h"

static const struct servo_limits limits = {
	.pos_min = -1, .pos_max = 2, .vel_max = 20, .rate_max = 5, .torque_max = 17, .kp_max = 100, .kd_max = 2,
};
static const float dt = 0.002f;

// limit1 is one tick of a command whose set point was at the joint's position.
static uint32_t limit1(struct servo_command *c, struct servo_state s)
{
	float set_point = s.pos;
	return servo_limit(c, &limits, s, &set_point, 1, dt);
}

static void law_is_the_impedance_law(void)
{
	struct servo_command c = {.pos = 0.5f, .vel = -1, .torque = 2, .kp = 30, .kd = 0.5f};
	NEAR(servo_torque(&c, (struct servo_state){0.2f, 3}, 17), 30 * 0.3 + 0.5 * -4 + 2, 1e-5);
	NEAR(servo_torque(&c, (struct servo_state){-2, 3}, 17), 17, 0);
	NEAR(servo_torque(&c, (struct servo_state){3, 3}, 17), -17, 0);
}

static void command_within_limits_passes_unchanged(void)
{
	struct servo_command c = {.pos = 0.305f, .vel = 1, .torque = 1, .kp = 50, .kd = 1}, was = c;
	uint32_t acted = limit1(&c, (struct servo_state){0.3f, 0.5f});
	CHECK(acted == 0 && memcmp(&c, &was, sizeof c) == 0, "limits %x", acted);
}

static void each_part_is_clamped_and_said(void)
{
	struct servo_state at = {0.3f, 0};
	struct servo_command c = {.pos = 0.3f, .kp = 1000};
	CHECK(limit1(&c, at) == SERVO_GAIN && c.kp == limits.kp_max, "kp %g", (double)c.kp);
	c = (struct servo_command){.pos = 0.3f, .kd = 9};
	CHECK(limit1(&c, at) == SERVO_GAIN && c.kd == limits.kd_max, "kd %g", (double)c.kd);
	c = (struct servo_command){.pos = 0.3f, .kp = -5, .kd = -1};
	CHECK(limit1(&c, at) == SERVO_GAIN && c.kp == 0 && c.kd == 0, "kp %g kd %g", (double)c.kp, (double)c.kd);
	c = (struct servo_command){.pos = 0.3f, .torque = -40};
	CHECK(limit1(&c, at) == SERVO_TORQUE && c.torque == -limits.torque_max, "torque %g", (double)c.torque);
	c = (struct servo_command){.pos = 0.3f, .vel = 300, .kd = 0.1f};
	CHECK(limit1(&c, at) == SERVO_VELOCITY && c.vel == limits.vel_max, "vel %g", (double)c.vel);
}

static void set_point_moves_no_faster_than_its_rate(void)
{
	float set_point = 0;
	for (int i = 0; i < 100; i++) {
		float was = set_point;
		struct servo_command c = {.pos = 1.5f, .kp = 10};
		uint32_t acted = servo_limit(&c, &limits, (struct servo_state){was, 0}, &set_point, 1, dt);
		CHECK(c.pos == set_point && set_point - was <= limits.rate_max * dt * 1.0001f, "step %g", (double)(set_point - was));
		CHECK(acted == SERVO_VELOCITY, "limits %x", acted);
	}
	NEAR(set_point, 100 * limits.rate_max * dt, 1e-4);
}

static void set_point_stays_in_range(void)
{
	float set_point = 1.999f;
	struct servo_command c = {.pos = 7, .kp = 10};
	uint32_t acted = servo_limit(&c, &limits, (struct servo_state){1.999f, 0}, &set_point, 1, dt);
	CHECK(acted == SERVO_POSITION && c.pos == limits.pos_max, "pos %g", (double)c.pos);
}

static void at_the_end_of_the_range_nothing_pushes_out(void)
{
	struct servo_command c = {.pos = 2, .torque = 5, .vel = 3, .kd = 1};
	CHECK(limit1(&c, (struct servo_state){2.01f, 0}) & SERVO_POSITION, "position limit is silent");
	CHECK(c.torque == 0 && c.vel == 0, "torque %g vel %g", (double)c.torque, (double)c.vel);
	c = (struct servo_command){.pos = -1, .torque = 5, .vel = 3, .kd = 1};
	limit1(&c, (struct servo_state){-1.01f, 0});
	CHECK(c.torque == 5 && c.vel == 3, "what leads back in was taken away: torque %g vel %g", (double)c.torque, (double)c.vel);
}

static void torque_of_all_parts_is_bounded_without_adding_energy(void)
{
	for (int i = 0; i < 20000; i++) {
		struct servo_state s = {2 * noise(), 19 * noise()};
		struct servo_command c = {.pos = 3 * noise(), .vel = 30 * noise(), .torque = 40 * noise(), .kp = 150 * noise(), .kd = 3 * noise()};
		limit1(&c, s);
		float t = servo_torque(&c, s, INFINITY);
		CHECK(fabsf(t) <= limits.torque_max * 1.0001f, "%g N·m", (double)t);
		CHECK(c.kp >= 0 && c.kd >= 0 && c.kp <= limits.kp_max && c.kd <= limits.kd_max, "gains %g %g", (double)c.kp, (double)c.kd);
		if (failed) return;
	}
}

static void a_joint_that_is_too_fast_is_only_braked(void)
{
	for (int i = 0; i < 20000; i++) {
		struct servo_state s = {noise(), (noise() > 0 ? 1 : -1) * (20.1f + 10 * fabsf(noise()))};
		struct servo_command c = {.pos = 3 * noise(), .vel = 30 * noise(), .torque = 40 * noise(), .kp = 100 * fabsf(noise())};
		limit1(&c, s);
		CHECK(servo_torque(&c, s, INFINITY) * s.vel <= 0, "torque %g at %g rad/s", (double)servo_torque(&c, s, INFINITY), (double)s.vel);
		if (failed) return;
	}
}

static void not_a_number_does_least(void)
{
	struct servo_state at = {0.3f, 2};
	struct servo_command c = {.pos = NAN, .vel = NAN, .torque = NAN, .kp = NAN, .kd = NAN};
	limit1(&c, at);
	CHECK(c.pos == at.pos && c.vel == 0 && c.torque == 0 && c.kp == 0, "pos %g vel %g", (double)c.pos, (double)c.vel);
	CHECK(servo_torque(&c, at, 17) < 0, "motion is not resisted");
}

static void soft_start_gives_damping_whole_and_the_rest_in_part(void)
{
	float set_point = 0.3f;
	struct servo_command c = {.pos = 0.3f, .torque = 4, .kp = 40, .kd = 1};
	servo_limit(&c, &limits, (struct servo_state){0.3f, 0}, &set_point, 0.25f, dt);
	CHECK(c.kp == 10 && c.torque == 1 && c.kd == 1, "kp %g torque %g kd %g", (double)c.kp, (double)c.torque, (double)c.kd);
}

static void damping_takes_energy_out_at_any_speed(void)
{
	for (float v = -60; v <= 60; v += 0.5f) {
		struct servo_state s = {0.1f, v};
		struct servo_command c = servo_damp(&limits, s);
		float t = servo_torque(&c, s, INFINITY);
		CHECK(v == 0 ? t == 0 : t * v < 0, "%g N·m at %g rad/s", (double)t, (double)v);
		CHECK(fabsf(t) <= limits.torque_max * 1.0001f, "%g N·m", (double)t);
		if (fabsf(v) <= 5) NEAR(c.kd, 1.5 * limits.kd_max, 1e-6);
	}
}

// A leg of 0.5 kg at 0.2 m falls under its weight: inertia 0.02 kg·m².
static float swing(struct servo_state *s, const struct servo_command *c, float seconds)
{
	float top = 0;
	for (float t = 0; t < seconds; t += 1e-4f) {
		float torque = servo_torque(c, *s, limits.torque_max) - 0.5f * 9.81f * 0.2f * sinf(s->pos);
		s->vel += 1e-4f * torque / 0.02f;
		s->pos += 1e-4f * s->vel;
		top = fmaxf(top, fabsf(s->vel));
	}
	return top;
}

static void a_pendulum_is_held_and_falls_slowly_when_damped(void)
{
	struct servo_state s = {0.5f, 0};
	struct servo_command hold = {.pos = 1, .kp = 60, .kd = 1.5f};
	swing(&s, &hold, 2);
	NEAR(s.pos, 1 - 0.981 * sin((double)s.pos) / 60, 1e-3); // it sags by its weight over kp
	struct servo_command damp = servo_damp(&limits, s);
	float top = swing(&s, &damp, 10);
	CHECK(top < 0.6f, "a damped pendulum reached %g rad/s", (double)top);
	NEAR(s.pos, 0, 0.1);
}

// asked is one tick of a command whose set point is where it says.
static uint32_t asked(struct servo_command *c, struct servo_state at)
{
	float set_point = c->pos;
	return servo_limit(c, &limits, at, &set_point, 1, dt);
}

static void at_either_end_nothing_pushes_further_out(void)
{
	static const struct {
		float pos, torque, vel;
		bool stopped;
	} cases[] = {
		{2, 0.01f, 0, true}, {2, -0.01f, 0, false}, {2, 0, 0.01f, true}, {2, 0, -0.01f, false},
		{-1, -0.01f, 0, true}, {-1, 0.01f, 0, false}, {-1, 0, -0.01f, true}, {-1, 0, 0.01f, false},
		{0.5f, 0.01f, 0, false}, {0.5f, -0.01f, 0, false}, {0.5f, 0, 0.01f, false}, {0.5f, 0, -0.01f, false},
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct servo_command c = {.pos = cases[k].pos, .torque = cases[k].torque, .vel = cases[k].vel}, was = c;
		uint32_t acted = asked(&c, (struct servo_state){cases[k].pos, 0});
		CHECK(acted == (cases[k].stopped ? (uint32_t)SERVO_POSITION : 0u), "case %zu: limits %x", k, acted);
		if (cases[k].stopped) was.torque = was.vel = 0;
		CHECK(memcmp(&c, &was, sizeof c) == 0, "case %zu: torque %g, vel %g", k, (double)c.torque, (double)c.vel);
	}
}

static void the_speed_limit_itself_is_no_reason_to_brake(void)
{
	for (int way = -1; way <= 1; way += 2) {
		float most = (float)way * limits.vel_max, more = nextafterf(most, (float)way * INFINITY);
		struct servo_command c = {.torque = (float)way * 0.5f};
		CHECK(asked(&c, (struct servo_state){0, most}) == 0 && c.kd == 0, "at the limit: kd %g", (double)c.kd);
		c = (struct servo_command){.torque = (float)way * 0.5f, .kp = 0.001f, .vel = (float)way * 0.1f};
		uint32_t acted = asked(&c, (struct servo_state){0, more});
		CHECK((acted & ~(uint32_t)SERVO_TORQUE) == SERVO_VELOCITY && c.kp == 0 && c.torque == 0 && c.vel == 0 && c.kd > 0, "past it: limits %x, kd %g, vel %g", acted, (double)c.kd, (double)c.vel);
		CHECK(servo_torque(&c, (struct servo_state){0, more}, INFINITY) * more < 0, "it is not braked");
		c = (struct servo_command){0}; // what does nothing does not brake
		CHECK((asked(&c, (struct servo_state){0, more}) & SERVO_VELOCITY) && c.kd > 0, "kd %g", (double)c.kd);
		c = (struct servo_command){.torque = (float)way * -0.001f}; // what brakes a little is left alone
		CHECK(asked(&c, (struct servo_state){0, more}) == 0 && c.kd == 0 && c.torque != 0, "kd %g", (double)c.kd);
	}
	struct servo_limits weak = limits;
	weak.kd_max = 0.1f; // so that the torque limit leaves it whole
	struct servo_command c = {.torque = 0.5f};
	float set_point = 0;
	CHECK(servo_limit(&c, &weak, (struct servo_state){0, 21}, &set_point, 1, dt) == SERVO_VELOCITY && c.kd == weak.kd_max, "kd %g", (double)c.kd);
}

static void the_torque_limit_itself_is_whole(void)
{
	struct servo_command c = {.torque = 16, .kp = 1, .pos = 1};
	CHECK(asked(&c, (struct servo_state){0, 0}) == 0 && c.torque == 16 && c.kp == 1, "torque %g", (double)c.torque);
	c = (struct servo_command){.torque = 16, .kp = 2, .pos = 1};
	CHECK(asked(&c, (struct servo_state){0, 0}) == SERVO_TORQUE, "more than it");
	NEAR(servo_torque(&c, (struct servo_state){0, 0}, INFINITY), 17, 1e-5);
	NEAR(c.kp / c.torque, 2.0 / 16, 1e-6);
}

int main(void)
{
	RUN(law_is_the_impedance_law);
	RUN(command_within_limits_passes_unchanged);
	RUN(each_part_is_clamped_and_said);
	RUN(set_point_moves_no_faster_than_its_rate);
	RUN(set_point_stays_in_range);
	RUN(at_the_end_of_the_range_nothing_pushes_out);
	RUN(torque_of_all_parts_is_bounded_without_adding_energy);
	RUN(a_joint_that_is_too_fast_is_only_braked);
	RUN(not_a_number_does_least);
	RUN(soft_start_gives_damping_whole_and_the_rest_in_part);
	RUN(damping_takes_energy_out_at_any_speed);
	RUN(at_either_end_nothing_pushes_further_out);
	RUN(the_speed_limit_itself_is_no_reason_to_brake);
	RUN(the_torque_limit_itself_is_whole);
	RUN(a_pendulum_is_held_and_falls_slowly_when_damped);
	return failures;
}
