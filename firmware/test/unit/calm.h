// A calm, calibrated robot without motors or frames: what safety.c is told, to the
// last bit. Floats are compared as the firmware compares them.
#ifndef WHISKER_CALM_H_
#define WHISKER_CALM_H_

#include "safety.h"

#include "test.h"

#define NEXT(x) nextafterf((x), INFINITY)
#define PREVIOUS(x) nextafterf((x), -INFINITY)

static struct robot_config config;
static struct safety s;
static struct safety_sense calm;
static struct servo_command held[WIRE_JOINTS];
static uint32_t now;

static inline float middle(int i)
{
	return 0.5f * (config.joint[i].limits.pos_min + config.joint[i].limits.pos_max);
}

// fresh is a calibrated robot, idle, that measured one calm tick.
static inline void fresh(void)
{
	config = robot_config;
	memset(held, 0, sizeof held);
	memset(&s, 0xA5, sizeof s); // init does not trust what was there
	now = 4294900000u;          // the clock wraps on the way
	memset(&calm, 0, sizeof calm);
	calm.answered = (1u << WIRE_JOINTS) - 1;
	calm.imu = true;
	calm.upright = 1;
	calm.voltage = 24;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		calm.joint[i].pos = middle(i);
		calm.temp[i] = 30;
	}
	safety_init(&s, &config, WIRE_FAULT_NONE, false);
	s.calibrated = true;
	CHECK(s.mode == WIRE_MODE_IDLE && s.fault == WIRE_FAULT_NONE, "mode %d, fault %d", s.mode, s.fault);
	safety_tick(&s, &calm, held, now);
}

static inline enum safety_reaction tick(const struct safety_sense *m)
{
	now += TICK_US;
	safety_command(&s, 100, true, now);
	return safety_tick(&s, m, held, now);
}

static inline struct wire_enable here(uint8_t purpose, uint8_t only)
{
	struct wire_enable e = {.purpose = purpose, .only_joint = only};
	for (int i = 0; i < WIRE_JOINTS; i++) e.joint[i].pos_rad = s.sense.joint[i].pos;
	return e;
}

static inline enum wire_result enable(uint8_t purpose, uint8_t only, uint8_t *joint)
{
	struct wire_enable e = here(purpose, only);
	return safety_enable(&s, &e, now, joint);
}

static inline void standing(void)
{
	uint8_t joint = 99;
	fresh();
	CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_DONE, "joint %d", joint);
	CHECK(tick(&calm) == SAFETY_RUN && s.mode == WIRE_MODE_ENABLED, "mode %d, fault %d", s.mode, s.fault);
}

// after says which fault n ticks of m make of a standing robot.
static inline enum wire_fault after(const struct safety_sense *m, int n)
{
	standing();
	for (int i = 0; i < n; i++) tick(m);
	return s.fault;
}

#define FAULT(m, n, want) CHECK(after(m, n) == (want), "after %d ticks fault %d, want %d", n, s.fault, want)

#endif
