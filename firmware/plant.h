// The link to a simulated plant, for boards without motors: what twelve MIT-mode
// motors, an IMU and a battery would say, and the CAN frames that the motors are
// told. The plant drives the robot's clock: one exchange is one tick, or none.
// whisker/hil/emulate is the other end. Little-endian, no padding.
#ifndef WHISKER_PLANT_H_
#define WHISKER_PLANT_H_

#include "robot.h"

// Flags of an exchange.
enum {
	PLANT_HOLD = 1u << 0,    // time stands still: only the host is listened to, for a millisecond
	PLANT_HOST = 1u << 1,    // wait until as many bytes of the host have come as plant_in says
	PLANT_PACED = 1u << 2,   // wait for the board's own clock before the next exchange
	PLANT_ESTOP = 1u << 3,   // the e-stop input is open
	PLANT_IMU = 1u << 4,     // gyro and acc are new
	PLANT_LATE = 1u << 5,    // pretend that the tick overran
	PLANT_HANG = 1u << 6,    // spin for ever: the watchdog has to act
};

struct plant_in {
	uint32_t count;
	uint32_t flags;
	float gyro[3], acc[3];              // chip's frame, rad/s and m/s²
	float voltage, current, board_temp; // V, A, °C
	uint8_t reply[WIRE_JOINTS][MIT_FRAME];
	uint8_t length[WIRE_JOINTS]; // 0: no answer
	uint32_t said;               // bytes that the host has sent since the firmware started
};

struct plant_out {
	uint32_t count; // of the exchange that this answers
	uint32_t moving;
	uint8_t frames[WIRE_JOINTS][MIT_FRAME];
};

_Static_assert(sizeof(struct plant_in) == 156 && sizeof(struct plant_out) == 104, "the other end has these sizes");

// plant_fill turns what came into what a board measures.
void plant_fill(struct robot_input *in, const struct plant_in *p);

// The link's state, the same on every board.
struct plant {
	struct plant_in in;
	bool have;             // in waits for its tick
	uint32_t time_us;
	uint32_t asked_us;     // the board's clock when it came
	uint32_t holds;
};

// What plant_next says about the exchange that is at hand.
enum plant_next {
	PLANT_WAIT, // not yet
	PLANT_TICK, // a tick is due
	PLANT_IDLE, // answer it, no tick
};

#define PLANT_PATIENCE_US 8000000 // for the host; then it goes on without

// plant_next judges the exchange in p->in; clock_us is the board's own clock.
enum plant_next plant_next(struct plant *p, struct robot *r, uint32_t clock_us);

#endif
