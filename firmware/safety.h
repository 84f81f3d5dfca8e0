// The operating states, the faults, and what is done about them. In come what a
// tick measured and what the host asked for; out comes one reaction for all
// motors. The codes are those of the wire protocol; README.md has a row for each
// fault with its reaction and the longest time that may take, and each row has a
// test that removes the cause.
//
//	idle ──enable──► enabled ◄──► limiting     estop: from anywhere
//	 ▲                  │ stop                 fault: where torque is on, and at start
//	 └──── 0.5 s ──── damped                   both leave only by reset, to idle
#ifndef WHISKER_SAFETY_H_
#define WHISKER_SAFETY_H_

#include "config.h"

#define SAFETY_EXPIRY_MS 100   // a command is never valid for longer
#define SAFETY_DAMP_MS 500     // damped before a stop releases
#define SAFETY_RESET_MS 3000   // the same after a reset in motion: a robot may have stood
#define SAFETY_SOFT_MS 300     // stiffness and torque rise after enable
#define SAFETY_MATCH_RAD 0.1f  // the host's idea of a joint may be this wrong at enable
#define SAFETY_CALIBRATE_RAD 0.35f // a joint moves this far from where calibration found it
#define SAFETY_SPEED 1.2f      // of a joint's speed limit: a fault
#define SAFETY_TORQUE 1.3f     // of a joint's torque limit: a fault
#define SAFETY_HOT_C 15.0f     // below the highest temperature torque begins to fall
#define SAFETY_LOW_V 0.05f     // above the lowest voltage, relative, torque begins to fall
#define SAFETY_JUMP_RAD 0.3f   // no joint moves this far in a tick

// A joint whose encoder has jumped may be damped by what it says from there on, with
// little torque, while the following holds.
#define SAFETY_DOUBT 0.25f     // of its torque limit
#define SAFETY_ASTRAY_RAD 0.2f // its steps are so close to what its speed makes of them
#define SAFETY_FADE 0.99f      // of that which is kept in a tick: the last 0.2 s count
#define SAFETY_SLOW_RAD_S 3.0f // damping keeps it slower
#define SAFETY_AHEAD_RAD 0.02f // but for so far
enum { SAFETY_JUMPS = 2 };     // it jumps no more often: there and back again

// How many ticks in a row a cause has to stand before it is a fault.
enum {
	SAFETY_LINK_TICKS = 5,     // a motor that does not answer
	SAFETY_IMU_TICKS = 10,     // an IMU that gives nothing plausible
	SAFETY_TORQUE_TICKS = 3,   // too much torque
	SAFETY_VOLTAGE_TICKS = 5,  // a supply out of range
	SAFETY_LATE_TICKS = 2,     // control ticks that overran
};

// What all motors do in this tick.
enum safety_reaction {
	SAFETY_OFF,  // no torque
	SAFETY_DAMP, // resist motion
	SAFETY_RUN,  // obey the command within limits
};

// What a tick measured. Joints are in the joints' own coordinates.
struct safety_sense {
	struct servo_state joint[WIRE_JOINTS];
	float torque[WIRE_JOINTS];
	float temp[WIRE_JOINTS];
	uint8_t error[WIRE_JOINTS]; // as the motor's driver reports it
	uint16_t answered;          // bit per joint: its motor answered since the last tick
	bool imu;                   // a plausible sample came
	bool estop;                 // the input is open
	bool late;                  // the tick overran
	float upright;              // cosine of the tilt
	float voltage;
};

struct safety {
	const struct robot_config *config;
	enum wire_mode mode;
	enum wire_fault fault;   // the one that is latched
	uint8_t purpose;         // enum wire_purpose, while torque is on
	uint8_t only;            // the joint that may move, for calibration
	bool torque;             // motors had torque when the fault came: they are damped
	bool release;            // a stop asked for the end of that
	uint16_t heard;          // bit per joint: sense holds what its motor answered
	bool calibrated;         // set by who stores calibrations
	uint16_t limp;           // bit per joint: not even damped until the next enable
	uint8_t jumps[WIRE_JOINTS]; // of its encoder since enable
	float astray[WIRE_JOINTS], ahead[WIRE_JOINTS]; // rad, since the last jump: steps less speed; too fast
	float found[WIRE_JOINTS]; // rad, where enable found each joint
	uint32_t ticks;          // in this mode
	uint16_t damp_ms;        // before it releases
	uint32_t deadline_us;    // of the newest command
	uint8_t silent[WIRE_JOINTS], strained[WIRE_JOINTS]; // ticks in a row
	uint8_t blind, sagging, late;                       // ticks in a row
	struct safety_sense sense; // of the last tick
};

// safety_init begins in idle, after a reset in motion damped, or with a fault latched:
// one that the board found when it started, or an unusable config.
void safety_init(struct safety *s, const struct robot_config *c, enum wire_fault found, bool moving);

// safety_tick judges what a tick measured; held is what each joint was last told.
// It returns what to do now.
enum safety_reaction safety_tick(struct safety *s, const struct safety_sense *m, const struct servo_command *held,
	uint32_t now_us);

// safety_joint is what joint i does of that: one that cannot be damped by what its
// encoder says has no torque until the next enable, whatever the others do.
enum safety_reaction safety_joint(const struct safety *s, enum safety_reaction what, int i);

// safety_trust is how much of joint i's torque limit (0..1) damping may use.
float safety_trust(const struct safety *s, int i);

// safety_command renews the right to move until valid_ms from now, at most
// SAFETY_EXPIRY_MS. A command that is not finite is a fault.
void safety_command(struct safety *s, uint16_t valid_ms, bool finite, uint32_t now_us);

// safety_enable asks for torque. *joint is the one that the answer is about.
enum wire_result safety_enable(struct safety *s, const struct wire_enable *e, uint32_t now_us, uint8_t *joint);
void safety_stop(struct safety *s);
void safety_estop(struct safety *s);

// safety_reset leaves a fault or an e-stop for idle; the host names the fault.
enum wire_result safety_reset(struct safety *s, uint8_t fault);

// safety_latch makes a fault of something that is seen elsewhere. The first one
// counts.
void safety_latch(struct safety *s, enum wire_fault f);

// safety_limiting tells whether a limit acted on a command in this tick.
void safety_limiting(struct safety *s, bool acted);

// safety_torque: motors have torque now, obeying or damped: what a reset would end.
bool safety_torque(const struct safety *s);

// safety_moving: motors have torque, or had a moment ago and are on the way to rest.
bool safety_moving(const struct safety *s);

// safety_share is how much torque is given now (0..1) to joint i, and which
// limits that is (bit n is limit 96 + n).
float safety_share(const struct safety *s, int i, uint32_t *limits);

#endif
