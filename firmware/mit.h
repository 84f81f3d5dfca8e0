// CAN frames of MIT-mode motors, in their published form: B. Katz, mini cheetah
// motor controller (github.com/bgkatz/motorcontrol, CAN packets), and the AK
// series manual of CubeMars, section 5.3. A command is 8 bytes, big-endian bit
// fields: position 16, velocity 12, kp 12, kd 12, torque 12; a reply repeats the
// motor's id and gives position 16, velocity 12, torque 12, and on newer motors
// a temperature and an error byte. Each field spans a symmetric range (gains:
// from 0), which the motor's type fixes.
#ifndef WHISKER_MIT_H_
#define WHISKER_MIT_H_

#include "servo.h"

enum { MIT_FRAME = 8 };

struct mit_range {
	float pos, vel, torque, kp, kd;  // ±pos, ±vel, ±torque, 0..kp, 0..kd
};

struct mit_reply {
	uint8_t id;
	struct servo_state state;
	float torque;  // N·m
	int8_t temp;   // °C; 0 where the motor gives none
	uint8_t error; // 0 is healthy
};

// The three frames that are no command: eight bytes, the last of which says what.
enum { MIT_ENTER = 0xFC, MIT_EXIT = 0xFD, MIT_ZERO = 0xFE };

// mit_pack saturates, and truncates to the step below as the published code does.
void mit_pack(uint8_t frame[MIT_FRAME], const struct servo_command *c, const struct mit_range *r);
void mit_special(uint8_t frame[MIT_FRAME], uint8_t what);

// mit_is_special says whether a frame is one of the three, and which.
int mit_is_special(const uint8_t frame[MIT_FRAME], uint8_t *what);

// mit_unpack and mit_reply_pack are the motor's side: the model of one, tests.
struct servo_command mit_unpack(const uint8_t frame[MIT_FRAME], const struct mit_range *r);
void mit_reply_pack(uint8_t frame[MIT_FRAME], const struct mit_reply *m, const struct mit_range *r);

// mit_reply_unpack returns 0 for a frame of a length no motor sends.
int mit_reply_unpack(struct mit_reply *m, const uint8_t *frame, uint32_t length, const struct mit_range *r);

#endif
