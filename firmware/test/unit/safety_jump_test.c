// A joint whose encoder has jumped: damped with little torque while what it says
// can be true, limp from then on.
#include "calm.h"
#include "rig.h"

static bool is_limp(int i) { return safety_joint(&s, SAFETY_DAMP, i) == SAFETY_OFF; }

// jumped is a standing robot whose joint i has jumped once, by more than it can
// move; *m is what is measured.
static void jumped(int i, float by, struct safety_sense *m)
{
	standing();
	*m = calm;
	m->joint[i].pos += by;
	CHECK(tick(m) == SAFETY_DAMP && s.fault == WIRE_FAULT_ENCODER && !is_limp(i), "joint %d: fault %d", i, s.fault);
}

// move is a tick in which joint i goes so far and says that it is so fast.
static void move(struct safety_sense *m, int i, float step, float vel)
{
	m->joint[i].pos += step;
	m->joint[i].vel = vel;
	tick(m);
}

static void it_is_damped_with_little_torque_until_the_next_enable(void)
{
	for (int i = 0; i < WIRE_JOINTS; i++) {
		struct safety_sense m;
		uint8_t joint;
		jumped(i, i % 2 ? 0.4f : -0.4f, &m);
		for (int n = 0; n < 1000; n++) tick(&m);
		for (int k = 0; k < WIRE_JOINTS; k++)
			CHECK(!is_limp(k) && safety_trust(&s, k) == (k == i ? 0.25f : 1), "joint %d jumped, %d has %g", i, k, (double)safety_trust(&s, k));
		CHECK(safety_reset(&s, WIRE_FAULT_ENCODER) == WIRE_RESULT_DONE && safety_trust(&s, i) < 1, "joint %d: trusted after the reset", i);
		CHECK(enable(WIRE_PURPOSE_RUN, 0, &joint) == WIRE_RESULT_DONE && safety_trust(&s, i) == 1, "joint %d: not trusted after enable", i);
	}
}

static void there_and_back_again_is_borne_a_third_jump_is_not(void)
{
	struct safety_sense m;
	jumped(3, 0.4f, &m);
	for (int n = 0; n < 2; n++) {
		for (int k = 0; k < 50; k++) tick(&m);
		CHECK(!is_limp(3), "limp before the jump %d", n + 2);
		m.joint[3].pos += n ? 0.4f : -0.4f;
		tick(&m);
	}
	CHECK(is_limp(3), "damped after three jumps");
	for (int n = 0; n < 1000; n++) tick(&m);
	CHECK(is_limp(3) && !is_limp(4), "damped later");
}

static void a_jump_that_is_no_number_is_not_damped(void)
{
	struct safety_sense m;
	for (int later = 0; later < 2; later++) {
		jumped(5, 0.4f, &m);
		if (later) tick(&m);
		m.joint[5].pos += later ? 0 : 1;
		m.joint[5].vel = NAN;
		tick(&m);
		CHECK(is_limp(5), "damped by a speed that is none");
	}
}

// Steps that a speed does not make: the sum of the last 0.2 s counts.
static void steps_and_speed_have_to_agree(void)
{
	const struct {
		float step, vel;
		int bears, ends; // ticks; 0 is for ever
	} rows[] = {
		{2.5f * TICK_S, 2.5f, 5000, 0}, {-2.5f * TICK_S, -2.5f, 5000, 0}, // as it should be
		{0.02f, 0, 10, 11}, {-0.02f, 0, 10, 11},                       // it says that it stands
		{0, 2.5f, 50, 55}, {0, -2.5f, 50, 55},                         // it says that it moves
		{2 * TICK_S, -2, 28, 30},                                      // it says the opposite
		{0.0019f, 0, 5000, 0}, {0.0021f, 0, 200, 400},                 // a little, for long
	};
	for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
		struct safety_sense m;
		jumped(7, 0.4f, &m);
		for (int n = 0; n < rows[k].bears; n++) move(&m, 7, rows[k].step, rows[k].vel);
		CHECK(!is_limp(7), "row %u: limp early, %g rad astray", k, (double)s.astray[7]);
		for (int n = rows[k].bears; n < rows[k].ends; n++) move(&m, 7, rows[k].step, rows[k].vel);
		CHECK(is_limp(7) == (rows[k].ends > 0), "row %u: %g rad astray", k, (double)s.astray[7]);
	}
	struct safety_sense m;
	jumped(7, 0.4f, &m);
	for (int n = 0; n < 10; n++) move(&m, 7, 0.019f, 0);
	m.joint[7].pos -= 0.4f; // what was astray before is forgotten
	tick(&m);
	for (int n = 0; n < 10; n++) move(&m, 7, 0.019f, 0);
	CHECK(!is_limp(7), "%g rad astray", (double)s.astray[7]);
}

static void it_has_to_be_slow(void)
{
	const struct {
		float vel;
		int bears, ends;
	} rows[] = {{3, 5000, 0}, {-3, 5000, 0}, {5, 4, 6}, {-5, 4, 6}, {13.5f, 0, 1}, {12.5f, 1, 2}};
	for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
		struct safety_sense m;
		jumped(7, 0.4f, &m);
		for (int n = 0; n < rows[k].bears; n++) move(&m, 7, rows[k].vel * TICK_S, rows[k].vel);
		CHECK(!is_limp(7), "row %u: limp early, %g rad ahead", k, (double)s.ahead[7]);
		for (int n = rows[k].bears; n < rows[k].ends; n++) move(&m, 7, rows[k].vel * TICK_S, rows[k].vel);
		CHECK(is_limp(7) == (rows[k].ends > 0), "row %u: %g rad ahead", k, (double)s.ahead[7]);
	}
	struct safety_sense m;
	jumped(7, 0.4f, &m);
	for (int n = 0; n < 100; n++) { // what is fast for a moment and slow again
		for (int k = 0; k < 4; k++) move(&m, 7, 5 * TICK_S, 5);
		for (int k = 0; k < 10; k++) move(&m, 7, TICK_S, 1);
	}
	CHECK(!is_limp(7), "%g rad ahead", (double)s.ahead[7]);
	jumped(7, 0.4f, &m);
	for (int k = 0; k < 4; k++) move(&m, 7, 5 * TICK_S, 5);
	m.joint[7].pos -= 0.4f;
	tick(&m);
	for (int k = 0; k < 4; k++) move(&m, 7, 5 * TICK_S, 5);
	CHECK(!is_limp(7), "%g rad ahead since the last jump", (double)s.ahead[7]);
}

static void each_bound_itself_is_borne(void)
{
	struct safety_sense m;
	for (int past = 0; past < 2; past++) {
		float most = past ? NEXT(SAFETY_ASTRAY_RAD) : SAFETY_ASTRAY_RAD, drain = SAFETY_SLOW_RAD_S * TICK_S;
		jumped(4, 0.4f, &m);
		s.sense.joint[4].pos = 0;
		m.joint[4].pos = most;
		tick(&m);
		CHECK(s.astray[4] == most && is_limp(4) == past, "%.9g rad astray", (double)s.astray[4]);
		jumped(4, 0.4f, &m);
		s.ahead[4] = past ? NEXT(SAFETY_AHEAD_RAD + drain) : SAFETY_AHEAD_RAD + drain;
		tick(&m);
		CHECK((s.ahead[4] == SAFETY_AHEAD_RAD) != past && is_limp(4) == past, "%.9g rad ahead", (double)s.ahead[4]);
	}
}

static void a_joint_that_did_not_jump_may_be_fast(void)
{
	struct safety_sense m = calm;
	standing();
	m.error[0] = 1;
	for (int n = 0; n < 200; n++) move(&m, 7, 0.01f, 20);
	CHECK(s.mode == WIRE_MODE_FAULT && !is_limp(7) && safety_trust(&s, 7) == 1, "limp");
}

// drive turns joint i of a robot under its frames: a rotor and link of that inertia
// with dry friction and a load, behind a motor that gives share of the torque that it
// is told. It returns the fastest that the joint was.
static float drive(struct rig *g, int i, float inertia, float load, float share)
{
	struct servo_state *at = &g->joint[i];
	const struct joint_config *c = &robot_config.joint[i];
	float top = 0;
	for (int n = 0; n < 200; n++) {
		uint8_t what;
		struct servo_command told = {0};
		if (!mit_is_special(g->frames[i], &what)) told = mit_unpack(g->frames[i], &c->range);
		for (int k = 0; k < 8; k++) {
			struct servo_state motor = {at->pos * c->ratio, at->vel * c->ratio};
			float torque = load + share * c->ratio * servo_torque(&told, motor, c->range.torque);
			at->vel += TICK_S / 8 * (torque - 0.2f * tanhf(at->vel / 0.05f)) / inertia;
			at->pos += TICK_S / 8 * at->vel;
			top = fmaxf(top, fabsf(at->vel));
		}
		rig_tick(g);
	}
	return top;
}

// slipped is a standing robot whose joint i has just jumped and turns slowly.
static void slipped(struct rig *g, int i, float vel)
{
	rig_standing(g);
	g->joint[i] = (struct servo_state){g->joint[i].pos + 0.5f, vel};
	rig_tick(g);
	CHECK(g->r.safety.fault == WIRE_FAULT_ENCODER && rig_told(g, i) == TOLD_DAMP, "joint %d: fault %d, told %d", i, g->r.safety.fault, rig_told(g, i));
}

// A thigh with its leg, and a knee.
static const struct {
	int joint;
	float inertia, most; // kg·m², rad/s
} legs[] = {{1, 0.03f, 6}, {2, 0.006f, 10}};

static void damping_lets_it_down(void)
{
	for (int k = 0; k < 2; k++) {
		for (int way = -1; way <= 1; way += 2) {
			struct rig g;
			slipped(&g, legs[k].joint, 0);
			float top = drive(&g, legs[k].joint, legs[k].inertia, (float)way * 3.5f, 1);
			CHECK(rig_told(&g, legs[k].joint) == TOLD_DAMP && top < 2, "joint %d: %g rad/s under a load of %d 3.5 N·m", legs[k].joint, (double)top, way);
		}
	}
}

// A motor whose field the slip turned by half a turn drives where it should brake.
static void damping_that_drives_is_over_soon(void)
{
	for (int k = 0; k < 2; k++) {
		for (int way = -1; way <= 1; way += 2) {
			struct rig g;
			slipped(&g, legs[k].joint, (float)way * 0.3f);
			float top = drive(&g, legs[k].joint, legs[k].inertia, 0, -1);
			CHECK(rig_told(&g, legs[k].joint) == TOLD_OFF && top < legs[k].most, "joint %d was driven to %g rad/s", legs[k].joint, (double)top);
		}
	}
}

int main(void)
{
	RUN(it_is_damped_with_little_torque_until_the_next_enable);
	RUN(there_and_back_again_is_borne_a_third_jump_is_not);
	RUN(a_jump_that_is_no_number_is_not_damped);
	RUN(steps_and_speed_have_to_agree);
	RUN(it_has_to_be_slow);
	RUN(each_bound_itself_is_borne);
	RUN(a_joint_that_did_not_jump_may_be_fast);
	RUN(damping_lets_it_down);
	RUN(damping_that_drives_is_over_soon);
	return failures;
}
