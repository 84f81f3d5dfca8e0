// Code generated from whisker's bridge/wire; DO NOT EDIT. `go generate ./bridge/wire` writes it.
#ifndef WIRE_SCHEMA_H
#define WIRE_SCHEMA_H

#include <stdint.h>

#define WIRE_VERSION 1
#define WIRE_JOINTS 12
#define WIRE_HEADER_SIZE 16
#define WIRE_CRC_SIZE 4
#define WIRE_MAX_FRAME 254
#define WIRE_MAX_PAYLOAD 234
#define WIRE_MAX_WIRE 257
#define WIRE_WINDOW 256u
#define WIRE_STALE_US 100000u
#define WIRE_SCHEMA 0xc7572d734b9d5a9dull

enum wire_type {
	WIRE_TYPE_HELLO = 1,
	WIRE_TYPE_COMMAND = 2,
	WIRE_TYPE_ENABLE = 3,
	WIRE_TYPE_STOP = 4,
	WIRE_TYPE_ESTOP = 5,
	WIRE_TYPE_RESET = 6,
	WIRE_TYPE_CALIBRATE = 7,
	WIRE_TYPE_QUERY = 8,
	WIRE_TYPE_WELCOME = 129,
	WIRE_TYPE_STATE = 130,
	WIRE_TYPE_ACK = 131,
	WIRE_TYPE_INFO = 132,
};

enum wire_mode {
	WIRE_MODE_IDLE = 0,
	WIRE_MODE_ENABLED = 1,
	WIRE_MODE_LIMITING = 2,
	WIRE_MODE_DAMPED = 3,
	WIRE_MODE_FAULT = 4,
	WIRE_MODE_ESTOP = 5,
};

enum wire_fault {
	WIRE_FAULT_NONE = 0,
	WIRE_FAULT_COMMAND = 2,
	WIRE_FAULT_JOINT_LIMIT = 3,
	WIRE_FAULT_JOINT_SPEED = 4,
	WIRE_FAULT_FOLLOWING = 5,
	WIRE_FAULT_TILT = 6,
	WIRE_FAULT_TEMPERATURE = 7,
	WIRE_FAULT_VOLTAGE = 8,
	WIRE_FAULT_EXPIRED = 40,
	WIRE_FAULT_ENCODER = 41,
	WIRE_FAULT_MOTOR = 42,
	WIRE_FAULT_MOTOR_LINK = 43,
	WIRE_FAULT_CURRENT = 44,
	WIRE_FAULT_IMU = 45,
	WIRE_FAULT_OVERRUN = 46,
	WIRE_FAULT_WATCHDOG = 47,
	WIRE_FAULT_BROWN_OUT = 48,
	WIRE_FAULT_CALIBRATION = 49,
	WIRE_FAULT_INTERNAL = 50,
};

enum wire_limit {
	WIRE_LIMIT_POSITION = 96,
	WIRE_LIMIT_VELOCITY = 97,
	WIRE_LIMIT_TORQUE = 98,
	WIRE_LIMIT_GAIN = 99,
	WIRE_LIMIT_SOFT_START = 100,
	WIRE_LIMIT_TEMPERATURE = 101,
	WIRE_LIMIT_VOLTAGE = 102,
	WIRE_LIMIT_CALIBRATE = 103,
};

enum wire_result {
	WIRE_RESULT_DONE = 0,
	WIRE_RESULT_SCHEMA = 1,
	WIRE_RESULT_BUSY = 2,
	WIRE_RESULT_MODE = 3,
	WIRE_RESULT_FAULT = 4,
	WIRE_RESULT_POSITION = 5,
	WIRE_RESULT_LIMIT = 6,
	WIRE_RESULT_UNCALIBRATED = 7,
	WIRE_RESULT_VOLTAGE = 8,
	WIRE_RESULT_TEMPERATURE = 9,
	WIRE_RESULT_ESTOP_INPUT = 10,
	WIRE_RESULT_VALUE = 11,
	WIRE_RESULT_STORE = 12,
};

enum wire_purpose {
	WIRE_PURPOSE_RUN = 0,
	WIRE_PURPOSE_CALIBRATE = 1,
};

enum wire_reset_cause {
	WIRE_RESET_CAUSE_POWER = 0,
	WIRE_RESET_CAUSE_PIN = 1,
	WIRE_RESET_CAUSE_SOFTWARE = 2,
	WIRE_RESET_CAUSE_WATCHDOG = 3,
	WIRE_RESET_CAUSE_BROWN_OUT = 4,
};

enum wire_verdict {
	WIRE_VERDICT_ACCEPTED = 0,
	WIRE_VERDICT_SHORT = 1,
	WIRE_VERDICT_LONG = 2,
	WIRE_VERDICT_COBS = 3,
	WIRE_VERDICT_CRC = 4,
	WIRE_VERDICT_VERSION = 5,
	WIRE_VERDICT_TYPE = 6,
	WIRE_VERDICT_LENGTH = 7,
	WIRE_VERDICT_SESSION = 8,
	WIRE_VERDICT_WINDOW = 9,
	WIRE_VERDICT_STALE = 10,
};

#define WIRE_LIMIT_FIRST 96
#define WIRE_VERDICTS 11

#define WIRE_HELLO_SIZE 24
struct wire_hello {
	uint64_t schema;
	char version[16];
};
void wire_put_hello(uint8_t *payload, const struct wire_hello *m);
void wire_get_hello(struct wire_hello *m, const uint8_t *payload);

#define WIRE_COMMAND_SIZE 122
struct wire_command {
	uint16_t valid_ms;
	struct {
		float pos_rad;
		float vel_rad_s;
		float torque_nm;
		float kp_nm_rad;
		float kd_nm_s_rad;
	} joint[WIRE_JOINTS];
};
void wire_put_command(uint8_t *payload, const struct wire_command *m);
void wire_get_command(struct wire_command *m, const uint8_t *payload);

#define WIRE_ENABLE_SIZE 26
struct wire_enable {
	uint8_t purpose;
	uint8_t only_joint;
	struct {
		float pos_rad;
	} joint[WIRE_JOINTS];
};
void wire_put_enable(uint8_t *payload, const struct wire_enable *m);
void wire_get_enable(struct wire_enable *m, const uint8_t *payload);

#define WIRE_STOP_SIZE 0

#define WIRE_ESTOP_SIZE 0

#define WIRE_RESET_SIZE 1
struct wire_reset {
	uint8_t fault;
};
void wire_put_reset(uint8_t *payload, const struct wire_reset *m);
void wire_get_reset(struct wire_reset *m, const uint8_t *payload);

#define WIRE_CALIBRATE_SIZE 40
struct wire_calibrate {
	uint32_t id;
	struct {
		float offset_rad;
		int8_t sign;
	} joint[WIRE_JOINTS];
};
void wire_put_calibrate(uint8_t *payload, const struct wire_calibrate *m);
void wire_get_calibrate(struct wire_calibrate *m, const uint8_t *payload);

#define WIRE_QUERY_SIZE 0

#define WIRE_WELCOME_SIZE 62
struct wire_welcome {
	uint8_t result;
	uint64_t schema;
	char version[16];
	char robot[16];
	uint8_t uid[12];
	uint32_t boots;
	uint8_t reset_cause;
	uint32_t holder;
};
void wire_put_welcome(uint8_t *payload, const struct wire_welcome *m);
void wire_get_welcome(struct wire_welcome *m, const uint8_t *payload);

#define WIRE_STATE_SIZE 185
struct wire_state {
	uint32_t command_seq;
	uint32_t command_age_us;
	uint8_t mode;
	uint8_t fault;
	uint16_t limiting;
	float voltage_v;
	float current_a;
	float board_temp_c;
	float quat_w;
	float quat_x;
	float quat_y;
	float quat_z;
	float gyro_x_rad_s;
	float gyro_y_rad_s;
	float gyro_z_rad_s;
	float acc_x_m_s2;
	float acc_y_m_s2;
	float acc_z_m_s2;
	struct {
		float pos_rad;
		float vel_rad_s;
		float torque_nm;
		float current_a;
		float temp_c;
		uint8_t fault;
	} joint[WIRE_JOINTS];
	uint32_t accepted;
	uint16_t refused_short;
	uint16_t refused_long;
	uint16_t refused_cobs;
	uint16_t refused_crc;
	uint16_t refused_version;
	uint16_t refused_type;
	uint16_t refused_length;
	uint16_t refused_session;
	uint16_t refused_window;
	uint16_t refused_stale;
	uint16_t uart_overruns;
	uint16_t late_ticks;
};
void wire_put_state(uint8_t *payload, const struct wire_state *m);
void wire_get_state(struct wire_state *m, const uint8_t *payload);

#define WIRE_ACK_SIZE 7
struct wire_ack {
	uint8_t request;
	uint32_t request_seq;
	uint8_t result;
	uint8_t joint_index;
};
void wire_put_ack(uint8_t *payload, const struct wire_ack *m);
void wire_get_ack(struct wire_ack *m, const uint8_t *payload);

#define WIRE_INFO_SIZE 160
struct wire_info {
	uint8_t joints;
	uint16_t tick_hz;
	uint16_t state_hz;
	uint16_t expiry_ms;
	float min_voltage_v;
	float max_voltage_v;
	float max_temp_c;
	uint32_t calibration;
	struct {
		float min_rad;
		float max_rad;
		float max_vel_rad_s;
		float max_torque_nm;
		float max_kp_nm_rad;
		float max_kd_nm_s_rad;
	} joint[WIRE_JOINTS];
};
void wire_put_info(uint8_t *payload, const struct wire_info *m);
void wire_get_info(struct wire_info *m, const uint8_t *payload);

// wire_crc_table is CRC-32C's, reflected, a byte at a time.
extern const uint32_t wire_crc_table[256];

// wire_size_of is the payload's length of a type, -1 for an unknown type.
int wire_size_of(uint8_t type);

#endif
