// The link to a simulated plant.
#include "plant.h"

#include <string.h> // memcpy

void plant_fill(struct robot_input *in, const struct plant_in *p)
{
	memset(in, 0, sizeof *in);
	memcpy(in->reply, p->reply, sizeof in->reply);
	memcpy(in->length, p->length, sizeof in->length);
	memcpy(in->gyro, p->gyro, sizeof in->gyro);
	memcpy(in->acc, p->acc, sizeof in->acc);
	in->imu = p->flags & PLANT_IMU;
	in->estop = p->flags & PLANT_ESTOP;
	in->late = p->flags & PLANT_LATE;
	in->voltage = p->voltage;
	in->current = p->current;
	in->board_temp = p->board_temp;
}

enum plant_next plant_next(struct plant *p, struct robot *r, uint32_t clock_us)
{
	uint32_t waited = clock_us - p->asked_us;
	if (p->in.flags & PLANT_HOST) {
		if ((int32_t)(r->received - p->in.said) < 0 && waited < PLANT_PATIENCE_US) return PLANT_WAIT;
	} else if (p->in.flags & PLANT_HOLD) {
		if (waited < 1000) return PLANT_WAIT;
		if (p->holds++ % 8 == 0) robot_report(r); // a host that waits for a state gets one
	}
	p->have = false;
	if (p->in.flags & PLANT_HOLD) return PLANT_IDLE;
	p->time_us += TICK_US;
	return PLANT_TICK;
}
