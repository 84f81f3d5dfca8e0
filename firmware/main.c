// The firmware's one loop, the same on every board.
#include "board.h"

static struct robot robot;
volatile uint32_t robot_ticks_run; // for who looks in from outside, with a debugger

static void hear(void)
{
	uint8_t bytes[64];
	uint32_t n = board_host_read(bytes, sizeof bytes);
	robot_receive(&robot, bytes, n, board_time_us()); // also with none: this loop ran
}

static void say(void)
{
	uint8_t out[WIRE_MAX_WIRE];
	while (board_host_room() >= sizeof out) {
		uint32_t n = robot_send(&robot, out);
		if (n == 0) return;
		board_host_write(out, n);
	}
}

static void tick(void)
{
	struct robot_input in;
	uint8_t frames[WIRE_JOINTS][MIT_FRAME];
	if (!board_sense(&robot, &in)) return;
	robot_tick(&robot, &in, board_time_us(), frames);
	board_drive(frames, safety_torque(&robot.safety));
	robot_ticks_run = robot.ticks;
}

int main(void)
{
	struct robot_boot boot;
	board_start(&boot);
	robot_init(&robot, &robot_config, &boot);
	for (;;) {
		hear();
		tick();
		say();
		if (robot_alive(&robot)) board_feed();
		board_wait();
	}
}
