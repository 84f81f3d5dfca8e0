// E-stop, stop, and what enable refuses.
#include "causes.h"

// ---- e-stop ----

static void estop_cuts_torque_in_every_mode(void)
{
	for (int by_input = 0; by_input < 2; by_input++) {
		for (int mode = 0; mode < 5; mode++) {
			struct rig g;
			if (mode == 0) rig_new(&g);
			else rig_standing(&g);
			if (mode == 2) rig_say(&g, WIRE_TYPE_STOP, NULL, 0), rig_tick(&g); // damped
			if (mode == 3) g.error[3] = 1, rig_tick(&g);                       // fault
			if (mode == 4) heal(&g), rig_new(&g), rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0), rig_tick(&g); // blending in
			if (by_input) g.in.estop = true;
			else rig_frame(&g, WIRE_TYPE_ESTOP, 0x0badu, 1, NULL, 0); // of anybody
			rig_tick(&g);
			CHECK(g.r.safety.mode == WIRE_MODE_ESTOP && rig_all(&g, TOLD_OFF), "mode %d input %d: mode %d", mode, by_input, g.r.safety.mode);
			if (by_input) {
				CHECK(rig_reset(&g, g.r.safety.fault) == WIRE_RESULT_ESTOP_INPUT, "reset with the input open: %d", g.ack.result);
				g.in.estop = false;
				rig_tick(&g);
			}
			CHECK(rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0) == WIRE_RESULT_MODE, "enable in e-stop: %d", g.ack.result);
			CHECK(rig_reset(&g, g.r.safety.fault) == WIRE_RESULT_DONE && g.r.safety.mode == WIRE_MODE_IDLE, "reset: %d", g.ack.result);
		}
	}
}

// ---- enable and stop ----

static void enable_is_refused_by_name(void)
{
	const struct {
		void (*cause)(struct rig *g);
		enum wire_result want;
		enum wire_fault latched;
	} rows[] = {
		{cause_low, WIRE_RESULT_VOLTAGE, 0}, {cause_temperature, WIRE_RESULT_TEMPERATURE, 0}, {cause_joint_limit, WIRE_RESULT_LIMIT, 0},
		{cause_tilt, WIRE_RESULT_FAULT, WIRE_FAULT_TILT}, {cause_imu, WIRE_RESULT_FAULT, WIRE_FAULT_IMU},
		{cause_motor_link, WIRE_RESULT_FAULT, WIRE_FAULT_MOTOR_LINK}, {cause_motor, WIRE_RESULT_FAULT, WIRE_FAULT_MOTOR},
	};
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rig g;
		rig_new(&g);
		for (int t = 0; t < 100; t++) rows[i].cause(&g), rig_tick(&g);
		CHECK(g.r.safety.mode == WIRE_MODE_IDLE, "row %u latched before torque was asked for: %d", i, g.r.safety.fault);
		CHECK(rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0) == rows[i].want, "row %u gave %d, want %d", i, g.ack.result, rows[i].want);
		CHECK(g.r.safety.fault == rows[i].latched, "row %u: fault %d", i, g.r.safety.fault);
		rig_ticks(&g, 3);
		CHECK(rig_all(&g, TOLD_OFF), "row %u: torque", i);
	}
}

static void a_stop_damps_half_a_second_then_releases(void)
{
	struct rig g;
	rig_standing(&g);
	rig_say(&g, WIRE_TYPE_STOP, NULL, 0);
	for (int t = 1; t <= SAFETY_DAMP_MS / 2 - 1; t++) {
		rig_tick(&g); // commands go on and are not obeyed
		CHECK(rig_all(&g, TOLD_DAMP), "tick %d", t);
	}
	rig_ticks(&g, 2);
	CHECK(rig_all(&g, TOLD_OFF) && g.r.safety.mode == WIRE_MODE_IDLE, "mode %d", g.r.safety.mode);
}

static void a_stop_ends_the_damping_of_a_fault(void)
{
	struct rig g;
	rig_standing(&g);
	g.error[0] = 1;
	rig_ticks(&g, 300);
	CHECK(rig_all(&g, TOLD_DAMP), "damping ended by itself");
	rig_say(&g, WIRE_TYPE_STOP, NULL, 0);
	rig_tick(&g);
	CHECK(rig_all(&g, TOLD_OFF) && g.r.safety.mode == WIRE_MODE_FAULT, "mode %d", g.r.safety.mode);
}

static void enable_said_again_does_not_renew(void)
{
	struct rig g;
	rig_new(&g);
	g.mute = true;
	CHECK(rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0) == WIRE_RESULT_DONE, "enable: %d", g.ack.result);
	uint32_t from = g.now;
	while (g.r.safety.mode != WIRE_MODE_FAULT && g.now - from < 1000000) {
		rig_tick(&g);
		rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0);
	}
	CHECK(g.r.safety.fault == WIRE_FAULT_EXPIRED && g.now - from <= 102000, "fault %d after %u us", g.r.safety.fault, g.now - from);
}

static void torque_falls_before_hot_and_low_become_faults(void)
{
	struct rig g;
	rig_standing(&g);
	g.temp[2] = 80;
	rig_ticks(&g, 20);
	struct servo_command c = mit_unpack(g.frames[2], &robot_config.joint[2].range);
	CHECK(g.state.limiting == 1u << (WIRE_LIMIT_TEMPERATURE - WIRE_LIMIT_FIRST), "limits %x", g.state.limiting);
	NEAR(c.kp * 1.555 * 1.555, 40 / 3.0, 0.5); // 5 °C of 15 are left
	g.temp[2] = 30;
	g.in.voltage = 19.2f * 1.01f;
	rig_ticks(&g, 20);
	CHECK(g.state.limiting == 1u << (WIRE_LIMIT_VOLTAGE - WIRE_LIMIT_FIRST), "limits %x", g.state.limiting);
	CHECK(g.state.mode == WIRE_MODE_LIMITING, "mode %d", g.state.mode);
}

int main(void)
{
	RUN(estop_cuts_torque_in_every_mode);
	RUN(enable_is_refused_by_name);
	RUN(a_stop_damps_half_a_second_then_releases);
	RUN(a_stop_ends_the_damping_of_a_fault);
	RUN(enable_said_again_does_not_renew);
	RUN(torque_falls_before_hot_and_low_become_faults);
	return failures;
}
