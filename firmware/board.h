// What a board gives to main.c. Each folder in board/ implements these; none
// waits longer than it says.
#ifndef WHISKER_BOARD_H_
#define WHISKER_BOARD_H_

#include "robot.h"

// board_start brings the board up and fills what it knows.
void board_start(struct robot_boot *boot);

// board_time_us is the robot's clock. It wraps.
uint32_t board_time_us(void);

// board_host_read takes up to room bytes that came from the host; 0 for none.
uint32_t board_host_read(uint8_t *bytes, uint32_t room);

// board_host_room is how many bytes board_host_write takes now.
uint32_t board_host_room(void);
void board_host_write(const uint8_t *bytes, uint32_t n);

// board_sense is true when a tick is due; then in holds what was measured.
bool board_sense(struct robot *r, struct robot_input *in);

// board_drive sends the motors their frames. moving says whether they have
// torque: it survives a reset, so that one in motion is told from others.
void board_drive(uint8_t frames[WIRE_JOINTS][MIT_FRAME], bool moving);

// board_feed feeds the watchdog.
void board_feed(void);

// board_wait sleeps until something may have happened, at most a millisecond.
void board_wait(void);

#endif
