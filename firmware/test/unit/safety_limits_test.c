// Each limit itself passes, and the next number after it does not; each cause
// counts its ticks.
#include "calm.h"

static void positions_end_at_their_range_and_margin(void)
{
	for (int i = 0; i < WIRE_JOINTS; i++) {
		const struct servo_limits *l = &robot_config.joint[i].limits;
		float high = l->pos_max + robot_config.margin_rad, low = l->pos_min - robot_config.margin_rad;
		const struct {
			float pos;
			enum wire_fault want;
		} edges[] = {{high, WIRE_FAULT_NONE}, {NEXT(high), WIRE_FAULT_JOINT_LIMIT}, {low, WIRE_FAULT_NONE}, {PREVIOUS(low), WIRE_FAULT_JOINT_LIMIT}};
		for (int k = 0; k < 4; k++) {
			standing();
			s.sense.joint[i].pos = edges[k].pos; // it got there slowly
			struct safety_sense m = calm;
			m.joint[i].pos = edges[k].pos;
			tick(&m);
			CHECK(s.fault == edges[k].want, "joint %d at %.9g: fault %d", i, (double)edges[k].pos, s.fault);
		}
	}
}

static void speeds_torques_and_temperatures_end_at_their_limits(void)
{
	for (int i = 0; i < WIRE_JOINTS; i++) {
		struct safety_sense m = calm;
		float fast = SAFETY_SPEED * robot_config.joint[i].limits.vel_max, strong = SAFETY_TORQUE * robot_config.joint[i].limits.torque_max;
		m.joint[i].vel = -fast;
		FAULT(&m, 1, WIRE_FAULT_NONE);
		m.joint[i].vel = PREVIOUS(-fast);
		FAULT(&m, 1, WIRE_FAULT_JOINT_SPEED);
		m = calm;
		m.torque[i] = -strong;
		FAULT(&m, 50, WIRE_FAULT_NONE);
		m.torque[i] = PREVIOUS(-strong);
		FAULT(&m, SAFETY_TORQUE_TICKS - 1, WIRE_FAULT_NONE);
		FAULT(&m, SAFETY_TORQUE_TICKS, WIRE_FAULT_CURRENT);
		m = calm;
		m.temp[i] = robot_config.temp_max_c;
		FAULT(&m, 1, WIRE_FAULT_NONE);
		m.temp[i] = NEXT(m.temp[i]);
		FAULT(&m, 1, WIRE_FAULT_TEMPERATURE);
	}
	NEAR(SAFETY_SPEED, 1.2, 1e-6);
	NEAR(SAFETY_TORQUE, 1.3, 1e-6);
}

static void a_joint_jumps_no_further_than_said(void)
{
	struct safety_sense m = calm;
	standing();
	s.sense.joint[4].pos = 0;
	m.joint[4].pos = SAFETY_JUMP_RAD;
	tick(&m);
	CHECK(s.fault == WIRE_FAULT_NONE, "fault %d at the edge", s.fault);
	standing();
	s.sense.joint[4].pos = 0;
	m.joint[4].pos = NEXT(SAFETY_JUMP_RAD);
	tick(&m);
	CHECK(s.fault == WIRE_FAULT_ENCODER, "fault %d past it", s.fault);
	m = calm;
	m.joint[0].pos = NAN;
	FAULT(&m, 1, WIRE_FAULT_ENCODER);
	m = calm;
	m.joint[0].vel = INFINITY;
	FAULT(&m, 1, WIRE_FAULT_ENCODER);
	fresh(); // what was never measured cannot jump
	s.heard = 0;
	m = calm;
	m.joint[0].pos += 1;
	s.mode = WIRE_MODE_ENABLED;
	s.deadline_us = now + 1000000;
	s.sense.joint[0].pos = 0;
	tick(&m);
	CHECK(s.fault != WIRE_FAULT_ENCODER, "fault %d", s.fault);
}

// A board that was reset in motion does not know where its joints are until their motors answer.
static void what_no_motor_has_said_is_not_judged(void)
{
	for (int i = 0; i < WIRE_JOINTS; i++) {
		fresh();
		safety_init(&s, &config, WIRE_FAULT_NONE, true);
		s.calibrated = true;
		struct safety_sense m = calm;
		m.answered &= (uint16_t) ~(1u << i);
		m.joint[i].pos = config.joint[i].limits.pos_max + 1;
		CHECK(tick(&m) == SAFETY_DAMP && s.fault == WIRE_FAULT_NONE, "joint %d: fault %d before it answered", i, s.fault);
		CHECK(tick(&calm) == SAFETY_DAMP && s.fault == WIRE_FAULT_NONE, "joint %d: fault %d by its first answer", i, s.fault);
		safety_init(&s, &config, WIRE_FAULT_NONE, true);
		s.calibrated = true;
		m.answered = calm.answered;
		tick(&m);
		CHECK(s.fault == WIRE_FAULT_JOINT_LIMIT, "joint %d: fault %d where it answers from there", i, s.fault);
	}
}

static void set_points_are_no_further_than_said(void)
{
	struct safety_sense m = calm;
	for (int k = 0; k < 4; k++) {
		standing();
		m.joint[1].pos = 0;
		s.sense.joint[1].pos = 0;
		held[1].kp = k == 3 ? 0.0f : k == 2 ? 0.5f : 1e-6f; // any stiffness follows
		held[1].pos = k == 0 ? robot_config.following_rad : NEXT(robot_config.following_rad);
		enum wire_fault want = k == 0 || k == 3 ? WIRE_FAULT_NONE : WIRE_FAULT_FOLLOWING;
		tick(&m);
		CHECK(s.fault == want, "case %d: fault %d", k, s.fault);
	}
}

static void the_body_has_its_limits(void)
{
	struct safety_sense m = calm;
	m.voltage = robot_config.voltage_min_v;
	FAULT(&m, 50, WIRE_FAULT_NONE);
	m.voltage = PREVIOUS(m.voltage);
	FAULT(&m, SAFETY_VOLTAGE_TICKS - 1, WIRE_FAULT_NONE);
	FAULT(&m, SAFETY_VOLTAGE_TICKS, WIRE_FAULT_VOLTAGE);
	m.voltage = robot_config.voltage_max_v;
	FAULT(&m, 50, WIRE_FAULT_NONE);
	m.voltage = NEXT(m.voltage);
	FAULT(&m, SAFETY_VOLTAGE_TICKS, WIRE_FAULT_VOLTAGE);
	m = calm;
	m.upright = robot_config.tilt_cos;
	FAULT(&m, 50, WIRE_FAULT_NONE);
	m.upright = PREVIOUS(m.upright);
	FAULT(&m, 1, WIRE_FAULT_TILT);
	m = calm;
	m.imu = false;
	FAULT(&m, SAFETY_IMU_TICKS - 1, WIRE_FAULT_NONE);
	FAULT(&m, SAFETY_IMU_TICKS, WIRE_FAULT_IMU);
	m = calm;
	m.late = true;
	FAULT(&m, SAFETY_LATE_TICKS - 1, WIRE_FAULT_NONE);
	FAULT(&m, SAFETY_LATE_TICKS, WIRE_FAULT_OVERRUN);
	for (int i = 0; i < WIRE_JOINTS; i++) {
		m = calm;
		m.answered &= (uint16_t)~(1u << i);
		FAULT(&m, SAFETY_LINK_TICKS - 1, WIRE_FAULT_NONE);
		FAULT(&m, SAFETY_LINK_TICKS, WIRE_FAULT_MOTOR_LINK);
		m = calm;
		m.error[i] = 1;
		FAULT(&m, 1, WIRE_FAULT_MOTOR);
	}
}

// A count does not begin anew after 255 ticks.
static void a_cause_that_stays_stays_a_cause(void)
{
	struct safety_sense m = calm;
	fresh();
	m.answered &= (uint16_t)~1u;
	for (int i = 0; i < 600; i++) {
		tick(&m);
		CHECK(i < 260 || s.silent[0] == UINT8_MAX, "tick %d: %d", i, s.silent[0]);
	}
	m = calm;
	tick(&m);
	CHECK(s.silent[0] == 0, "%d after an answer", s.silent[0]);
}

int main(void)
{
	RUN(positions_end_at_their_range_and_margin);
	RUN(speeds_torques_and_temperatures_end_at_their_limits);
	RUN(a_joint_jumps_no_further_than_said);
	RUN(what_no_motor_has_said_is_not_judged);
	RUN(set_points_are_no_further_than_said);
	RUN(the_body_has_its_limits);
	RUN(a_cause_that_stays_stays_a_cause);
	return failures;
}
