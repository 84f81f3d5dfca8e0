// Every mode, what leads into it and out of it, and for how long.
#include "calm.h"

static void a_command_holds_as_long_as_it_says(void)
{
	static const struct {
		uint16_t valid;
		uint32_t us;
	} cases[] = {{40, 40000}, {99, 99000}, {100, 100000}, {101, 100000}, {5000, 100000}};
	for (int k = 0; k < 5; k++) {
		standing();
		uint32_t from = now;
		safety_command(&s, cases[k].valid, true, from);
		CHECK(s.deadline_us == from + cases[k].us, "%u ms hold %u us", cases[k].valid, s.deadline_us - from);
		safety_tick(&s, &calm, held, from + cases[k].us - 1);
		CHECK(s.fault == WIRE_FAULT_NONE, "fault %d a microsecond before", s.fault);
		CHECK(safety_tick(&s, &calm, held, from + cases[k].us) == SAFETY_DAMP && s.fault == WIRE_FAULT_EXPIRED, "fault %d", s.fault);
	}
	standing();
	uint32_t from = now, deadline = s.deadline_us;
	safety_command(&s, 50, false, from);
	CHECK(s.fault == WIRE_FAULT_COMMAND && s.deadline_us == deadline, "fault %d", s.fault);
	fresh();
	deadline = s.deadline_us;
	safety_command(&s, 50, false, now);
	CHECK(s.fault == WIRE_FAULT_NONE && s.deadline_us == deadline, "idle obeys nobody: fault %d", s.fault);
	fresh();
	uint8_t joint;
	enable(WIRE_PURPOSE_RUN, 0, &joint);
	CHECK(s.deadline_us == now + 100000, "enable holds %u us", s.deadline_us - now);
}

static void a_stop_damps_for_half_a_second(void)
{
	standing();
	safety_stop(&s);
	CHECK(s.mode == WIRE_MODE_DAMPED && safety_moving(&s), "mode %d", s.mode);
	int n = 0;
	while (tick(&calm) == SAFETY_DAMP && n < 1000) n++;
	CHECK(n == SAFETY_DAMP_MS * TICK_HZ / 1000 - 1 && s.mode == WIRE_MODE_IDLE && !safety_moving(&s), "%d ticks, mode %d", n, s.mode);
	safety_stop(&s);
	CHECK(s.mode == WIRE_MODE_IDLE, "a stop of an idle robot: mode %d", s.mode);
}

// damped counts the ticks in which a board that has just started resists motion.
static int damped(int stop)
{
	fresh();
	safety_init(&s, &config, WIRE_FAULT_NONE, true);
	s.calibrated = true;
	int n = 0;
	while (n < 2000 && tick(&calm) == SAFETY_DAMP) {
		if (++n == stop) safety_stop(&s);
	}
	CHECK(s.mode == WIRE_MODE_IDLE && s.fault == WIRE_FAULT_NONE, "mode %d, fault %d", s.mode, s.fault);
	return n;
}

static void a_reset_in_motion_damps_for_longer_whatever_the_host_says(void)
{
	CHECK(damped(-1) == SAFETY_RESET_MS * TICK_HZ / 1000 - 1, "%d ticks", damped(-1));
	CHECK(damped(10) == damped(-1), "%d ticks after a stop", damped(10));
	CHECK(damped(400) == damped(-1), "%d ticks after a stop", damped(400));
}

static void a_fault_damps_until_a_stop_releases_it(void)
{
	struct safety_sense m = calm;
	standing();
	m.error[3] = 1;
	tick(&m);
	for (int i = 0; i < 600; i++) CHECK(tick(&calm) == SAFETY_DAMP && s.fault == WIRE_FAULT_MOTOR && s.mode == WIRE_MODE_FAULT, "tick %d", i);
	safety_stop(&s);
	CHECK(tick(&calm) == SAFETY_OFF && s.mode == WIRE_MODE_FAULT, "mode %d", s.mode);
	standing();
	s.release = true, s.damp_ms = SAFETY_DAMP_MS; // of an earlier stop
	tick(&m);
	for (int i = 0; i < 600; i++) CHECK(tick(&calm) == SAFETY_DAMP, "tick %d: an old stop releases a new fault", i);
	CHECK(s.mode == WIRE_MODE_FAULT, "mode %d", s.mode);
	safety_latch(&s, WIRE_FAULT_TILT);
	CHECK(s.fault == WIRE_FAULT_MOTOR, "a second fault takes the place of the first: %d", s.fault);
	fresh();
	safety_latch(&s, WIRE_FAULT_NONE);
	CHECK(s.mode == WIRE_MODE_IDLE, "no fault is one: mode %d", s.mode);
	safety_latch(&s, WIRE_FAULT_WATCHDOG);
	CHECK(tick(&calm) == SAFETY_OFF && !s.torque && s.fault == WIRE_FAULT_WATCHDOG, "a robot without torque is not damped");
}

// What time is counted in does not begin again, however long a robot stays as it is.
static void a_fault_that_stood_for_months_is_released(void)
{
	struct safety_sense m = calm;
	standing();
	m.error[3] = 1;
	tick(&m);
	s.ticks = UINT32_MAX / (TICK_US / 1000);
	safety_stop(&s);
	CHECK(tick(&calm) == SAFETY_OFF, "after %u ticks there is torque", s.ticks);
}

// A robot that has torque for longer than 32 bits of milliseconds does not begin softly again.
static void torque_for_months_is_whole(void)
{
	uint32_t limits = 0;
	standing();
	s.ticks = UINT32_MAX / (TICK_US / 1000);
	for (int i = 0; i < 3; i++) {
		s.deadline_us = now + 1000 * SAFETY_EXPIRY_MS;
		CHECK(tick(&calm) == SAFETY_RUN, "fault %d", s.fault);
		NEAR(safety_share(&s, 3, &limits), 1, 0);
	}
}

// A memory that has lost its mode gives no torque.
static void a_mode_that_is_none_is_off(void)
{
	standing();
	s.mode = (enum wire_mode)99;
	enum safety_reaction r = tick(&calm);
	CHECK(r == SAFETY_OFF, "reaction %d", r);
}

static void each_mode_has_its_reaction(void)
{
	static const struct {
		enum wire_mode mode;
		enum wire_fault fault;
		bool torque;
		enum safety_reaction want;
		bool moving;
	} cases[] = {
		{WIRE_MODE_IDLE, WIRE_FAULT_NONE, true, SAFETY_OFF, false},
		{WIRE_MODE_ENABLED, WIRE_FAULT_NONE, false, SAFETY_RUN, true},
		{WIRE_MODE_LIMITING, WIRE_FAULT_NONE, false, SAFETY_RUN, true},
		{WIRE_MODE_DAMPED, WIRE_FAULT_NONE, false, SAFETY_DAMP, true},
		{WIRE_MODE_FAULT, WIRE_FAULT_TILT, true, SAFETY_DAMP, false},
		{WIRE_MODE_FAULT, WIRE_FAULT_TILT, false, SAFETY_OFF, false},
		{WIRE_MODE_FAULT, WIRE_FAULT_ENCODER, true, SAFETY_DAMP, false},
		{WIRE_MODE_FAULT, WIRE_FAULT_CURRENT, true, SAFETY_OFF, false},
		{WIRE_MODE_ESTOP, WIRE_FAULT_NONE, true, SAFETY_OFF, false},
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		fresh();
		s.mode = cases[k].mode, s.fault = cases[k].fault, s.torque = cases[k].torque;
		CHECK(safety_moving(&s) == cases[k].moving, "case %zu: moving", k);
		enum safety_reaction got = tick(&calm);
		CHECK(got == cases[k].want, "case %zu: reaction %d", k, got);
	}
}

// limp says which joints have no torque, bit per joint, where the others do what.
static unsigned limp(enum safety_reaction what)
{
	unsigned off = 0;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		enum safety_reaction of = safety_joint(&s, what, i);
		CHECK(of == what || of == SAFETY_OFF, "joint %d: reaction %d in place of %d", i, of, what);
		off |= (unsigned)(of == SAFETY_OFF) << i;
	}
	return off;
}

static void a_joint_without_an_encoder_is_limp_until_it_is_enabled_again(void)
{
	uint8_t joint;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		struct safety_sense m = calm;
		standing();
		CHECK(limp(SAFETY_RUN) == 0, "limp %x", limp(SAFETY_RUN));
		m.joint[i].vel = NAN;
		CHECK(tick(&m) == SAFETY_DAMP && s.fault == WIRE_FAULT_ENCODER && limp(SAFETY_DAMP) == 1u << i, "joint %d: fault %d, limp %x", i, s.fault,
			limp(SAFETY_DAMP));
		for (int n = 0; n < 300; n++) tick(&calm); // it speaks sense again
		CHECK(tick(&calm) == SAFETY_DAMP && limp(SAFETY_DAMP) == 1u << i, "joint %d: limp %x later", i, limp(SAFETY_DAMP));
		CHECK(safety_reset(&s, WIRE_FAULT_ENCODER) == WIRE_RESULT_DONE && limp(SAFETY_DAMP) == 1u << i, "joint %d: limp %x after the reset", i, limp(SAFETY_DAMP));
		CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_DONE && limp(SAFETY_RUN) == 0, "joint %d: limp %x after enable", i, limp(SAFETY_RUN));
	}
}

// Whatever else was wrong first, or wrong with the motor too.
static void an_encoder_may_be_lost_at_any_time(void)
{
	struct safety_sense m = calm;
	standing();
	safety_stop(&s);
	m.joint[7].pos = INFINITY;
	CHECK(tick(&m) == SAFETY_DAMP && s.fault == WIRE_FAULT_ENCODER && limp(SAFETY_DAMP) == 1u << 7, "on the way to rest: fault %d, limp %x", s.fault, limp(SAFETY_DAMP));
	m.joint[2].vel = NAN;
	CHECK(tick(&m) == SAFETY_DAMP && limp(SAFETY_DAMP) == (1u << 7 | 1u << 2), "a second one: limp %x", limp(SAFETY_DAMP));
	standing();
	m = calm;
	m.error[4] = 1;
	m.joint[4].pos = NAN;
	CHECK(tick(&m) == SAFETY_DAMP && s.fault == WIRE_FAULT_MOTOR && limp(SAFETY_DAMP) == 1u << 4, "fault %d, limp %x", s.fault, limp(SAFETY_DAMP));
	standing();
	m = calm;
	m.joint[4].pos = NAN;
	m.estop = true;
	CHECK(tick(&m) == SAFETY_OFF && s.mode == WIRE_MODE_ESTOP, "mode %d", s.mode);
}

// A motor that was lost and comes back is trusted where it is; one that was late by
// a tick less is held to its last word.
static void a_lost_motor_is_trusted_when_it_is_back(void)
{
	for (int silent = SAFETY_LINK_TICKS - 1; silent <= SAFETY_LINK_TICKS; silent++) {
		struct safety_sense m = calm;
		standing();
		m.answered &= (uint16_t)~(1u << 3);
		for (int n = 0; n < silent; n++) tick(&m);
		m = calm;
		m.joint[3].pos += SAFETY_JUMP_RAD + 0.1f;
		CHECK(tick(&m) == SAFETY_DAMP, "fault %d", s.fault);
		bool lost = silent == SAFETY_LINK_TICKS;
		CHECK(s.fault == (lost ? WIRE_FAULT_MOTOR_LINK : WIRE_FAULT_ENCODER) && limp(SAFETY_DAMP) == 0 && (safety_trust(&s, 3) == 1) == lost,
			"silent for %d ticks: fault %d, limp %x, trust %g", silent, s.fault, limp(SAFETY_DAMP), (double)safety_trust(&s, 3));
	}
}

static void an_estop_is_above_everything(void)
{
	struct safety_sense m = calm;
	standing();
	m.estop = true;
	CHECK(tick(&m) == SAFETY_OFF && s.mode == WIRE_MODE_ESTOP && !s.torque, "mode %d", s.mode);
	safety_latch(&s, WIRE_FAULT_TILT);
	CHECK(s.mode == WIRE_MODE_ESTOP && s.fault == WIRE_FAULT_NONE, "a fault leaves it: mode %d", s.mode);
	tick(&m);
	uint32_t ticks = s.ticks;
	CHECK(ticks > 0, "no tick went by");
	safety_estop(&s);
	CHECK(s.ticks == ticks, "said again, it begins again");
	CHECK(safety_reset(&s, WIRE_FAULT_NONE) == WIRE_RESULT_ESTOP_INPUT, "reset with the input open");
	uint8_t joint;
	CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_ESTOP_INPUT, "enable with the input open");
	tick(&calm);
	CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_MODE, "enable out of it");
	CHECK(safety_reset(&s, WIRE_FAULT_NONE) == WIRE_RESULT_DONE && s.mode == WIRE_MODE_IDLE && s.ticks == 0, "reset: mode %d", s.mode);
	fresh();
	s.torque = true;
	safety_estop(&s);
	CHECK(!s.torque && s.mode == WIRE_MODE_ESTOP && s.ticks == 0, "torque stays");
}

static void a_reset_names_its_fault(void)
{
	struct safety_sense m = calm;
	fresh();
	CHECK(safety_reset(&s, WIRE_FAULT_TILT) == WIRE_RESULT_DONE, "idle already");
	standing();
	CHECK(safety_reset(&s, WIRE_FAULT_NONE) == WIRE_RESULT_MODE && s.mode == WIRE_MODE_ENABLED, "enabled: mode %d", s.mode);
	m.upright = -1;
	tick(&m);
	CHECK(safety_reset(&s, WIRE_FAULT_VOLTAGE) == WIRE_RESULT_FAULT && s.fault == WIRE_FAULT_TILT, "another fault");
	CHECK(s.torque, "it is damped");
	config.joints = 0;
	CHECK(safety_reset(&s, WIRE_FAULT_TILT) == WIRE_RESULT_FAULT && s.mode == WIRE_MODE_FAULT, "without a config");
	config.joints = robot_config.joints;
	CHECK(safety_reset(&s, WIRE_FAULT_TILT) == WIRE_RESULT_DONE, "the right one");
	CHECK(s.fault == WIRE_FAULT_NONE && !s.torque && s.mode == WIRE_MODE_IDLE && s.ticks == 0, "mode %d, fault %d", s.mode, s.fault);
}

static void limits_are_said_while_they_act(void)
{
	standing();
	safety_limiting(&s, true);
	CHECK(s.mode == WIRE_MODE_LIMITING && safety_moving(&s), "mode %d", s.mode);
	CHECK(tick(&calm) == SAFETY_RUN, "mode %d", s.mode);
	safety_limiting(&s, false);
	CHECK(s.mode == WIRE_MODE_ENABLED, "mode %d", s.mode);
	fresh();
	safety_limiting(&s, true);
	CHECK(s.mode == WIRE_MODE_IDLE, "mode %d", s.mode);
}

int main(void)
{
	RUN(a_command_holds_as_long_as_it_says);
	RUN(a_stop_damps_for_half_a_second);
	RUN(a_reset_in_motion_damps_for_longer_whatever_the_host_says);
	RUN(a_fault_damps_until_a_stop_releases_it);
	RUN(a_fault_that_stood_for_months_is_released);
	RUN(torque_for_months_is_whole);
	RUN(a_mode_that_is_none_is_off);
	RUN(each_mode_has_its_reaction);
	RUN(a_joint_without_an_encoder_is_limp_until_it_is_enabled_again);
	RUN(an_encoder_may_be_lost_at_any_time);
	RUN(a_lost_motor_is_trusted_when_it_is_back);
	RUN(an_estop_is_above_everything);
	RUN(a_reset_names_its_fault);
	RUN(limits_are_said_while_they_act);
	return failures;
}
