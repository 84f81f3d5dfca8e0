// The drivers of board/stm32f405 on the model of the chip in chip.h.
#include "bench.h"
#include "board.h" // board_start

// run is bench_run with its result as a check.
static void run(void (*set_up)(void), bool (*step)(void))
{
	CHECK(bench_run(set_up, step), "above");
}

// once is run with a new board.
static void once(void (*set_up)(void), bool (*step)(void))
{
	bench_new();
	run(set_up, step);
}

static bool at(int ms) { return bench.ms == ms; }

// ---- start ----

static bool started(void)
{
	if (!at(100)) return false;
	for (int bus = 0; bus < CHIP_BUSES; bus++) {
		double sample, hz = chip_can_hz(bus, &sample);
		CHECK(hz == 1e6 && sample > 0.8 && sample < 0.9, "bus %d at %g bit/s, sampled at %g", bus, hz, sample);
	}
	NEAR(chip_baud() / 921600, 1, chip.crystal ? 0.01 : 0.025);
	CHECK(chip.watchdog && chip.watchdog_ms[0] == 27 && chip.watchdog_ms[1] == 75, "watchdog between %u and %u ms", chip.watchdog_ms[0], chip.watchdog_ms[1]);
	CHECK(bench.longest_ms < chip.watchdog_ms[0] / 2, "%u ms without a feeding", bench.longest_ms);
	CHECK(bench_all(TOLD_OFF), "a motor was told %d before a host came", bench_told(0));
	return true;
}

static void no_crystal(void) { chip.crystal = false; }
static void starts_at_168_mhz(void) { once(NULL, started); }
static void starts_without_a_crystal(void) { once(no_crystal, started); }

// ---- a robot that stands ----

// stand brings the robot to standing by 400 ms.
static void stand(void)
{
	if (at(20)) bench_hello();
	if (at(40)) bench_calibrate();
	if (at(80)) bench_enable(), bench.speaks = true;
	if (at(400)) CHECK(bench.state.mode == WIRE_MODE_ENABLED && bench_all(TOLD_HOLD), "mode %d, fault %d, told %d, last answer %d",
		bench.state.mode, bench.state.fault, bench_told(0), bench.ack.result);
}

static void moves(void)
{
	for (int i = 0; i < WIRE_JOINTS; i++) bench.motor[i].pos += 0.001f * (float)(i + 1), bench.motor[i].vel = 0.1f * (float)i;
	chip.acc[0] = -1024, chip.acc[1] = 512, chip.acc[2] = 1536;
	chip.gyro[0] = 164, chip.gyro[1] = -328, chip.gyro[2] = 492;
	chip.battery = 22.2f;
}

static bool measured(void)
{
	stand();
	if (!at(60)) return false;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		NEAR(bench.state.joint[i].pos_rad, bench.motor[i].pos / robot_config.joint[i].ratio, 1e-3);
		NEAR(bench.state.joint[i].vel_rad_s, bench.motor[i].vel / robot_config.joint[i].ratio, 0.04);
		NEAR(bench.state.joint[i].temp_c, 30, 0.5);
	}
	NEAR(bench.state.acc_x_m_s2, -0.5 * 9.80665, 0.01); // the chip lies as the body does
	NEAR(bench.state.acc_y_m_s2, 0.25 * 9.80665, 0.01);
	NEAR(bench.state.acc_z_m_s2, 0.75 * 9.80665, 0.01);
	NEAR(bench.state.gyro_x_rad_s, 10 * M_PI / 180, 0.02);
	NEAR(bench.state.gyro_y_rad_s, -20 * M_PI / 180, 0.02);
	NEAR(bench.state.gyro_z_rad_s, 30 * M_PI / 180, 0.02);
	NEAR(bench.state.voltage_v, 22.2, 0.05);
	CHECK(bench.welcome.uid[0] == 0x11 && bench.welcome.uid[4] == 0x22 && bench.welcome.uid[8] == 0x33, "uid %x", bench.welcome.uid[0]);
	return true;
}

static void what_is_measured_comes_to_the_host(void) { once(moves, measured); }

// Twelve motors, each on its bus, are told 500 times a second; commands come
// through the circle of the UART many times around.
static bool told(void)
{
	static int before[WIRE_JOINTS];
	stand();
	if (at(1000)) memcpy(before, bench.heard, sizeof before);
	if (!at(3000)) return false;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		int n = bench.heard[i] - before[i];
		CHECK(n >= 999 && n <= 1001, "motor %d was told %d times in 2 s", i, n);
		struct servo_command c = mit_unpack(bench.told[i].bytes, &robot_config.joint[i].range);
		NEAR(c.pos, bench.command.joint[i].pos_rad * robot_config.joint[i].ratio, 1e-3);
	}
	CHECK(bench.state.mode == WIRE_MODE_ENABLED && bench.state.uart_overruns == 0 && bench.longest_ms < 10, "mode %d, %d overruns, fed after %u ms",
		bench.state.mode, bench.state.uart_overruns, bench.longest_ms);
	return true;
}

static void twelve_motors_are_told_500_times_a_second(void) { once(NULL, told); }

// ---- stops ----

static bool estop(void)
{
	stand();
	if (at(500)) chip.estop = true;
	if (at(505)) CHECK(bench_all(TOLD_OFF), "5 ms after the e-stop motor 0 is told %d", bench_told(0));
	if (at(600)) chip.estop = false;
	if (!at(700)) return false;
	CHECK(bench.state.mode == WIRE_MODE_ESTOP && bench_all(TOLD_OFF), "mode %d", bench.state.mode);
	return true;
}

static bool silence(void)
{
	stand();
	if (at(500)) bench.speaks = false; // after the command of that moment
	if (at(590)) CHECK(bench_all(TOLD_HOLD), "told %d", bench_told(0));
	if (!at(606)) return false;
	CHECK(bench_all(TOLD_DAMP), "106 ms after the last command motor 0 is told %d", bench_told(0));
	return true;
}

static void no_imu(void) { chip.imu = false; }

static bool blind(void)
{
	if (at(20)) bench_hello();
	if (at(40)) bench_calibrate();
	if (at(80)) bench_enable(), bench.speaks = true;
	if (!at(200)) return false;
	CHECK(bench.state.fault == WIRE_FAULT_IMU && !bench.held_once, "fault %d", bench.state.fault);
	return true;
}

static bool imu_lost(void)
{
	stand();
	if (at(500)) chip.imu = false;
	if (!at(530)) return false;
	CHECK(bench.state.fault == WIRE_FAULT_IMU && bench_all(TOLD_DAMP), "fault %d, told %d", bench.state.fault, bench_told(0));
	return true;
}

static void an_open_estop_cuts_torque(void) { once(NULL, estop); }
static void a_silent_host_is_damped(void) { once(NULL, silence); }
static void without_an_imu_nothing_moves(void) { once(no_imu, blind); }
static void an_imu_that_is_lost_damps(void) { once(NULL, imu_lost); }

// A bus that was cut for a while brings no command of before the cut.
static bool cut(void)
{
	stand();
	if (at(500)) chip.can[1].stuck = true;
	if (at(600)) {
		CHECK(bench.state.fault == WIRE_FAULT_MOTOR_LINK, "fault %d", bench.state.fault);
		chip.can[1].stuck = false;
		bench.held_once = false;
	}
	if (!at(700)) return false;
	CHECK(!bench.held_once && bench_all(TOLD_DAMP), "a motor heard a command of before the cut");
	return true;
}

static void a_bus_that_is_back_brings_nothing_old(void) { once(NULL, cut); }

// ---- resets ----

enum { LOW_POWER = 31, WINDOW = 30, WATCHDOG = 29, SOFTWARE = 28, POWER = 27, PIN = 26, BROWN_OUT = 25 };
static uint32_t flags, boots;
static uint8_t cause, fault;
static int motors;

static void reset(void) { chip.reset_flags = flags; }

// reset_twice is a second reset before the first tick.
static void reset_twice(void)
{
	struct robot_boot first;
	reset();
	board_start(&first);
	chip_new();
	reset();
}

static bool greeted(void)
{
	if (at(20)) bench_hello();
	if (!at(60)) return false;
	CHECK(bench.welcome.reset_cause == cause && bench.state.fault == fault, "cause %d, want %d; fault %d, want %d", bench.welcome.reset_cause, cause, bench.state.fault, fault);
	CHECK(bench.welcome.boots == boots, "start %u, want %u", bench.welcome.boots, boots);
	CHECK(bench_all(motors), "motor 0 is told %d, want %d", bench_told(0), motors);
	return true;
}

static bool standing(void) { stand(); return at(410); }
static bool resting(void) { return at(50); }

static void a_reset_says_why(void)
{
	const struct {
		bool moving;
		uint32_t flags;
		uint8_t cause, fault;
	} rows[] = {
		{false, 1u << PIN, WIRE_RESET_CAUSE_PIN, 0},
		{true, 1u << PIN, WIRE_RESET_CAUSE_PIN, 0},
		{false, 1u << SOFTWARE | 1u << PIN, WIRE_RESET_CAUSE_SOFTWARE, 0},
		{true, 1u << WATCHDOG | 1u << PIN, WIRE_RESET_CAUSE_WATCHDOG, WIRE_FAULT_WATCHDOG},
		{false, 1u << WATCHDOG | 1u << PIN, WIRE_RESET_CAUSE_WATCHDOG, WIRE_FAULT_WATCHDOG},
		{true, 1u << BROWN_OUT | 1u << PIN, WIRE_RESET_CAUSE_BROWN_OUT, WIRE_FAULT_BROWN_OUT},
		{false, 1u << BROWN_OUT | 1u << PIN, WIRE_RESET_CAUSE_BROWN_OUT, 0},
		{true, 1u << POWER | 1u << BROWN_OUT | 1u << PIN, WIRE_RESET_CAUSE_BROWN_OUT, WIRE_FAULT_BROWN_OUT}, // the RAM survived
	};
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		bench_new();
		flags = rows[i].flags, cause = rows[i].cause, fault = rows[i].fault;
		motors = rows[i].moving ? TOLD_DAMP : TOLD_OFF;
		run(NULL, rows[i].moving ? standing : resting);
		boots = 2;
		run(reset, greeted);
		if (!rows[i].moving) continue;
		boots = 3;
		run(reset, greeted); // again, while the robot goes down
		boots = 5;
		run(reset_twice, greeted); // and again
	}
}

// ---- flash ----

static bool calibrated(void)
{
	if (at(20)) bench_hello();
	if (at(SAFETY_RESET_MS + 40)) bench_calibrate(); // after a reset in motion the robot is damped first
	if (!at(SAFETY_RESET_MS + 80)) return false;
	CHECK(bench.ack.result == WIRE_RESULT_DONE, "answer %d in mode %d, fault %d, reset cause %d", bench.ack.result, bench.state.mode, bench.state.fault, bench.welcome.reset_cause);
	return true;
}

static bool enables(void)
{
	if (at(20)) bench_hello();
	if (at(80)) bench_enable(), bench.speaks = true;
	if (!at(500)) return false;
	CHECK(bench.state.mode == WIRE_MODE_ENABLED, "mode %d, answer %d: the calibration was not kept", bench.state.mode, bench.ack.result);
	return true;
}

static bool erased_once(void)
{
	if (!calibrated()) return false;
	CHECK(chip.erased == 1, "the sector was erased %u times", chip.erased);
	return true;
}

static void a_calibration_outlasts_the_supply(void)
{
	enum { RECORD = (WIRE_CALIBRATE_SIZE + WIRE_CRC_SIZE + 3) & ~3, RECORDS = 128 * 1024 / RECORD };
	bench_new();
	flags = 1u << PIN;
	for (int i = 0; i < 3; i++) {
		run(reset, calibrated);
		run(reset, enables);
	}
	for (int i = 3; i < RECORDS; i++) memcpy(chip_flash() + i * RECORD, chip_flash(), RECORD); // three more of years
	run(reset, erased_once);
	run(reset, enables);
	CHECK(chip_flash()[RECORD] == 0xFF && chip_flash()[0] != 0xFF, "the sector does not begin anew");
}

int main(void)
{
	RUN(starts_at_168_mhz);
	RUN(starts_without_a_crystal);
	RUN(what_is_measured_comes_to_the_host);
	RUN(twelve_motors_are_told_500_times_a_second);
	RUN(an_open_estop_cuts_torque);
	RUN(a_silent_host_is_damped);
	RUN(without_an_imu_nothing_moves);
	RUN(an_imu_that_is_lost_damps);
	RUN(a_bus_that_is_back_brings_nothing_old);
	RUN(a_reset_says_why);
	RUN(a_calibration_outlasts_the_supply);
	return failures;
}
