// The host board: the firmware as a Linux process. Its serial line is descriptor
// 3 (a pty, a socket), its plant the descriptors 4 (in) and 5 (out). Options:
//
//	--bench        own motors in place of a plant; a byte on descriptor 4 is a tick
//	--law          run the joint law here, as a torque-controlled board does
//	--flash FILE   keeps the calibration, and whether motors had torque
//	--reset N      says why it started: enum wire_reset_cause
#define _GNU_SOURCE
#include "board.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board/host/motors.h"
#include "plant.h"

enum { SERIAL = 3, PLANT_FROM = 4, PLANT_TO = 5 };

static struct plant plant;
static bool bench, law;
static const char *flash;
static uint32_t next_us; // when a paced tick is due
static uint8_t told[WIRE_JOINTS][MIT_FRAME];

// What the file keeps.
static struct {
	uint32_t boots, moving;
	uint8_t calibration[WIRE_CALIBRATE_SIZE + WIRE_CRC_SIZE];
} kept;

static void die(const char *what)
{
	fprintf(stderr, "firmware: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t clock_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint32_t)((uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
}

// ---- flash ----

static bool save(void)
{
	if (!flash) return true;
	FILE *f = fopen(flash, "wb");
	if (!f) return false;
	bool ok = fwrite(&kept, sizeof kept, 1, f) == 1;
	return fclose(f) == 0 && ok;
}

static void load(void)
{
	memset(&kept, 0, sizeof kept);
	memset(kept.calibration, 0xFF, sizeof kept.calibration);
	FILE *f = flash ? fopen(flash, "rb") : NULL;
	if (!f) return;
	if (fread(&kept, sizeof kept, 1, f) != 1) fprintf(stderr, "firmware: flash %s is short\n", flash);
	fclose(f);
}

static bool store(const uint8_t *bytes, uint32_t n)
{
	memcpy(kept.calibration, bytes, n);
	return save();
}

// ---- start ----

static void options(int argc, char **argv, struct robot_boot *boot)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (!strcmp(argv[i], "--bench")) bench = true;
		else if (!strcmp(argv[i], "--law")) law = true;
		else if (!strcmp(argv[i], "--flash") && *value) flash = value, i++;
		else if (!strcmp(argv[i], "--reset") && *value) boot->cause = (uint8_t)atoi(value), i++;
		else {
			fprintf(stderr, "firmware: option %s, want --bench, --law, --flash FILE or --reset N\n", argv[i]);
			exit(2);
		}
	}
}

// arguments of the process: main has none on the other boards.
static int arguments(char ***argv)
{
	static char text[4096], *list[32];
	int n = 0, fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (size < 0) die("/proc/self/cmdline");
	close(fd);
	for (char *p = text; p < text + size && n < 31; p += strlen(p) + 1) list[n++] = p;
	*argv = list;
	return n;
}

void board_start(struct robot_boot *boot)
{
	char **argv;
	int argc = arguments(&argv);
	memset(boot, 0, sizeof *boot);
	options(argc, argv, boot);
	load();
	kept.boots++;
	boot->moving = kept.moving;
	boot->boots = kept.boots;
	boot->store = store;
	memcpy(boot->uid, "host board", 10);
	memcpy(boot->calibration, kept.calibration, sizeof boot->calibration);
	if (fcntl(SERIAL, F_SETFL, O_NONBLOCK) < 0) die("descriptor 3, the serial line");
	if (bench && fcntl(PLANT_FROM, F_SETFL, O_NONBLOCK) < 0) die("descriptor 4, the bench's clock");
	if (!bench && (fcntl(PLANT_FROM, F_GETFD) < 0 || fcntl(PLANT_TO, F_GETFD) < 0)) die("descriptors 4 and 5, the plant");
	for (int i = 0; i < WIRE_JOINTS; i++) mit_special(told[i], MIT_EXIT);
	motors_start();
	next_us = clock_us();
}

uint32_t board_time_us(void)
{
	return plant.time_us;
}

// ---- the host ----

uint32_t board_host_read(uint8_t *bytes, uint32_t room)
{
	ssize_t n = read(SERIAL, bytes, room);
	if (n >= 0 || errno == EAGAIN || errno == EIO) return n < 0 ? 0 : (uint32_t)n; // EIO: nobody has the pty open
	die("serial line");
	return 0;
}

uint32_t board_host_room(void)
{
	struct pollfd p = {.fd = SERIAL, .events = POLLOUT};
	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) ? WIRE_MAX_WIRE : 0;
}

// A line that takes only part loses the rest, as a UART without flow control does.
void board_host_write(const uint8_t *bytes, uint32_t n)
{
	if (write(SERIAL, bytes, n) < 0 && errno != EAGAIN && errno != EIO) die("serial line");
}

// ---- the plant ----

// exchange_in blocks until the plant speaks; the process ends with it.
static void exchange_in(void)
{
	uint8_t *p = (uint8_t *)&plant.in;
	for (size_t have = 0; have < sizeof plant.in;) {
		ssize_t n = read(PLANT_FROM, p + have, sizeof plant.in - have);
		if (n == 0) exit(0);
		if (n < 0 && errno != EINTR) die("plant");
		if (n > 0) have += (size_t)n;
	}
	plant.have = true;
	plant.asked_us = clock_us();
	while (plant.in.flags & PLANT_HANG) pause(); // nobody watches this board
}

static void exchange_out(bool moving)
{
	struct plant_out out = {.count = plant.in.count, .moving = moving};
	memcpy(out.frames, told, sizeof told);
	if (write(PLANT_TO, &out, sizeof out) != sizeof out) die("plant");
}

// bench_tick takes a tick of the bench's clock; the process ends with it.
static bool bench_tick(void)
{
	uint8_t tick;
	ssize_t n = read(PLANT_FROM, &tick, 1);
	if (n == 0) exit(0);
	if (n < 0 && errno != EAGAIN && errno != EINTR) die("the bench's clock");
	return n == 1;
}

bool board_sense(struct robot *r, struct robot_input *in)
{
	r->law = law;
	if (bench) {
		if (!bench_tick()) return false;
		plant.time_us += TICK_US;
		motors_step(told, &plant.in);
		plant_fill(in, &plant.in);
		return true;
	}
	if (!plant.have) {
		if (plant.in.flags & PLANT_PACED && (int32_t)(clock_us() - next_us) < 0) return false;
		next_us += TICK_US;
		exchange_in();
	}
	enum plant_next next = plant_next(&plant, r, clock_us());
	if (next == PLANT_IDLE) exchange_out(safety_torque(&r->safety));
	if (next != PLANT_TICK) return false;
	plant_fill(in, &plant.in);
	return true;
}

void board_drive(uint8_t frames[WIRE_JOINTS][MIT_FRAME], bool moving)
{
	memcpy(told, frames, sizeof told);
	if (kept.moving != moving) {
		kept.moving = moving;
		if (!save()) die(flash);
	}
	if (!bench) exchange_out(moving);
}

void board_feed(void)
{
}

// In lockstep the plant is what there is to wait for, in exchange_in.
void board_wait(void)
{
	struct pollfd p[] = {{.fd = SERIAL, .events = POLLIN}, {.fd = PLANT_FROM, .events = POLLIN}};
	if (bench || plant.have || plant.in.flags & PLANT_PACED) poll(p, bench ? 2 : 1, 1);
}
