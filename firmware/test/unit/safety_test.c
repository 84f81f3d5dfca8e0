// A row of README.md's table of faults for each fault: nothing without the cause,
// the reaction in time with it, latched when the cause has gone, and left only by
// the reset that names it.
#include "causes.h"

struct row {
	enum wire_fault fault;
	const char *name;
	void (*cause)(struct rig *g); // called before every tick
	int reaction;                 // TOLD_DAMP or TOLD_OFF
	int ticks;                    // the longest time until then
	unsigned limp;                // bit per joint: it is told TOLD_OFF whatever the others are
};

// reacted says whether every motor was told what the row says.
static bool reacted(const struct rig *g, const struct row *row)
{
	for (int i = 0; i < WIRE_JOINTS; i++)
		if (rig_told(g, i) != (row->limp >> i & 1 ? TOLD_OFF : row->reaction)) return false;
	return true;
}

// Ticks from the cause; a command that only stops coming has 100 ms first, one
// with 6 ms of validity arrives up to 10 ticks after the cause began.
static const struct row faults[] = {
	{WIRE_FAULT_COMMAND, "command", cause_command, TOLD_DAMP, 1, 0},
	{WIRE_FAULT_JOINT_LIMIT, "joint limit", cause_joint_limit, TOLD_DAMP, 36, 0},
	{WIRE_FAULT_JOINT_SPEED, "joint speed", cause_joint_speed, TOLD_DAMP, 1, 0},
	{WIRE_FAULT_FOLLOWING, "following", cause_following, TOLD_DAMP, 32, 0},
	{WIRE_FAULT_TILT, "tilt", cause_tilt, TOLD_DAMP, 1, 0},
	{WIRE_FAULT_TEMPERATURE, "temperature", cause_temperature, TOLD_DAMP, 1, 0},
	{WIRE_FAULT_VOLTAGE, "low voltage", cause_low, TOLD_DAMP, SAFETY_VOLTAGE_TICKS, 0},
	{WIRE_FAULT_VOLTAGE, "high voltage", cause_high, TOLD_DAMP, SAFETY_VOLTAGE_TICKS, 0},
	{WIRE_FAULT_VOLTAGE, "no voltage", cause_no_voltage, TOLD_DAMP, SAFETY_VOLTAGE_TICKS, 0},
	{WIRE_FAULT_EXPIRED, "expired", cause_expired, TOLD_DAMP, SAFETY_EXPIRY_MS / 2 + 1, 0},
	{WIRE_FAULT_EXPIRED, "short validity", cause_short, TOLD_DAMP, 10 + 3 + 1, 0},
	{WIRE_FAULT_ENCODER, "encoder", cause_encoder, TOLD_DAMP, 1, 0},
	{WIRE_FAULT_ENCODER, "two encoders", cause_encoders, TOLD_DAMP, 1, 0},
	{WIRE_FAULT_MOTOR, "motor", cause_motor, TOLD_DAMP, 1, 0},
	{WIRE_FAULT_MOTOR_LINK, "motor link", cause_motor_link, TOLD_DAMP, SAFETY_LINK_TICKS, 0},
	{WIRE_FAULT_IMU, "imu", cause_imu, TOLD_DAMP, SAFETY_IMU_TICKS, 0},
	{WIRE_FAULT_IMU, "imu gives infinity", cause_imu_nonsense, TOLD_DAMP, SAFETY_IMU_TICKS, 0},
	{WIRE_FAULT_OVERRUN, "overrun", cause_overrun, TOLD_DAMP, SAFETY_LATE_TICKS, 0},
};

// provoke returns how many ticks the reaction took, -1 for none within 200.
static int provoke(struct rig *g, const struct row *row)
{
	for (int t = 1; t <= 200; t++) {
		row->cause(g);
		rig_tick(g);
		if (reacted(g, row)) return t;
	}
	return -1;
}

static void reacts_in_time(struct rig *g, const struct row *row)
{
	rig_standing(g);
	int t = provoke(g, row);
	CHECK(t > 0 && t <= row->ticks, "%s: the reaction took %d ticks, want %d at most", row->name, t, row->ticks);
	rig_ticks(g, 5);
	CHECK(g->state.mode == WIRE_MODE_FAULT && g->state.fault == row->fault, "%s: mode %d fault %d, want fault %d", row->name,
		g->state.mode, g->state.fault, row->fault);
}

static void stays_latched(struct rig *g, const struct row *row)
{
	heal(g);
	rig_ticks(g, 100);
	CHECK(reacted(g, row), "%s: not latched when the cause had gone", row->name);
	CHECK(rig_enable(g, WIRE_PURPOSE_RUN, 0, -1, 0) == WIRE_RESULT_FAULT, "%s: enable gave %d", row->name, g->ack.result);
	CHECK(rig_reset(g, row->fault + 1) == WIRE_RESULT_FAULT, "%s: reset of another fault gave %d", row->name, g->ack.result);
	rig_tick(g);
	CHECK(reacted(g, row), "%s: a refused request ended the reaction", row->name);
}

static void leaves_by_reset_and_match(struct rig *g, const struct row *row)
{
	CHECK(rig_reset(g, row->fault) == WIRE_RESULT_DONE, "%s: reset gave %d", row->name, g->ack.result);
	rig_tick(g);
	CHECK(rig_all(g, TOLD_OFF), "%s: torque after the reset, before enable", row->name);
	CHECK(rig_enable(g, WIRE_PURPOSE_RUN, 0, 4, 0.11f) == WIRE_RESULT_POSITION && g->ack.joint_index == 4,
		"%s: enable 0.11 rad off gave %d", row->name, g->ack.result);
	CHECK(rig_enable(g, WIRE_PURPOSE_RUN, 0, 4, 0.09f) == WIRE_RESULT_DONE, "%s: enable gave %d", row->name, g->ack.result);
	rig_ticks(g, 50);
	CHECK(rig_all(g, TOLD_HOLD), "%s: not moving again, fault %d", row->name, g->r.safety.fault);
}

static void every_fault_stops_latches_and_is_left_by_reset(void)
{
	struct rig g;
	for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
		reacts_in_time(&g, &faults[i]);
		stays_latched(&g, &faults[i]);
		leaves_by_reset_and_match(&g, &faults[i]);
	}
}

static void without_a_cause_nothing_stops(void)
{
	struct rig g;
	const struct row none = {WIRE_FAULT_NONE, "nothing", cause_nothing, TOLD_DAMP, 0, 0};
	rig_standing(&g);
	CHECK(provoke(&g, &none) == -1, "fault %d", g.r.safety.fault);
	CHECK(g.state.mode == WIRE_MODE_ENABLED && g.state.limiting == 0, "mode %d limits %x", g.state.mode, g.state.limiting);
}

// The motors' frames cannot tell more than their own largest torque: the hips
// of this robot are limited below that.
static void too_much_torque_cuts_it(void)
{
	static struct robot_config weak;
	struct rig g;
	rig_new(&g);
	weak = robot_config;
	for (int i = 0; i < WIRE_JOINTS; i++) weak.joint[i].limits.torque_max = 10;
	g.r.config = g.r.safety.config = &weak;
	CHECK(rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0) == WIRE_RESULT_DONE, "enable: %d", g.ack.result);
	rig_ticks(&g, 20);
	const struct row row = {WIRE_FAULT_CURRENT, "current", cause_current, TOLD_OFF, SAFETY_TORQUE_TICKS, 0};
	int t = provoke(&g, &row);
	CHECK(t > 0 && t <= row.ticks && g.r.safety.fault == WIRE_FAULT_CURRENT, "%d ticks, fault %d", t, g.r.safety.fault);
}

// One tick less than it takes is no fault.
static void a_short_disturbance_is_borne(void)
{
	const struct {
		void (*cause)(struct rig *g);
		int ticks;
	} rows[] = {
		{cause_low, SAFETY_VOLTAGE_TICKS}, {cause_motor_link, SAFETY_LINK_TICKS}, {cause_imu, SAFETY_IMU_TICKS},
		{cause_overrun, SAFETY_LATE_TICKS}, {cause_expired, SAFETY_EXPIRY_MS / 2},
	};
	struct rig g;
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		rig_standing(&g);
		for (int n = 0; n < 3; n++) {
			for (int t = 1; t < rows[i].ticks; t++) {
				rows[i].cause(&g);
				rig_tick(&g);
			}
			heal(&g);
			rig_command(&g);
			rig_tick(&g);
		}
		CHECK(g.r.safety.fault == WIRE_FAULT_NONE, "row %u: fault %d", i, g.r.safety.fault);
	}
}

static void expiry_is_100_ms_and_a_tick_whatever_the_host_asks(void)
{
	struct rig g;
	rig_standing(&g);
	g.command.valid_ms = 60000;
	rig_command(&g);
	g.mute = true;
	uint32_t last = g.now;
	while (!rig_all(&g, TOLD_DAMP) && g.now - last < 1000000) rig_tick(&g);
	CHECK(g.now - last <= 102000, "damped after %u us", g.now - last);
	CHECK(g.now - last >= 100000, "damped after %u us", g.now - last);
}

// told_for lets time pass and says whether all motors were told only that.
static bool told_for(struct rig *g, int told, int ms)
{
	bool all = true;
	for (int t = 0; t < ms; t += TICK_US / 1000) {
		rig_tick(g);
		all = all && rig_all(g, told);
	}
	return all;
}

static void a_board_that_was_reset_in_motion_damps_what_is_still_on(void)
{
	const struct {
		uint8_t cause;
		bool moving;
		enum wire_fault fault;
	} rows[] = {
		{WIRE_RESET_CAUSE_WATCHDOG, false, WIRE_FAULT_WATCHDOG}, {WIRE_RESET_CAUSE_WATCHDOG, true, WIRE_FAULT_WATCHDOG},
		{WIRE_RESET_CAUSE_BROWN_OUT, true, WIRE_FAULT_BROWN_OUT}, {WIRE_RESET_CAUSE_BROWN_OUT, false, WIRE_FAULT_NONE},
		{WIRE_RESET_CAUSE_POWER, true, WIRE_FAULT_NONE}, {WIRE_RESET_CAUSE_PIN, true, WIRE_FAULT_NONE},
	};
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rig g;
		rig_new(&g);
		rig_boot(&g, &robot_config, rows[i].cause, rows[i].moving);
		rig_hello(&g, SESSION, WIRE_SCHEMA);
		// Nothing is switched on: a motor that has lost its supply as well obeys no damping.
		CHECK(told_for(&g, rows[i].moving ? TOLD_DAMP : TOLD_OFF, SAFETY_RESET_MS - 20), "row %u", i);
		CHECK(g.r.safety.fault == rows[i].fault, "row %u: fault %d", i, g.r.safety.fault);
		bool kept = rows[i].moving && rows[i].fault != WIRE_FAULT_NONE; // until somebody resets it
		rig_ticks(&g, 20);
		CHECK(told_for(&g, kept ? TOLD_DAMP : TOLD_OFF, 2 * SAFETY_RESET_MS), "row %u", i);
		CHECK((rig_enable(&g, WIRE_PURPOSE_RUN, 0, -1, 0) == WIRE_RESULT_DONE) == (rows[i].fault == WIRE_FAULT_NONE), "row %u", i);
	}
}

static void a_damaged_calibration_is_a_fault(void)
{
	struct rig g;
	rig_new(&g);
	for (unsigned bit = 0; bit < 8 * sizeof g.flash; bit++) {
		g.flash[bit / 8] ^= (uint8_t)(1u << bit % 8);
		rig_boot(&g, &robot_config, WIRE_RESET_CAUSE_POWER, false);
		CHECK(g.r.safety.fault == WIRE_FAULT_CALIBRATION, "bit %u: fault %d", bit, g.r.safety.fault);
		g.flash[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	rig_boot(&g, &robot_config, WIRE_RESET_CAUSE_POWER, false);
	CHECK(g.r.safety.fault == WIRE_FAULT_NONE && g.r.safety.calibrated, "whole again: fault %d", g.r.safety.fault);
}

static void an_unusable_config_is_an_internal_fault(void)
{
	for (int i = 0; i < 4; i++) {
		struct robot_config bad = robot_config;
		struct rig g;
		rig_new(&g);
		if (i == 0) bad.joint[5].limits.torque_max = 0;
		if (i == 1) bad.joint[5].limits.pos_max = NAN;
		if (i == 2) bad.state_hz = 0;
		if (i == 3) bad.voltage_max_v = bad.voltage_min_v;
		rig_boot(&g, &bad, WIRE_RESET_CAUSE_PIN, i % 2);
		rig_hello(&g, SESSION, WIRE_SCHEMA);
		rig_ticks(&g, 10);
		CHECK(g.r.safety.fault == WIRE_FAULT_INTERNAL && rig_all(&g, TOLD_OFF), "config %d: fault %d", i, g.r.safety.fault);
		CHECK(rig_reset(&g, WIRE_FAULT_INTERNAL) == WIRE_RESULT_FAULT, "config %d: reset gave %d", i, g.ack.result);
	}
}

int main(void)
{
	RUN(without_a_cause_nothing_stops);
	RUN(every_fault_stops_latches_and_is_left_by_reset);
	RUN(too_much_torque_cuts_it);
	RUN(a_short_disturbance_is_borne);
	RUN(expiry_is_100_ms_and_a_tick_whatever_the_host_asks);
	RUN(a_board_that_was_reset_in_motion_damps_what_is_still_on);
	RUN(a_damaged_calibration_is_a_fault);
	RUN(an_unusable_config_is_an_internal_fault);
	return failures;
}
