// The robot that the firmware is built for, as data. config_quadruped.c is
// generated from the profile that the host reads (controller/profile), so that
// the limits on both sides agree.
#ifndef WHISKER_CONFIG_H_
#define WHISKER_CONFIG_H_

#include "mit.h"
#include "servo.h"
#include "wire.h" // WIRE_JOINTS

struct joint_config {
	struct servo_limits limits; // of the joint
	struct mit_range range;     // of the motor's frames, seen from the motor
	float ratio;                // turns that the motor reports per turn of the joint
	uint8_t bus, id;            // CAN bus 0 or 1, and the motor's id on it
};

struct robot_config {
	char name[16];
	uint8_t joints;              // of WIRE_JOINTS
	uint16_t state_hz;           // State frames
	float mounting[4];           // turns the IMU chip's frame into the body's: w, x, y, z
	float tilt_cos;              // a smaller cosine of the tilt is a fault
	float following_rad;         // set point to measured position
	float margin_rad;            // how far past its range a joint may be
	float temp_max_c;            // of a motor
	float voltage_min_v, voltage_max_v;
	struct joint_config joint[WIRE_JOINTS];
};

extern const struct robot_config robot_config;

// The control law's tick.
#define TICK_HZ 500
#define TICK_US (1000000 / TICK_HZ)
#define TICK_S (1.0f / TICK_HZ)

// A standard CAN frame of 8 bytes has 108 bits and 3 between frames, and up to 24
// stuffed ones (ISO 11898-1). In a tick each of two buses carries 6 commands and 6
// replies: 67 % of 1 Mbit/s, 81 % at worst.
#define CAN_FRAME_BITS 111
#define CAN_STUFF_BITS 24
#define CAN_BUS_FRAMES (2 * WIRE_JOINTS / 2)
#define CAN_LOAD_PERCENT(bits) ((bits) * CAN_BUS_FRAMES * TICK_HZ / 10000)
_Static_assert(CAN_LOAD_PERCENT(CAN_FRAME_BITS + CAN_STUFF_BITS) < 100, "the buses carry what a tick sends");

#endif
