// Code generated from whisker's bridge/wire; DO NOT EDIT. `go generate ./bridge/wire` writes it.
#include "wire_schema.h"

#include <string.h>

#include "wire.h" // wire_put16, wire_quantise and their like

void wire_put_hello(uint8_t *p, const struct wire_hello *m)
{
	wire_put64(p, m->schema);
	p += 8;
	memcpy(p, m->version, 16);
	p += 16;
	(void)p;
}

void wire_get_hello(struct wire_hello *m, const uint8_t *p)
{
	m->schema = wire_get64(p);
	p += 8;
	memcpy(m->version, p, 16);
	p += 16;
	(void)p;
}

void wire_put_command(uint8_t *p, const struct wire_command *m)
{
	wire_put16(p, m->valid_ms);
	p += 2;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].pos_rad, 4096.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].vel_rad_s, 512.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].torque_nm, 512.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].kp_nm_rad, 64.0f, 0, 65534, 65535));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].kd_nm_s_rad, 1024.0f, 0, 65534, 65535));
		p += 2;
	}
	(void)p;
}

void wire_get_command(struct wire_command *m, const uint8_t *p)
{
	m->valid_ms = wire_get16(p);
	p += 2;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		m->joint[i].pos_rad = wire_value((int16_t)wire_get16(p), 4096.0f, -32768);
		p += 2;
		m->joint[i].vel_rad_s = wire_value((int16_t)wire_get16(p), 512.0f, -32768);
		p += 2;
		m->joint[i].torque_nm = wire_value((int16_t)wire_get16(p), 512.0f, -32768);
		p += 2;
		m->joint[i].kp_nm_rad = wire_value((uint16_t)wire_get16(p), 64.0f, 65535);
		p += 2;
		m->joint[i].kd_nm_s_rad = wire_value((uint16_t)wire_get16(p), 1024.0f, 65535);
		p += 2;
	}
	(void)p;
}

void wire_put_enable(uint8_t *p, const struct wire_enable *m)
{
	wire_put8(p, m->purpose);
	p += 1;
	wire_put8(p, m->only_joint);
	p += 1;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].pos_rad, 4096.0f, -32767, 32767, -32768));
		p += 2;
	}
	(void)p;
}

void wire_get_enable(struct wire_enable *m, const uint8_t *p)
{
	m->purpose = wire_get8(p);
	p += 1;
	m->only_joint = wire_get8(p);
	p += 1;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		m->joint[i].pos_rad = wire_value((int16_t)wire_get16(p), 4096.0f, -32768);
		p += 2;
	}
	(void)p;
}

void wire_put_reset(uint8_t *p, const struct wire_reset *m)
{
	wire_put8(p, m->fault);
	p += 1;
	(void)p;
}

void wire_get_reset(struct wire_reset *m, const uint8_t *p)
{
	m->fault = wire_get8(p);
	p += 1;
	(void)p;
}

void wire_put_calibrate(uint8_t *p, const struct wire_calibrate *m)
{
	wire_put32(p, m->id);
	p += 4;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].offset_rad, 4096.0f, -32767, 32767, -32768));
		p += 2;
		wire_put8(p, (uint8_t)m->joint[i].sign);
		p += 1;
	}
	(void)p;
}

void wire_get_calibrate(struct wire_calibrate *m, const uint8_t *p)
{
	m->id = wire_get32(p);
	p += 4;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		m->joint[i].offset_rad = wire_value((int16_t)wire_get16(p), 4096.0f, -32768);
		p += 2;
		m->joint[i].sign = (int8_t)wire_get8(p);
		p += 1;
	}
	(void)p;
}

void wire_put_welcome(uint8_t *p, const struct wire_welcome *m)
{
	wire_put8(p, m->result);
	p += 1;
	wire_put64(p, m->schema);
	p += 8;
	memcpy(p, m->version, 16);
	p += 16;
	memcpy(p, m->robot, 16);
	p += 16;
	memcpy(p, m->uid, 12);
	p += 12;
	wire_put32(p, m->boots);
	p += 4;
	wire_put8(p, m->reset_cause);
	p += 1;
	wire_put32(p, m->holder);
	p += 4;
	(void)p;
}

void wire_get_welcome(struct wire_welcome *m, const uint8_t *p)
{
	m->result = wire_get8(p);
	p += 1;
	m->schema = wire_get64(p);
	p += 8;
	memcpy(m->version, p, 16);
	p += 16;
	memcpy(m->robot, p, 16);
	p += 16;
	memcpy(m->uid, p, 12);
	p += 12;
	m->boots = wire_get32(p);
	p += 4;
	m->reset_cause = wire_get8(p);
	p += 1;
	m->holder = wire_get32(p);
	p += 4;
	(void)p;
}

void wire_put_state(uint8_t *p, const struct wire_state *m)
{
	wire_put32(p, m->command_seq);
	p += 4;
	wire_put32(p, m->command_age_us);
	p += 4;
	wire_put8(p, m->mode);
	p += 1;
	wire_put8(p, m->fault);
	p += 1;
	wire_put16(p, m->limiting);
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->voltage_v, 512.0f, 0, 65534, 65535));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->current_a, 256.0f, -32767, 32767, -32768));
	p += 2;
	wire_put8(p, (uint8_t)wire_quantise(m->board_temp_c, 1.0f, -127, 127, -128));
	p += 1;
	wire_put16(p, (uint16_t)wire_quantise(m->quat_w, 16384.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->quat_x, 16384.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->quat_y, 16384.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->quat_z, 16384.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->gyro_x_rad_s, 1024.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->gyro_y_rad_s, 1024.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->gyro_z_rad_s, 1024.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->acc_x_m_s2, 256.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->acc_y_m_s2, 256.0f, -32767, 32767, -32768));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->acc_z_m_s2, 256.0f, -32767, 32767, -32768));
	p += 2;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].pos_rad, 4096.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].vel_rad_s, 512.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].torque_nm, 512.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].current_a, 256.0f, -32767, 32767, -32768));
		p += 2;
		wire_put8(p, (uint8_t)wire_quantise(m->joint[i].temp_c, 1.0f, -127, 127, -128));
		p += 1;
		wire_put8(p, m->joint[i].fault);
		p += 1;
	}
	wire_put32(p, m->accepted);
	p += 4;
	wire_put16(p, m->refused_short);
	p += 2;
	wire_put16(p, m->refused_long);
	p += 2;
	wire_put16(p, m->refused_cobs);
	p += 2;
	wire_put16(p, m->refused_crc);
	p += 2;
	wire_put16(p, m->refused_version);
	p += 2;
	wire_put16(p, m->refused_type);
	p += 2;
	wire_put16(p, m->refused_length);
	p += 2;
	wire_put16(p, m->refused_session);
	p += 2;
	wire_put16(p, m->refused_window);
	p += 2;
	wire_put16(p, m->refused_stale);
	p += 2;
	wire_put16(p, m->uart_overruns);
	p += 2;
	wire_put16(p, m->late_ticks);
	p += 2;
	(void)p;
}

void wire_get_state(struct wire_state *m, const uint8_t *p)
{
	m->command_seq = wire_get32(p);
	p += 4;
	m->command_age_us = wire_get32(p);
	p += 4;
	m->mode = wire_get8(p);
	p += 1;
	m->fault = wire_get8(p);
	p += 1;
	m->limiting = wire_get16(p);
	p += 2;
	m->voltage_v = wire_value((uint16_t)wire_get16(p), 512.0f, 65535);
	p += 2;
	m->current_a = wire_value((int16_t)wire_get16(p), 256.0f, -32768);
	p += 2;
	m->board_temp_c = wire_value((int8_t)wire_get8(p), 1.0f, -128);
	p += 1;
	m->quat_w = wire_value((int16_t)wire_get16(p), 16384.0f, -32768);
	p += 2;
	m->quat_x = wire_value((int16_t)wire_get16(p), 16384.0f, -32768);
	p += 2;
	m->quat_y = wire_value((int16_t)wire_get16(p), 16384.0f, -32768);
	p += 2;
	m->quat_z = wire_value((int16_t)wire_get16(p), 16384.0f, -32768);
	p += 2;
	m->gyro_x_rad_s = wire_value((int16_t)wire_get16(p), 1024.0f, -32768);
	p += 2;
	m->gyro_y_rad_s = wire_value((int16_t)wire_get16(p), 1024.0f, -32768);
	p += 2;
	m->gyro_z_rad_s = wire_value((int16_t)wire_get16(p), 1024.0f, -32768);
	p += 2;
	m->acc_x_m_s2 = wire_value((int16_t)wire_get16(p), 256.0f, -32768);
	p += 2;
	m->acc_y_m_s2 = wire_value((int16_t)wire_get16(p), 256.0f, -32768);
	p += 2;
	m->acc_z_m_s2 = wire_value((int16_t)wire_get16(p), 256.0f, -32768);
	p += 2;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		m->joint[i].pos_rad = wire_value((int16_t)wire_get16(p), 4096.0f, -32768);
		p += 2;
		m->joint[i].vel_rad_s = wire_value((int16_t)wire_get16(p), 512.0f, -32768);
		p += 2;
		m->joint[i].torque_nm = wire_value((int16_t)wire_get16(p), 512.0f, -32768);
		p += 2;
		m->joint[i].current_a = wire_value((int16_t)wire_get16(p), 256.0f, -32768);
		p += 2;
		m->joint[i].temp_c = wire_value((int8_t)wire_get8(p), 1.0f, -128);
		p += 1;
		m->joint[i].fault = wire_get8(p);
		p += 1;
	}
	m->accepted = wire_get32(p);
	p += 4;
	m->refused_short = wire_get16(p);
	p += 2;
	m->refused_long = wire_get16(p);
	p += 2;
	m->refused_cobs = wire_get16(p);
	p += 2;
	m->refused_crc = wire_get16(p);
	p += 2;
	m->refused_version = wire_get16(p);
	p += 2;
	m->refused_type = wire_get16(p);
	p += 2;
	m->refused_length = wire_get16(p);
	p += 2;
	m->refused_session = wire_get16(p);
	p += 2;
	m->refused_window = wire_get16(p);
	p += 2;
	m->refused_stale = wire_get16(p);
	p += 2;
	m->uart_overruns = wire_get16(p);
	p += 2;
	m->late_ticks = wire_get16(p);
	p += 2;
	(void)p;
}

void wire_put_ack(uint8_t *p, const struct wire_ack *m)
{
	wire_put8(p, m->request);
	p += 1;
	wire_put32(p, m->request_seq);
	p += 4;
	wire_put8(p, m->result);
	p += 1;
	wire_put8(p, m->joint_index);
	p += 1;
	(void)p;
}

void wire_get_ack(struct wire_ack *m, const uint8_t *p)
{
	m->request = wire_get8(p);
	p += 1;
	m->request_seq = wire_get32(p);
	p += 4;
	m->result = wire_get8(p);
	p += 1;
	m->joint_index = wire_get8(p);
	p += 1;
	(void)p;
}

void wire_put_info(uint8_t *p, const struct wire_info *m)
{
	wire_put8(p, m->joints);
	p += 1;
	wire_put16(p, m->tick_hz);
	p += 2;
	wire_put16(p, m->state_hz);
	p += 2;
	wire_put16(p, m->expiry_ms);
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->min_voltage_v, 512.0f, 0, 65534, 65535));
	p += 2;
	wire_put16(p, (uint16_t)wire_quantise(m->max_voltage_v, 512.0f, 0, 65534, 65535));
	p += 2;
	wire_put8(p, (uint8_t)wire_quantise(m->max_temp_c, 1.0f, -127, 127, -128));
	p += 1;
	wire_put32(p, m->calibration);
	p += 4;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].min_rad, 4096.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].max_rad, 4096.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].max_vel_rad_s, 512.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].max_torque_nm, 512.0f, -32767, 32767, -32768));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].max_kp_nm_rad, 64.0f, 0, 65534, 65535));
		p += 2;
		wire_put16(p, (uint16_t)wire_quantise(m->joint[i].max_kd_nm_s_rad, 1024.0f, 0, 65534, 65535));
		p += 2;
	}
	(void)p;
}

void wire_get_info(struct wire_info *m, const uint8_t *p)
{
	m->joints = wire_get8(p);
	p += 1;
	m->tick_hz = wire_get16(p);
	p += 2;
	m->state_hz = wire_get16(p);
	p += 2;
	m->expiry_ms = wire_get16(p);
	p += 2;
	m->min_voltage_v = wire_value((uint16_t)wire_get16(p), 512.0f, 65535);
	p += 2;
	m->max_voltage_v = wire_value((uint16_t)wire_get16(p), 512.0f, 65535);
	p += 2;
	m->max_temp_c = wire_value((int8_t)wire_get8(p), 1.0f, -128);
	p += 1;
	m->calibration = wire_get32(p);
	p += 4;
	for (int i = 0; i < WIRE_JOINTS; i++) {
		m->joint[i].min_rad = wire_value((int16_t)wire_get16(p), 4096.0f, -32768);
		p += 2;
		m->joint[i].max_rad = wire_value((int16_t)wire_get16(p), 4096.0f, -32768);
		p += 2;
		m->joint[i].max_vel_rad_s = wire_value((int16_t)wire_get16(p), 512.0f, -32768);
		p += 2;
		m->joint[i].max_torque_nm = wire_value((int16_t)wire_get16(p), 512.0f, -32768);
		p += 2;
		m->joint[i].max_kp_nm_rad = wire_value((uint16_t)wire_get16(p), 64.0f, 65535);
		p += 2;
		m->joint[i].max_kd_nm_s_rad = wire_value((uint16_t)wire_get16(p), 1024.0f, 65535);
		p += 2;
	}
	(void)p;
}

int wire_size_of(uint8_t type)
{
	switch (type) {
	case WIRE_TYPE_HELLO: return WIRE_HELLO_SIZE;
	case WIRE_TYPE_COMMAND: return WIRE_COMMAND_SIZE;
	case WIRE_TYPE_ENABLE: return WIRE_ENABLE_SIZE;
	case WIRE_TYPE_STOP: return WIRE_STOP_SIZE;
	case WIRE_TYPE_ESTOP: return WIRE_ESTOP_SIZE;
	case WIRE_TYPE_RESET: return WIRE_RESET_SIZE;
	case WIRE_TYPE_CALIBRATE: return WIRE_CALIBRATE_SIZE;
	case WIRE_TYPE_QUERY: return WIRE_QUERY_SIZE;
	case WIRE_TYPE_WELCOME: return WIRE_WELCOME_SIZE;
	case WIRE_TYPE_STATE: return WIRE_STATE_SIZE;
	case WIRE_TYPE_ACK: return WIRE_ACK_SIZE;
	case WIRE_TYPE_INFO: return WIRE_INFO_SIZE;
	default: return -1;
	}
}

const uint32_t wire_crc_table[256] = {
	0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c, 0x26a1e7e8, 0xd4ca64eb,
	0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b, 0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24,
	0x105ec76f, 0xe235446c, 0xf165b798, 0x030e349b, 0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384,
	0x9a879fa0, 0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc, 0xbc267848, 0x4e4dfb4b,
	0x20bd8ede, 0xd2d60ddd, 0xc186fe29, 0x33ed7d2a, 0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35,
	0xaa64d611, 0x580f5512, 0x4b5fa6e6, 0xb93425e5, 0x6dfe410e, 0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa,
	0x30e349b1, 0xc288cab2, 0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad, 0x1642ae59, 0xe4292d5a,
	0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a, 0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595,
	0x417b1dbc, 0xb3109ebf, 0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0, 0x67dafa54, 0x95b17957,
	0xcba24573, 0x39c9c670, 0x2a993584, 0xd8f2b687, 0x0c38d26c, 0xfe53516f, 0xed03a29b, 0x1f682198,
	0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927, 0x96bf4dcc, 0x64d4cecf, 0x77843d3b, 0x85efbe38,
	0xdbfc821c, 0x2997011f, 0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4, 0x0f36e6f7,
	0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096, 0xa65c047d, 0x5437877e, 0x4767748a, 0xb50cf789,
	0xeb1fcbad, 0x197448ae, 0x0a24bb5a, 0xf84f3859, 0x2c855cb2, 0xdeeedfb1, 0xcdbe2c45, 0x3fd5af46,
	0x7198540d, 0x83f3d70e, 0x90a324fa, 0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6,
	0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd, 0xceb018de, 0xdde0eb2a, 0x2f8b6829,
	0x82f63b78, 0x709db87b, 0x63cd4b8f, 0x91a6c88c, 0x456cac67, 0xb7072f64, 0xa457dc90, 0x563c5f93,
	0x082f63b7, 0xfa44e0b4, 0xe9141340, 0x1b7f9043, 0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c,
	0x92a8fc17, 0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b, 0xb4091bff, 0x466298fc,
	0x1871a4d8, 0xea1a27db, 0xf94ad42f, 0x0b21572c, 0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033,
	0xa24bb5a6, 0x502036a5, 0x4370c551, 0xb11b4652, 0x65d122b9, 0x97baa1ba, 0x84ea524e, 0x7681d14d,
	0x2892ed69, 0xdaf96e6a, 0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975, 0x0e330a81, 0xfc588982,
	0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d, 0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622,
	0x38cc2a06, 0xcaa7a905, 0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a, 0x1e6dcdee, 0xec064eed,
	0xc38d26c4, 0x31e6a5c7, 0x22b65633, 0xd0ddd530, 0x0417b1db, 0xf67c32d8, 0xe52cc12c, 0x1747422f,
	0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff, 0x8ecee914, 0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0,
	0xd3d3e1ab, 0x21b862a8, 0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643, 0x07198540,
	0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90, 0x9e902e7b, 0x6cfbad78, 0x7fab5e8c, 0x8dc0dd8f,
	0xe330a81a, 0x115b2b19, 0x020bd8ed, 0xf0605bee, 0x24aa3f05, 0xd6c1bc06, 0xc5914ff2, 0x37faccf1,
	0x69e9f0d5, 0x9b8273d6, 0x88d28022, 0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
	0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a, 0xc69f7b69, 0xd5cf889d, 0x27a40b9e,
	0x79b737ba, 0x8bdcb4b9, 0x988c474d, 0x6ae7c44e, 0xbe2da0a5, 0x4c4623a6, 0x5f16d052, 0xad7d5351,
};
