// One robot: what arrives from the host and from the sensors, what goes to the
// motors and back to the host. Everything that is not a register: the boards
// call these functions and do nothing else, and the tests do the same.
//
//	bytes ──► robot_receive ─┐
//	robot_input ──► robot_tick: imu ──► safety ──► servo ──► frames for the motors
//	                         └─► robot_send ──► bytes
#ifndef WHISKER_ROBOT_H_
#define WHISKER_ROBOT_H_

#include "config.h"
#include "imu.h"
#include "safety.h"

#define ROBOT_VERSION "whisker 0.1"
#define ROBOT_HELD_US 1000000 // a silent session holds the robot this long

// What the board measured since the last tick.
struct robot_input {
	uint8_t reply[WIRE_JOINTS][MIT_FRAME]; // the newest of each joint's motor
	uint8_t length[WIRE_JOINTS];           // 0: it did not answer
	float gyro[3], acc[3];                 // chip's frame, rad/s and m/s²
	bool imu;                              // they are new
	bool estop;                            // the input is open
	bool late;                             // this tick overran
	float voltage, current, board_temp;    // V, A, °C; NaN where not measured
	uint16_t uart_overruns;                // bytes lost since the start
};

// What the board knows when it starts.
struct robot_boot {
	uint8_t cause;    // enum wire_reset_cause
	bool moving;      // motors had torque when the reset came
	uint32_t boots;
	uint8_t uid[12];
	uint8_t calibration[WIRE_CALIBRATE_SIZE + WIRE_CRC_SIZE]; // as stored; erased flash is all 0xFF
	// store keeps that many bytes over power cycles; false when it could not.
	bool (*store)(const uint8_t *bytes, uint32_t n);
};

// The loops that have to have run before the watchdog is fed.
enum {
	ROBOT_RAN_HOST = 1u << 0,
	ROBOT_RAN_TICK = 1u << 1,
	ROBOT_RAN_IMU = 1u << 2,
	ROBOT_RAN_MOTORS = 1u << 3,
	ROBOT_RAN_ALL = 0xF,
};

enum { ROBOT_ACKS = 4 };

struct robot {
	const struct robot_config *config;
	struct robot_boot boot;
	struct safety safety;
	struct imu_filter imu;
	bool law;         // run the joint law here and ask motors for torque only
	uint32_t ran;     // ROBOT_RAN_*, cleared by robot_alive
	uint32_t time_us; // of the last tick
	uint32_t ticks;

	uint32_t received; // bytes from the host
	struct wire_receiver receiver;
	struct wire_link link;
	struct wire_state state;     // counters, and what the last tick measured
	struct wire_command command; // the newest one
	struct wire_calibrate calibration;
	uint32_t heard_us;           // when the session was last heard
	uint32_t command_us;         // when the newest command came
	bool commanded;              // one came since enable
	uint32_t limiting;           // limits since the last State

	struct servo_command held[WIRE_JOINTS]; // what each joint was last told
	bool on[WIRE_JOINTS];                   // its motor was told to enter motor mode

	uint32_t seq; // of our frames
	struct wire_welcome welcome;
	uint32_t welcome_session;
	bool welcome_due, info_due, state_due;
	struct wire_ack ack[ROBOT_ACKS];
	uint32_t ack_session[ROBOT_ACKS];
	uint8_t acks;
};

void robot_init(struct robot *r, const struct robot_config *c, const struct robot_boot *boot);

// robot_receive takes bytes from the host, in any portion.
void robot_receive(struct robot *r, const uint8_t *bytes, uint32_t n, uint32_t now_us);

// robot_tick is one turn of the control law at the time of the measurement. It
// fills a CAN frame for each joint's motor.
void robot_tick(struct robot *r, const struct robot_input *in, uint32_t now_us, uint8_t frames[WIRE_JOINTS][MIT_FRAME]);

// robot_report makes a State of what the last tick measured, to be sent. A tick
// does so at the config's rate.
void robot_report(struct robot *r);

// robot_send gives the next frame for the host: 0 when there is none.
uint32_t robot_send(struct robot *r, uint8_t out[WIRE_MAX_WIRE]);

// robot_alive says once that every loop ran since it last said so: the
// watchdog may be fed.
bool robot_alive(struct robot *r);

// robot_joint_of finds the joint of a motor, -1 for none.
int robot_joint_of(const struct robot_config *c, uint8_t bus, uint8_t id);

// robot_host.c: what a frame does. For robot.c alone.
void robot_frame(struct robot *r, const struct wire_frame *f, uint32_t now_us);

#endif
