// The robot as its host meets it: sessions, commands, calibration, watchdog.
#include "rig.h"

static void hello_opens_a_session_and_is_answered(void)
{
	struct rig g;
	rig_new(&g);
	CHECK(g.welcome.result == WIRE_RESULT_DONE && g.welcome.schema == WIRE_SCHEMA && g.welcome.holder == SESSION, "result %d", g.welcome.result);
	CHECK(strncmp(g.welcome.robot, "quadruped", 16) == 0 && g.welcome.boots == 7, "robot %.16s", g.welcome.robot);
	int before = g.states;
	rig_ticks(&g, 50);
	CHECK(g.states - before == 10, "%d states in 100 ms, want 10", g.states - before);
}

static void another_schema_is_refused_and_opens_nothing(void)
{
	struct rig g;
	rig_new(&g);
	rig_ticks(&g, 600);
	CHECK(rig_hello(&g, 77, WIRE_SCHEMA + 1) == WIRE_RESULT_SCHEMA && g.welcome.schema == WIRE_SCHEMA, "result %d", g.welcome.result);
	CHECK(g.welcome.holder == SESSION, "session %x", g.welcome.holder);
}

static void a_second_host_is_refused_while_the_first_is_there(void)
{
	struct rig g;
	rig_standing(&g);
	CHECK(rig_hello(&g, 77, WIRE_SCHEMA) == WIRE_RESULT_BUSY && g.welcome.holder == SESSION, "result %d", g.welcome.result);
	uint16_t before = g.r.state.refused_session;
	rig_frame(&g, WIRE_TYPE_STOP, 77, 1, NULL, 0);
	CHECK(g.r.state.refused_session == before + 1 && g.r.safety.mode == WIRE_MODE_ENABLED, "another session stopped the robot");
	g.mute = true; // the first one goes: its commands expire, then its session
	rig_ticks(&g, 400);
	CHECK(rig_hello(&g, 77, WIRE_SCHEMA) == WIRE_RESULT_BUSY, "after 0.8 s: %d", g.welcome.result);
	rig_ticks(&g, 120);
	CHECK(rig_hello(&g, 77, WIRE_SCHEMA) == WIRE_RESULT_DONE && g.r.safety.fault == WIRE_FAULT_EXPIRED, "after 1 s: %d", g.welcome.result);
}

static void hello_again_does_not_turn_the_window_back(void)
{
	struct rig g;
	rig_standing(&g);
	uint32_t seq = g.seq;
	g.seq = 0;
	CHECK(rig_hello(&g, SESSION, WIRE_SCHEMA) == WIRE_RESULT_DONE, "result %d", g.welcome.result);
	uint16_t before = g.r.state.refused_window;
	g.seq = 5;
	rig_command(&g);
	CHECK(g.r.state.refused_window == before + 1, "a replayed command was obeyed");
	g.seq = seq + 1;
	rig_command(&g);
	CHECK(g.r.state.command_seq == g.seq, "a fresh command was refused");
}

static void a_stale_command_is_refused(void)
{
	struct rig g;
	rig_standing(&g);
	uint8_t p[WIRE_COMMAND_SIZE], out[WIRE_MAX_WIRE];
	wire_put_command(p, &g.command);
	struct wire_frame f = {.type = WIRE_TYPE_COMMAND, .session = SESSION, .seq = ++g.seq, .time_us = g.now - 100001, .payload = p, .length = sizeof p};
	uint16_t before = g.r.state.refused_stale;
	robot_receive(&g.r, out, (uint32_t)wire_encode(out, &f), g.now);
	CHECK(g.r.state.refused_stale == before + 1, "%d refused", g.r.state.refused_stale);
}

static void state_echoes_the_command(void)
{
	struct rig g;
	rig_standing(&g);
	rig_command(&g);
	uint32_t seq = g.seq;
	rig_ticks(&g, 5);
	CHECK(g.state.command_seq == seq, "echo %u, want %u", g.state.command_seq, seq);
	CHECK(g.state.command_age_us > 0 && g.state.command_age_us <= 10000, "age %u us", g.state.command_age_us);
}

static void joints_are_told_what_the_host_commands(void)
{
	struct rig g;
	rig_standing(&g);
	g.command.joint[2] = (__typeof__(g.command.joint[2])){.pos_rad = -1.6f, .vel_rad_s = 1, .torque_nm = -3, .kp_nm_rad = 25, .kd_nm_s_rad = 0.75f};
	rig_ticks(&g, 12);
	const struct joint_config *c = &robot_config.joint[2];
	struct servo_command m = mit_unpack(g.frames[2], &c->range); // the motor's side of a belt of 14:9
	NEAR(m.pos, -1.6 * 1.555, 1e-3);
	NEAR(m.vel, 1.555, 0.04);
	NEAR(m.torque, -3 / 1.555, 0.01);
	NEAR(m.kp, 25 / (1.555 * 1.555), 0.13);
	NEAR(m.kd, 0.75 / (1.555 * 1.555), 2e-3);
}

static void a_board_that_runs_the_law_asks_for_torque_alone(void)
{
	struct rig g;
	rig_standing(&g);
	g.r.law = true;
	g.command.joint[1].pos_rad += 0.05f;
	rig_ticks(&g, 12);
	struct servo_command m = mit_unpack(g.frames[1], &robot_config.joint[1].range);
	CHECK(m.kp == 0 && m.kd == 0, "kp %g kd %g", (double)m.kp, (double)m.kd);
	NEAR(m.torque, 40 * 0.05, 40 * 25 / 65535.0 + 36 / 4095.0 + 40 / 4096.0); // a step of each on the way
}

// No motor's torque jumps at enable, whatever the host commands right after:
// stiffness rises, and the set point leaves the joint at a bounded rate.
static void enable_makes_no_jump(void)
{
	struct rig g;
	rig_new(&g);
	g.mute = true;
	rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0);
	rig_tick(&g);
	CHECK(rig_all(&g, TOLD_ENTER), "joint 0 was told %d", rig_told(&g, 0));
	rig_tick(&g);
	CHECK(rig_all(&g, TOLD_DAMP), "before the first command joint 0 was told %d", rig_told(&g, 0));
	for (int i = 0; i < WIRE_JOINTS; i++) g.command.joint[i].pos_rad += i % 3 == 2 ? 1 : -1;
	g.mute = false;
	rig_command(&g);
	float last = 0;
	for (int t = 0; t < 150; t++) {
		rig_tick(&g);
		struct servo_command m = mit_unpack(g.frames[0], &robot_config.joint[0].range);
		float torque = servo_torque(&m, (struct servo_state){0}, INFINITY);
		CHECK(fabsf(torque - last) < 1.5f, "torque goes from %g to %g N·m in tick %d", (double)last, (double)torque, t);
		last = torque;
	}
	CHECK(last < -17, "full torque was not reached: %g", (double)last);
}

static void a_command_from_before_enable_moves_nothing(void)
{
	struct rig g;
	rig_new(&g);
	g.command.joint[0].pos_rad = 0.5f;
	rig_command(&g);
	g.mute = true;
	rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0);
	rig_ticks(&g, 10);
	CHECK(rig_all(&g, TOLD_DAMP), "joint 0 was told %d", rig_told(&g, 0));
}

static void without_calibration_only_calibrating_moves(void)
{
	struct rig g;
	rig_new(&g);
	struct wire_calibrate none = {0};
	CHECK(rig_calibrate(&g, &none) == WIRE_RESULT_DONE, "erase: %d", g.ack.result);
	rig_tick(&g);
	CHECK(rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0) == WIRE_RESULT_UNCALIBRATED, "enable: %d", g.ack.result);
	CHECK(rig_enable(&g, WIRE_PURPOSE_CALIBRATE, 12, -1, 0) == WIRE_RESULT_VALUE, "joint 12: %d", g.ack.result);
	CHECK(rig_enable(&g, WIRE_PURPOSE_CALIBRATE, 4, -1, 0) == WIRE_RESULT_DONE, "joint 4: %d", g.ack.result);
	g.command.joint[4].pos_rad = g.joint[4].pos + 2;
	rig_ticks(&g, 250);
	for (int i = 0; i < WIRE_JOINTS; i++) CHECK(rig_told(&g, i) == (i == 4 ? TOLD_HOLD : TOLD_DAMP), "joint %d was told %d", i, rig_told(&g, i));
	struct servo_command m = mit_unpack(g.frames[4], &robot_config.joint[4].range);
	NEAR(m.pos, g.joint[4].pos + SAFETY_CALIBRATE_RAD, 1e-3);
	NEAR(m.kp, 10, 0.2); // a quarter
}

static void a_calibration_is_kept_and_used(void)
{
	struct rig g;
	rig_new(&g);
	struct wire_calibrate c = {0};
	for (int i = 0; i < WIRE_JOINTS; i++) c.joint[i].sign = i % 2 ? 1 : -1, c.joint[i].offset_rad = 0.25f;
	c.id = 1;
	CHECK(rig_calibrate(&g, &c) == WIRE_RESULT_VALUE, "an id of other values: %d", g.ack.result);
	c.id = wire_calibration_id(&c);
	broken_flash = true;
	CHECK(rig_calibrate(&g, &c) == WIRE_RESULT_STORE, "broken flash: %d", g.ack.result);
	broken_flash = false;
	CHECK(rig_calibrate(&g, &c) == WIRE_RESULT_DONE, "calibration: %d", g.ack.result);
	rig_boot(&g, &robot_config, WIRE_RESET_CAUSE_POWER, false);
	rig_hello(&g, SESSION, WIRE_SCHEMA);
	g.joint[2].pos = -1;
	rig_ticks(&g, 10);
	NEAR(g.state.joint[2].pos_rad, 1.25, 1e-3);
	rig_say(&g, WIRE_TYPE_QUERY, NULL, 0);
	CHECK(g.info.calibration == c.id && g.info.joints == 12 && g.info.tick_hz == 500 && g.info.expiry_ms == 100, "id %x", g.info.calibration);
	NEAR(g.info.joint[2].max_torque_nm, 28, 0);
}

static void a_calibration_is_refused_while_motors_run(void)
{
	struct rig g;
	rig_standing(&g);
	struct wire_calibrate c = {0};
	CHECK(rig_calibrate(&g, &c) == WIRE_RESULT_MODE && g.r.safety.calibrated, "result %d", g.ack.result);
}

// The watchdog is fed only when every loop ran: each is taken away in turn.
static void the_watchdog_starves_when_a_loop_is_missing(void)
{
	struct rig g;
	rig_new(&g);
	rig_tick(&g);
	robot_receive(&g.r, NULL, 0, g.now);
	CHECK(robot_alive(&g.r), "all ran");
	CHECK(!robot_alive(&g.r), "fed twice for one round");
	rig_new(&g);
	g.mute = true;
	robot_receive(&g.r, NULL, 0, g.now);
	robot_alive(&g.r);
	rig_ticks(&g, 10);
	CHECK(!robot_alive(&g.r), "the host's loop did not run");
	robot_receive(&g.r, NULL, 0, g.now);
	CHECK(robot_alive(&g.r), "it ran again");
	for (int i = 0; i < 10; i++) robot_receive(&g.r, NULL, 0, g.now);
	CHECK(!robot_alive(&g.r), "no tick ran");
	for (uint32_t bit = 1; bit < ROBOT_RAN_ALL; bit <<= 1) {
		rig_tick(&g);
		robot_receive(&g.r, NULL, 0, g.now);
		g.r.ran &= ~bit;
		CHECK(!robot_alive(&g.r), "loop %x did not run", bit);
	}
}

// Garbage, and frames with any byte changed, never move the robot nor stop it.
static void garbage_changes_nothing(void)
{
	struct rig g;
	rig_standing(&g);
	uint8_t junk[64];
	for (int i = 0; i < 3000; i++) {
		for (unsigned k = 0; k < sizeof junk; k++) junk[k] = (uint8_t)(noise() * 128);
		robot_receive(&g.r, junk, sizeof junk, g.now);
		rig_tick(&g);
		CHECK(rig_all(&g, TOLD_HOLD), "after %d bursts: mode %d fault %d", i, g.r.safety.mode, g.r.safety.fault);
		if (failed) return;
	}
}

static void acks_queue_and_the_oldest_goes_first(void)
{
	struct rig g;
	uint8_t out[WIRE_MAX_WIRE], stream[8 * WIRE_MAX_WIRE];
	uint32_t n = 0;
	rig_new(&g);
	for (int i = 0; i < 6; i++) {
		struct wire_frame f = {.type = WIRE_TYPE_STOP, .session = SESSION, .seq = ++g.seq, .time_us = g.now};
		n += (uint32_t)wire_encode(stream + n, &f);
	}
	robot_receive(&g.r, stream, n, g.now);
	int before = g.acks;
	rig_hear(&g);
	CHECK(g.acks - before == ROBOT_ACKS && g.ack.request_seq == g.seq, "%d acks, the last of %u", g.acks - before, g.ack.request_seq);
	CHECK(robot_send(&g.r, out) == 0, "more came");
}

int main(void)
{
	RUN(hello_opens_a_session_and_is_answered);
	RUN(another_schema_is_refused_and_opens_nothing);
	RUN(a_second_host_is_refused_while_the_first_is_there);
	RUN(hello_again_does_not_turn_the_window_back);
	RUN(a_stale_command_is_refused);
	RUN(state_echoes_the_command);
	RUN(joints_are_told_what_the_host_commands);
	RUN(a_board_that_runs_the_law_asks_for_torque_alone);
	RUN(enable_makes_no_jump);
	RUN(a_command_from_before_enable_moves_nothing);
	RUN(without_calibration_only_calibrating_moves);
	RUN(a_calibration_is_kept_and_used);
	RUN(a_calibration_is_refused_while_motors_run);
	RUN(the_watchdog_starves_when_a_loop_is_missing);
	RUN(garbage_changes_nothing);
	RUN(acks_queue_and_the_oldest_goes_first);
	return failures;
}
