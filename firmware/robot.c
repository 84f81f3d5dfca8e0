// The tick: measure, judge, limit, command.
#include "robot.h"

#include <math.h>   // isfinite
#include <string.h> // memcpy, memset

int robot_joint_of(const struct robot_config *c, uint8_t bus, uint8_t id)
{
	for (int i = 0; i < c->joints; i++)
		if (c->joint[i].bus == bus && c->joint[i].id == id) return i;
	return -1;
}

// ---- between the joint and its motor ----

// The motor turns ratio times as far as the joint; the calibration says which way
// and from where: joint = sign · motor / ratio + offset.
static void from_motor(const struct robot *r, int i, const struct mit_reply *m, struct safety_sense *s)
{
	float sign = (float)r->calibration.joint[i].sign, ratio = r->config->joint[i].ratio;
	s->joint[i].pos = sign * m->state.pos / ratio + r->calibration.joint[i].offset_rad;
	s->joint[i].vel = sign * m->state.vel / ratio;
	s->torque[i] = sign * m->torque * ratio;
	s->temp[i] = (float)m->temp;
	s->error[i] = m->error;
}

static void to_motor(const struct robot *r, int i, const struct servo_command *c, uint8_t frame[MIT_FRAME])
{
	float sign = (float)r->calibration.joint[i].sign, ratio = r->config->joint[i].ratio;
	struct servo_command m = {
		.pos = sign * (c->pos - r->calibration.joint[i].offset_rad) * ratio,
		.vel = sign * c->vel * ratio,
		.torque = sign * c->torque / ratio,
		.kp = c->kp / (ratio * ratio),
		.kd = c->kd / (ratio * ratio),
	};
	mit_pack(frame, &m, &r->config->joint[i].range);
}

// ---- the tick ----

static void measure(struct robot *r, const struct robot_input *in, struct safety_sense *s)
{
	*s = r->safety.sense; // a motor that is silent keeps its last value
	s->answered = 0;
	for (int i = 0; i < r->config->joints; i++) {
		struct mit_reply m;
		if (!mit_reply_unpack(&m, in->reply[i], in->length[i], &r->config->joint[i].range)) continue;
		if (m.id != r->config->joint[i].id) continue;
		from_motor(r, i, &m, s);
		s->answered |= (uint16_t)(1u << i);
	}
	s->imu = in->imu && imu_update(&r->imu, in->gyro, in->acc, TICK_S);
	r->ran |= ROBOT_RAN_IMU;
	s->upright = imu_upright(&r->imu);
	s->voltage = in->voltage;
	s->estop = in->estop;
	s->late = in->late;
	r->state.late_ticks = (uint16_t)(r->state.late_ticks + in->late);
	r->state.uart_overruns = in->uart_overruns;
	r->state.current_a = in->current;
	r->state.board_temp_c = in->board_temp;
}

// wanted is what the host asks of joint i, or a damped joint before it asked.
static struct servo_command wanted(const struct robot *r, int i)
{
	const struct safety *s = &r->safety;
	struct servo_command damp = {.pos = s->sense.joint[i].pos, .kd = r->config->joint[i].limits.kd_max};
	if (!r->commanded || (s->purpose == WIRE_PURPOSE_CALIBRATE && i != s->only)) return damp;
	return (struct servo_command){
		.pos = r->command.joint[i].pos_rad,
		.vel = r->command.joint[i].vel_rad_s,
		.torque = r->command.joint[i].torque_nm,
		.kp = r->command.joint[i].kp_nm_rad,
		.kd = r->command.joint[i].kd_nm_s_rad,
	};
}

// limits are those of the config; without a calibration a joint may move a
// little around where it was found.
static struct servo_limits limits_of(const struct robot *r, int i)
{
	struct servo_limits l = r->config->joint[i].limits;
	if (r->safety.purpose == WIRE_PURPOSE_CALIBRATE) {
		l.pos_min = r->safety.found[i] - SAFETY_CALIBRATE_RAD;
		l.pos_max = r->safety.found[i] + SAFETY_CALIBRATE_RAD;
	}
	return l;
}

// act fills what each joint is told. The set point follows the joint while
// nothing holds it, so that stiffness begins where the joint is.
static void act(struct robot *r, enum safety_reaction what)
{
	uint32_t acted = 0, less = 0;
	for (int i = 0; i < r->config->joints; i++) {
		struct servo_limits l = limits_of(r, i);
		struct servo_state now = r->safety.sense.joint[i];
		float set_point = r->held[i].pos;
		if (r->held[i].kp <= 0) set_point = now.pos;
		switch (safety_joint(&r->safety, what, i)) {
		case SAFETY_OFF:
			r->held[i] = (struct servo_command){.pos = now.pos};
			break;
		case SAFETY_DAMP:
			l.torque_max *= safety_trust(&r->safety, i);
			r->held[i] = servo_damp(&l, now);
			break;
		case SAFETY_RUN:
			r->held[i] = wanted(r, i);
			float share = safety_share(&r->safety, i, &less);
			acted |= servo_limit(&r->held[i], &l, now, &set_point, share, TICK_S);
			break;
		}
	}
	safety_limiting(&r->safety, (acted | less) != 0);
	r->limiting |= acted | less;
}

// command_motors encodes what each joint is told. A motor that has no torque is
// asked to stay out of motor mode, every tick: it answers with its state.
static void command_motors(struct robot *r, enum safety_reaction what, uint8_t frames[WIRE_JOINTS][MIT_FRAME])
{
	for (int i = 0; i < r->config->joints; i++) {
		struct servo_command c = r->held[i];
		bool off = safety_joint(&r->safety, what, i) == SAFETY_OFF;
		if (off) {
			mit_special(frames[i], MIT_EXIT);
		} else if (!r->on[i]) {
			mit_special(frames[i], MIT_ENTER);
		} else {
			if (r->law) {
				float t = servo_torque(&c, r->safety.sense.joint[i], r->config->joint[i].limits.torque_max);
				c = (struct servo_command){.pos = r->safety.sense.joint[i].pos, .torque = t};
			}
			to_motor(r, i, &c, frames[i]);
		}
		r->on[i] = !off;
	}
	r->ran |= ROBOT_RAN_MOTORS;
}

void robot_report(struct robot *r)
{
	struct wire_state *s = &r->state;
	const struct safety_sense *m = &r->safety.sense;
	s->mode = (uint8_t)r->safety.mode;
	s->fault = (uint8_t)r->safety.fault;
	s->limiting = (uint16_t)r->limiting;
	if (s->mode == WIRE_MODE_ENABLED && s->limiting) s->mode = WIRE_MODE_LIMITING;
	s->voltage_v = m->voltage;
	s->quat_w = r->imu.quat[0], s->quat_x = r->imu.quat[1], s->quat_y = r->imu.quat[2], s->quat_z = r->imu.quat[3];
	s->gyro_x_rad_s = r->imu.gyro[0], s->gyro_y_rad_s = r->imu.gyro[1], s->gyro_z_rad_s = r->imu.gyro[2];
	s->acc_x_m_s2 = r->imu.acc[0], s->acc_y_m_s2 = r->imu.acc[1], s->acc_z_m_s2 = r->imu.acc[2];
	for (int i = 0; i < WIRE_JOINTS; i++) {
		s->joint[i].pos_rad = m->joint[i].pos;
		s->joint[i].vel_rad_s = m->joint[i].vel;
		s->joint[i].torque_nm = m->torque[i];
		s->joint[i].current_a = NAN; // an MIT-mode motor tells its torque alone
		s->joint[i].temp_c = m->temp[i];
		s->joint[i].fault = m->error[i];
	}
	s->command_age_us = r->time_us - r->command_us;
	r->state_due = r->link.session != 0;
	r->limiting = 0;
}

void robot_tick(struct robot *r, const struct robot_input *in, uint32_t now_us, uint8_t frames[WIRE_JOINTS][MIT_FRAME])
{
	struct safety_sense sense;
	r->time_us = now_us;
	r->ticks++;
	measure(r, in, &sense);
	enum safety_reaction what = safety_tick(&r->safety, &sense, r->held, now_us);
	act(r, what);
	command_motors(r, what, frames);
	if (r->config->state_hz && r->ticks % (TICK_HZ / r->config->state_hz) == 0) robot_report(r);
	r->ran |= ROBOT_RAN_TICK;
}

bool robot_alive(struct robot *r)
{
	if (r->ran != ROBOT_RAN_ALL) return false;
	r->ran = 0;
	return true;
}

// ---- start ----

// recall takes the stored calibration. One that is damaged is a fault; erased
// memory is none.
static enum wire_fault recall(struct robot *r)
{
	const uint8_t *p = r->boot.calibration;
	bool erased = true;
	for (size_t i = 0; i < sizeof r->boot.calibration; i++) erased = erased && p[i] == 0xFF;
	for (int i = 0; i < WIRE_JOINTS; i++) r->calibration.joint[i].sign = 1;
	if (erased) return WIRE_FAULT_NONE;
	if (wire_crc(0, p, WIRE_CALIBRATE_SIZE) != wire_get32(p + WIRE_CALIBRATE_SIZE)) return WIRE_FAULT_CALIBRATION;
	wire_get_calibrate(&r->calibration, p);
	r->safety.calibrated = r->calibration.id != 0;
	return WIRE_FAULT_NONE;
}

void robot_init(struct robot *r, const struct robot_config *c, const struct robot_boot *boot)
{
	memset(r, 0, sizeof *r);
	r->config = c;
	r->boot = *boot;
	enum wire_fault found = WIRE_FAULT_NONE;
	if (boot->cause == WIRE_RESET_CAUSE_WATCHDOG) found = WIRE_FAULT_WATCHDOG;
	if (boot->cause == WIRE_RESET_CAUSE_BROWN_OUT && boot->moving) found = WIRE_FAULT_BROWN_OUT;
	safety_init(&r->safety, c, found, boot->moving);
	for (int i = 0; i < WIRE_JOINTS; i++) r->on[i] = boot->moving; // what has lost its supply too is not switched on again
	safety_latch(&r->safety, recall(r));
	imu_init(&r->imu, c->mounting);
}
