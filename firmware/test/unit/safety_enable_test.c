// What may stand in the way of torque, to its edge: the joints, the config, and
// how much torque there is.
#include "calm.h"

static void enable_matches_every_joint_to_its_edge(void)
{
	for (uint8_t i = 0; i < WIRE_JOINTS; i++) {
		for (int k = 0; k < 6; k++) {
			fresh();
			uint8_t joint = 99;
			const struct servo_limits *l = &robot_config.joint[i].limits;
			float high = l->pos_max + robot_config.margin_rad, low = l->pos_min - robot_config.margin_rad;
			const float at[] = {0, 0, high, NEXT(high), low, PREVIOUS(low)};
			s.sense.joint[i].pos = at[k];
			if (k < 2) s.sense.joint[i].pos = middle(i) > 0 ? 0.25f : -0.5f; // where a tenth is exact enough
			struct wire_enable e = here(WIRE_PURPOSE_RUN, 0);
			float off = SAFETY_MATCH_RAD;
			e.joint[i].pos_rad = s.sense.joint[i].pos + (k < 2 ? off : 0);
			while (k == 0 && fabsf(e.joint[i].pos_rad - s.sense.joint[i].pos) > off) e.joint[i].pos_rad = PREVIOUS(e.joint[i].pos_rad);
			while (k == 1 && fabsf(e.joint[i].pos_rad - s.sense.joint[i].pos) <= off) e.joint[i].pos_rad = NEXT(e.joint[i].pos_rad);
			static const enum wire_result want[] = {WIRE_RESULT_DONE, WIRE_RESULT_POSITION, WIRE_RESULT_DONE, WIRE_RESULT_LIMIT, WIRE_RESULT_DONE, WIRE_RESULT_LIMIT};
			enum wire_result got = safety_enable(&s, &e, now, &joint);
			CHECK(got == want[k], "joint %d, case %d: %d, want %d", i, k, got, want[k]);
			CHECK(got == WIRE_RESULT_DONE || joint == i, "joint %d, case %d: joint %d is blamed", i, k, joint);
			CHECK(got != WIRE_RESULT_DONE || s.found[i] == s.sense.joint[i].pos, "joint %d was found at %g", i, (double)s.found[i]);
		}
	}
	fresh();
	uint8_t joint = 99;
	s.sense.joint[2].pos = 0;
	struct wire_enable e = here(WIRE_PURPOSE_RUN, 0);
	s.sense.joint[2].pos = middle(2), e.joint[2].pos_rad = NAN;
	CHECK(safety_enable(&s, &e, now, &joint) == WIRE_RESULT_POSITION && joint == 2, "a position that is none");
	fresh(); // exactly a tenth, where floats have it
	s.sense.joint[0].pos = 0;
	e = here(WIRE_PURPOSE_RUN, 0);
	e.joint[0].pos_rad = -SAFETY_MATCH_RAD;
	CHECK(safety_enable(&s, &e, now, &joint) == WIRE_RESULT_DONE, "the edge itself");
}

static void calibration_moves_one_joint_without_a_range(void)
{
	uint8_t joint = 99;
	fresh();
	s.calibrated = false;
	CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_UNCALIBRATED && joint == 0, "without a calibration, joint %d", joint);
	CHECK(enable(WIRE_PURPOSE_CALIBRATE, WIRE_JOINTS, &joint) == WIRE_RESULT_VALUE, "a joint that is none");
	CHECK(enable(77, 0, &joint) == WIRE_RESULT_VALUE, "a purpose that is none");
	struct wire_enable e = here(WIRE_PURPOSE_CALIBRATE, 5);
	for (int i = 0; i < WIRE_JOINTS; i++)
		if (i != 5) e.joint[i].pos_rad += 1; // of no interest
	CHECK(safety_enable(&s, &e, now, &joint) == WIRE_RESULT_DONE && s.only == 5 && s.purpose == WIRE_PURPOSE_CALIBRATE, "only %d", s.only);
	CHECK(safety_enable(&s, &e, now, &joint) == WIRE_RESULT_DONE, "said again");
	e.only_joint = 4;
	CHECK(safety_enable(&s, &e, now, &joint) == WIRE_RESULT_MODE, "another joint meanwhile");
	e = here(WIRE_PURPOSE_RUN, 5);
	CHECK(safety_enable(&s, &e, now, &joint) == WIRE_RESULT_MODE, "another purpose meanwhile");
	struct safety_sense m = calm;
	s.calibrated = true; // stored meanwhile; its range holds only afterwards
	s.sense.joint[5].pos = m.joint[5].pos = robot_config.joint[5].limits.pos_max + 1;
	tick(&m);
	CHECK(s.fault == WIRE_FAULT_NONE, "fault %d", s.fault);
	fresh();
	e = here(WIRE_PURPOSE_CALIBRATE, WIRE_JOINTS - 1);
	e.joint[WIRE_JOINTS - 1].pos_rad += 1;
	CHECK(safety_enable(&s, &e, now, &joint) == WIRE_RESULT_POSITION && joint == WIRE_JOINTS - 1, "joint %d", joint);
	fresh();
	s.calibrated = false; // no range is known: none is broken
	m = calm;
	s.sense.joint[0].pos = m.joint[0].pos = 5;
	s.mode = WIRE_MODE_ENABLED;
	s.deadline_us = now + 1000000;
	tick(&m);
	CHECK(s.fault == WIRE_FAULT_NONE, "fault %d", s.fault);
}

static void what_stands_in_the_way_of_torque_is_named(void)
{
	static const struct {
		int what;
		enum wire_result want;
		enum wire_fault latched;
	} cases[] = {
		{0, WIRE_RESULT_VOLTAGE, WIRE_FAULT_NONE}, {1, WIRE_RESULT_TEMPERATURE, WIRE_FAULT_NONE},
		{2, WIRE_RESULT_LIMIT, WIRE_FAULT_NONE}, {3, WIRE_RESULT_FAULT, WIRE_FAULT_TILT}, {4, WIRE_RESULT_FAULT, WIRE_FAULT_MOTOR},
		{5, WIRE_RESULT_FAULT, WIRE_FAULT_JOINT_SPEED},
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct safety_sense m = calm;
		uint8_t joint = 99, blamed = 0;
		fresh();
		switch (cases[k].what) {
		case 0: m.voltage = 1; break;
		case 1: m.temp[7] = 120, blamed = 7; break;
		case 2: s.sense.joint[6].pos = m.joint[6].pos = 5, blamed = 6; break;
		case 3: m.upright = 0; break;
		case 4: m.error[8] = 1, blamed = 8; break;
		case 5: m.joint[9].vel = 300, blamed = 9; break;
		}
		for (int i = 0; i < 6; i++) tick(&m);
		CHECK(s.mode == WIRE_MODE_IDLE, "an idle robot has mode %d", s.mode);
		held[blamed] = (struct servo_command){.pos = 99, .kp = 50}; // what it was last told is of no interest
		enum wire_result got = enable(WIRE_PURPOSE_RUN, 0, &joint);
		CHECK(got == cases[k].want && s.fault == cases[k].latched && (!blamed || joint == blamed), "case %zu: %d, fault %d, joint %d", k, got, s.fault, joint);
		if (s.fault) CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_FAULT && joint == 0 && !safety_moving(&s), "then: joint %d", joint);
	}
	uint8_t joint = 99;
	fresh();
	s.heard = 0;
	CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_MODE && joint == 0, "before anything was measured");
	standing();
	CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_DONE, "said again");
	safety_stop(&s);
	CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_MODE, "while damped");
}

static bool accepted(void)
{
	safety_init(&s, &config, WIRE_FAULT_NONE, false);
	bool ok = s.fault == WIRE_FAULT_NONE;
	CHECK(ok || (s.fault == WIRE_FAULT_INTERNAL && s.mode == WIRE_MODE_FAULT), "fault %d", s.fault);
	return ok;
}

#define CONFIG(change, want)                                          \
	do {                                                              \
		config = robot_config;                                        \
		change;                                                       \
		CHECK(accepted() == (want), "%s: %d", #change, s.fault);      \
	} while (0)

static void a_config_is_guarded_to_its_edge(void)
{
	const float tiny = 1e-30f;
	struct servo_limits *l = &config.joint[WIRE_JOINTS - 1].limits, *first = &config.joint[0].limits;
	CONFIG((void)0, true);
	CONFIG(config.joints = 0, false);
	CONFIG(config.joints = 1, true);
	CONFIG(config.joints = WIRE_JOINTS + 1, false);
	CONFIG(config.state_hz = 0, false);
	CONFIG(config.state_hz = 1, true);
	CONFIG(config.state_hz = TICK_HZ, true);
	CONFIG(config.state_hz = TICK_HZ + 1, false);
	CONFIG(config.tilt_cos = 1, false);
	CONFIG(config.tilt_cos = PREVIOUS(1), true);
	CONFIG(config.tilt_cos = NAN, false);
	CONFIG(config.following_rad = 0, false);
	CONFIG(config.following_rad = tiny, true);
	CONFIG(config.margin_rad = 0, true);
	CONFIG(config.margin_rad = -tiny, false);
	CONFIG(config.voltage_min_v = config.voltage_max_v, false);
	CONFIG(config.voltage_min_v = PREVIOUS(config.voltage_max_v), true);
	CONFIG(l->pos_min = l->pos_max, false);
	CONFIG(l->pos_min = PREVIOUS(l->pos_max), true);
	CONFIG(first->pos_min = NAN, false);
	CONFIG(l->vel_max = 0, false);
	CONFIG(l->vel_max = tiny, true);
	CONFIG(l->rate_max = 0, false);
	CONFIG(l->rate_max = tiny, true);
	CONFIG(l->torque_max = 0, false);
	CONFIG(l->torque_max = tiny, true);
	CONFIG(l->kp_max = 0, true);
	CONFIG(l->kp_max = -tiny, false);
	CONFIG(l->kd_max = 0, true);
	CONFIG(l->kd_max = -tiny, false);
	CONFIG(config.joint[WIRE_JOINTS - 1].ratio = 0, false);
	CONFIG(config.joint[WIRE_JOINTS - 1].ratio = tiny, true);
	CONFIG(config.joint[0].ratio = -1, false);
	fresh();
	config.voltage_min_v = NAN; // it breaks while the robot stands idle
	CHECK(tick(&calm) == SAFETY_OFF && s.fault == WIRE_FAULT_INTERNAL, "fault %d", s.fault);
	config = robot_config;
	safety_init(&s, &config, WIRE_FAULT_BROWN_OUT, false);
	CHECK(s.fault == WIRE_FAULT_BROWN_OUT && !s.calibrated && !s.heard && s.ticks == 0 && !s.release, "fault %d", s.fault);
}

static float share(uint32_t *limits)
{
	*limits = 0;
	return safety_share(&s, 3, limits);
}

#define BIT(limit) (1u << ((limit) - WIRE_LIMIT_FIRST))

static void torque_rises_and_falls_along_its_lines(void)
{
	uint32_t limits;
	standing();
	const uint32_t soft = SAFETY_SOFT_MS / (1000 / TICK_HZ);
	static const float part[] = {0, 0.2f, 0.5f, 1};
	for (int k = 0; k < 4; k++) {
		s.ticks = (uint32_t)(part[k] * (float)soft);
		NEAR(share(&limits), part[k], 1e-6);
		CHECK(limits == (k < 3 ? BIT(WIRE_LIMIT_SOFT_START) : 0u), "limits %x at %g", limits, (double)part[k]);
	}
	s.ticks = soft - 1;
	CHECK(share(&limits) < 1 && limits == BIT(WIRE_LIMIT_SOFT_START), "a tick before the end");
	s.ticks = 100000;
	NEAR(share(&limits), 1, 0);
	float hot = robot_config.temp_max_c, low = robot_config.voltage_min_v;
	s.sense.temp[3] = hot - SAFETY_HOT_C / 2;
	NEAR(share(&limits), 0.5, 1e-6);
	CHECK(limits == BIT(WIRE_LIMIT_TEMPERATURE), "limits %x", limits);
	s.sense.temp[3] = hot + 5;
	NEAR(share(&limits), 0, 0);
	s.sense.temp[3] = hot - SAFETY_HOT_C;
	NEAR(share(&limits), 1, 0);
	CHECK(limits == 0, "limits %x", limits);
	s.sense.voltage = low * (1 + SAFETY_LOW_V / 2);
	NEAR(share(&limits), 0.75, 1e-5);
	CHECK(limits == BIT(WIRE_LIMIT_VOLTAGE), "limits %x", limits);
	s.sense.voltage = low / 2;
	NEAR(share(&limits), 0.5, 0);
	s.sense.temp[3] = hot - SAFETY_HOT_C / 4; // the smallest share counts, and both are said
	NEAR(share(&limits), 0.25, 1e-5);
	CHECK(limits == (BIT(WIRE_LIMIT_VOLTAGE) | BIT(WIRE_LIMIT_TEMPERATURE)), "limits %x", limits);
	s.sense = calm;
	s.purpose = WIRE_PURPOSE_CALIBRATE;
	NEAR(share(&limits), 0.25, 0);
	CHECK(limits == BIT(WIRE_LIMIT_CALIBRATE), "limits %x", limits);
}

int main(void)
{
	RUN(enable_matches_every_joint_to_its_edge);
	RUN(calibration_moves_one_joint_without_a_range);
	RUN(what_stands_in_the_way_of_torque_is_named);
	RUN(a_config_is_guarded_to_its_edge);
	RUN(torque_rises_and_falls_along_its_lines);
	return failures;
}
