// The whole firmware on chip.h: main.c's loop, the board's drivers, twelve motors on
// the buses, and a host at the UART. Each start is a process of its own, as .bss is
// new at each; flash and what the linker keeps stay from one to the next.
#ifndef WHISKER_BENCH_H_
#define WHISKER_BENCH_H_

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chip.h"
#include "robot.h"
#include "test.h"

#define SESSION 0x5e551011u

struct bench {
	int ms;       // since the start
	bool speaks;  // the host sends a command every 20 ms
	struct servo_state motor[WIRE_JOINTS];
	struct can_frame told[WIRE_JOINTS]; // the newest frame that each motor heard
	int heard[WIRE_JOINTS];             // how many it heard
	bool held_once;                     // since this was cleared a motor was told to hold a position
	uint32_t longest_ms;                // between two feedings of the watchdog

	struct wire_command command;
	struct wire_state state;
	struct wire_ack ack;
	struct wire_welcome welcome;
	int states, acks, welcomes;
};

static struct bench bench;
volatile uint32_t cortex_milliseconds;
int firmware_main(void);
extern char __start_noinit[], __stop_noinit[];

static jmp_buf over;
static bool (*next)(void);
static uint32_t seq;

void cortex_mask(void) {}
void cortex_unmask(void) {}
uint32_t cortex_micros(void) { return cortex_milliseconds * 1000; }

void cortex_tick_start(uint32_t hz)
{
	CHECK(hz == (chip.crystal ? 168000000 : 16000000), "a core of %u Hz", hz);
}

// ---- the host ----

static void say(uint8_t type, const uint8_t *payload, uint16_t n)
{
	uint8_t out[WIRE_MAX_WIRE];
	struct wire_frame f = {.type = type, .session = SESSION, .seq = ++seq, .time_us = cortex_micros(), .payload = payload, .length = n};
	chip_host_sends(out, (uint32_t)wire_encode(out, &f));
}

static void bench_hello(void)
{
	uint8_t p[WIRE_HELLO_SIZE];
	wire_put_hello(p, &(struct wire_hello){.schema = WIRE_SCHEMA, .version = "test"});
	say(WIRE_TYPE_HELLO, p, sizeof p);
}

static void bench_enable(void)
{
	uint8_t p[WIRE_ENABLE_SIZE];
	struct wire_enable e = {.purpose = WIRE_PURPOSE_RUN};
	for (int i = 0; i < WIRE_JOINTS; i++) e.joint[i].pos_rad = bench.state.joint[i].pos_rad;
	wire_put_enable(p, &e);
	say(WIRE_TYPE_ENABLE, p, sizeof p);
}

static void bench_calibrate(void)
{
	uint8_t p[WIRE_CALIBRATE_SIZE];
	struct wire_calibrate c = {0};
	for (int i = 0; i < WIRE_JOINTS; i++) c.joint[i].sign = 1;
	c.id = wire_calibration_id(&c);
	wire_put_calibrate(p, &c);
	say(WIRE_TYPE_CALIBRATE, p, sizeof p);
}

static void listen(void)
{
	static struct wire_receiver receiver;
	uint8_t bytes[1024];
	uint32_t n = chip_host_hears(bytes);
	for (uint32_t i = 0; i < n; i++) {
		struct wire_frame f;
		enum wire_verdict v;
		if (!wire_receive(&receiver, bytes[i], &f, &v)) continue;
		CHECK(v == WIRE_VERDICT_ACCEPTED, "verdict %d", v);
		if (f.type == WIRE_TYPE_STATE) wire_get_state(&bench.state, f.payload), bench.states++;
		if (f.type == WIRE_TYPE_ACK) wire_get_ack(&bench.ack, f.payload), bench.acks++;
		if (f.type == WIRE_TYPE_WELCOME) wire_get_welcome(&bench.welcome, f.payload), bench.welcomes++;
	}
}

static void command(void)
{
	if (!bench.speaks || bench.ms % 20) return;
	uint8_t p[WIRE_COMMAND_SIZE];
	wire_put_command(p, &bench.command);
	say(WIRE_TYPE_COMMAND, p, sizeof p);
}

// ---- the motors ----

// What the newest frame tells a motor.
enum { TOLD_NOTHING, TOLD_OFF, TOLD_ENTER, TOLD_DAMP, TOLD_HOLD };

static int bench_told(int joint)
{
	const struct can_frame *f = &bench.told[joint];
	uint8_t what;
	if (f->length == 0) return TOLD_NOTHING;
	if (mit_is_special(f->bytes, &what)) return what == MIT_ENTER ? TOLD_ENTER : TOLD_OFF;
	struct servo_command c = mit_unpack(f->bytes, &robot_config.joint[joint].range);
	return c.kp == 0 && c.kd > 0 ? TOLD_DAMP : TOLD_HOLD;
}

static bool bench_all(int told)
{
	for (int i = 0; i < WIRE_JOINTS; i++)
		if (bench_told(i) != told) return false;
	return true;
}

// motor is what the one at an id does with a frame: it answers, to id 0.
static void motor(int bus, const struct can_frame *f)
{
	int joint = robot_joint_of(&robot_config, (uint8_t)bus, (uint8_t)f->id);
	CHECK(joint >= 0 && f->length == MIT_FRAME, "a frame of %d bytes to motor %d of bus %d", f->length, f->id, bus);
	if (joint < 0) return;
	bench.told[joint] = *f;
	bench.heard[joint]++;
	bench.held_once = bench.held_once || bench_told(joint) == TOLD_HOLD;
	const struct joint_config *c = &robot_config.joint[joint];
	struct mit_reply m = {.id = c->id, .state = bench.motor[joint], .temp = 30};
	struct can_frame answer = {.length = MIT_FRAME};
	mit_reply_pack(answer.bytes, &m, &c->range);
	chip_can_comes(bus, &answer);
	chip_interrupts();
}

static void buses(void)
{
	for (int bus = 0; bus < CHIP_BUSES; bus++) {
		struct can_frame f;
		for (int n = 0; n < 8 && chip_can_sent(bus, &f); n++) motor(bus, &f); // what a millisecond carries
	}
}

// ---- time ----

// cortex_sleep is where a millisecond passes.
void cortex_sleep(void)
{
	chip_interrupts();
	chip.now_ms++, cortex_milliseconds++, bench.ms++;
	buses();
	listen();
	command();
	if (chip.watchdog && chip.now_ms - chip.fed_ms > bench.longest_ms) bench.longest_ms = chip.now_ms - chip.fed_ms;
	if (next()) longjmp(over, 1);
}

static uint8_t *shared; // what a reset leaves of the RAM

// bench_new is a board that was never on.
static void bench_new(void)
{
	size_t kept = (size_t)(__stop_noinit - __start_noinit);
	if (!shared) shared = mmap(NULL, kept, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(shared, 0, kept);
	chip_erase();
}

static void power(void (*set_up)(void))
{
	chip_new();
	memset(&bench, 0, sizeof bench);
	for (int i = 0; i < WIRE_JOINTS; i++) {
		bench.motor[i].pos = (i % 3 == 0 ? 0 : i % 3 == 1 ? 0.8f : -1.6f) * robot_config.joint[i].ratio;
		bench.command.joint[i].pos_rad = bench.motor[i].pos / robot_config.joint[i].ratio;
		bench.command.joint[i].kp_nm_rad = 40, bench.command.joint[i].kd_nm_s_rad = 1;
	}
	bench.command.valid_ms = 100;
	if (set_up) set_up();
}

// bench_run starts the firmware and calls step after every millisecond until that
// says that it is over. It returns whether all checks held.
static bool bench_run(void (*set_up)(void), bool (*step)(void))
{
	size_t kept = (size_t)(__stop_noinit - __start_noinit);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		failed = 0;
		memcpy(__start_noinit, shared, kept);
		power(set_up);
		next = step;
		if (!setjmp(over)) firmware_main();
		memcpy(shared, __start_noinit, kept);
		CHECK(!chip.wrong, "%s", chip.wrong);
		fflush(stdout);
		_exit(failed);
	}
	int status = 1;
	waitpid(child, &status, 0);
	return status == 0;
}

#endif
