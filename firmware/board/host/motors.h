// Twelve MIT-mode motors on a bench, each with a rod that hangs from it: a plant
// that needs no other process.
#ifndef WHISKER_BOARD_HOST_MOTORS_H_
#define WHISKER_BOARD_HOST_MOTORS_H_

#include "plant.h"

// motors_start hangs the rods a little to the side, within each joint's range.
void motors_start(void);

// motors_step runs the motors for a tick under their frames, and tells what they,
// a level IMU and a full battery then say.
void motors_step(uint8_t frames[WIRE_JOINTS][MIT_FRAME], struct plant_in *p);

#endif
