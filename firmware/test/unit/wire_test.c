// Frames: the golden ones, what is cut, spoilt or out of its turn, and the
// counters of what was refused.
#include "wire.h"

#include <stdlib.h>

#include "test.h"

#ifndef GOLDEN
#define GOLDEN "../frames.golden"
#endif

// A frame as it is on the line, and what is in it.
static uint8_t line[WIRE_MAX_WIRE];
static uint8_t room[WIRE_MAX_WIRE + 8];

static size_t make(uint8_t type, uint32_t session, uint32_t seq, uint32_t time_us, const uint8_t *payload)
{
	struct wire_frame f = {.type = type, .session = session, .seq = seq, .time_us = time_us, .payload = payload};
	return wire_encode(line, &f);
}

// unpacked decodes what is between the delimiters of line, changed by who calls.
static enum wire_verdict unpacked(struct wire_frame *f, size_t n)
{
	memcpy(room, line + 1, n - 2);
	return wire_decode(f, room, n - 2);
}

// raw undoes COBS, so that a byte can be changed and sealed again.
static size_t raw(uint8_t *out, size_t n)
{
	size_t to = 0;
	for (size_t at = 1; at + 1 < n;) {
		size_t end = at + line[at];
		for (at++; at < end; at++) out[to++] = line[at];
		if (at + 1 < n) out[to++] = 0;
	}
	return to;
}

// seal makes a line of raw bytes with a good checksum. It is written apart from
// wire.c on purpose.
static size_t seal(uint8_t *bytes, size_t n)
{
	uint32_t crc = 0xFFFFFFFFu;
	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int k = 0; k < 8; k++) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
	}
	wire_put32(bytes + n, ~crc);
	n += 4;
	size_t at = 1, from = 0;
	line[0] = 0;
	for (size_t i = 0; i <= n; i++) {
		if (i < n && bytes[i] != 0) continue;
		line[at++] = (uint8_t)(i - from + 1);
		memcpy(line + at, bytes + from, i - from);
		at += i - from;
		from = i + 1;
	}
	line[at++] = 0;
	return at;
}

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

// Each golden frame is taken apart and put together again to the same bytes.
static void golden_frames_go_through(void)
{
	static char text[8192];
	FILE *f = fopen(GOLDEN, "r");
	int frames = 0;
	CHECK(f, "no %s", GOLDEN);
	while (f && fgets(text, sizeof text, f)) {
		uint8_t bytes[WIRE_MAX_WIRE];
		size_t n = 0;
		for (char *p = text; p[0] != ' ' && p[1]; p += 2) bytes[n++] = (uint8_t)(nibble(p[0]) << 4 | nibble(p[1]));
		struct wire_receiver r = {0};
		struct wire_frame got;
		enum wire_verdict v = WIRE_VERDICT_SHORT;
		for (size_t i = 0; i < n; i++) {
			bool whole = wire_receive(&r, bytes[i], &got, &v);
			CHECK(whole == (i == n - 1), "frame %d: whole at byte %zu of %zu", frames, i, n);
		}
		CHECK(v == WIRE_VERDICT_ACCEPTED, "frame %d: verdict %d", frames, v);
		CHECK(got.session == 0x11223344 && got.seq == 0x01020304u + (uint32_t)frames, "frame %d: %x %x", frames, got.session, got.seq);
		CHECK(got.time_us == 0xfffffff0u + 1000u * (uint32_t)frames, "frame %d: time %x", frames, got.time_us);
		CHECK(wire_encode(line, &got) == n && memcmp(line, bytes, n) == 0, "frame %d is encoded otherwise", frames);
		frames++;
	}
	CHECK(frames > 20, "%d frames", frames);
	if (f) fclose(f);
}

static void a_type_that_is_none_is_not_encoded(void)
{
	CHECK(make(99, 1, 1, 1, NULL) == 0, "it was");
}

static void every_spoilt_bit_is_seen(void)
{
	uint8_t p[WIRE_STOP_SIZE + 1] = {0};
	size_t n = make(WIRE_TYPE_STOP, 7, 8, 9, p);
	for (size_t bit = 8; bit < 8 * (n - 1); bit++) {
		struct wire_receiver r = {0};
		struct wire_frame f;
		enum wire_verdict v;
		line[bit / 8] ^= (uint8_t)(1u << bit % 8);
		for (size_t i = 0; i < n; i++)
			if (wire_receive(&r, line[i], &f, &v)) CHECK(v != WIRE_VERDICT_ACCEPTED, "bit %zu passed", bit);
		line[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void what_is_wrong_with_a_good_checksum_has_a_name(void)
{
	static const struct {
		int at, add, more;
		enum wire_verdict want;
	} cases[] = {
		{0, 0, 0, WIRE_VERDICT_ACCEPTED},
		{0, 1, 0, WIRE_VERDICT_VERSION},
		{0, -1, 0, WIRE_VERDICT_VERSION},
		{1, 90, 0, WIRE_VERDICT_TYPE},
		{2, 1, 0, WIRE_VERDICT_LENGTH},
		{3, 1, 0, WIRE_VERDICT_LENGTH},
		{0, 0, 1, WIRE_VERDICT_LENGTH},
		{0, 0, -1, WIRE_VERDICT_LENGTH},
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		uint8_t p[WIRE_RESET_SIZE] = {5}, bytes[WIRE_MAX_FRAME + 8] = {0};
		size_t n = raw(bytes, make(WIRE_TYPE_RESET, 0x01020304, 0x05060708, 0x090a0b0c, p)) - 4;
		bytes[cases[k].at] = (uint8_t)(bytes[cases[k].at] + cases[k].add);
		struct wire_frame f;
		n = seal(bytes, (size_t)((int)n + cases[k].more));
		enum wire_verdict v = unpacked(&f, n);
		CHECK(v == cases[k].want, "case %zu: verdict %d, want %d", k, v, cases[k].want);
		if (v == WIRE_VERDICT_ACCEPTED)
			CHECK(f.type == WIRE_TYPE_RESET && f.session == 0x01020304 && f.seq == 0x05060708 && f.time_us == 0x090a0b0c &&
				f.length == WIRE_RESET_SIZE && f.payload[0] == 5, "type %d payload %d", f.type, f.payload[0]);
	}
}

static void a_frame_is_as_long_as_header_and_checksum(void)
{
	uint8_t bytes[64] = {WIRE_VERSION, WIRE_TYPE_STOP};
	struct wire_frame f;
	size_t n = seal(bytes, WIRE_HEADER_SIZE - 1);
	CHECK(unpacked(&f, n) == WIRE_VERDICT_SHORT, "a byte less passes for a frame");
	n = seal(bytes, WIRE_HEADER_SIZE);
	CHECK(unpacked(&f, n) == WIRE_VERDICT_ACCEPTED, "the shortest frame does not pass: %d", unpacked(&f, n));
}

static void what_is_longer_than_any_frame_is_refused(void)
{
	static uint8_t bytes[WIRE_MAX_WIRE + 64];
	struct wire_receiver r = {0};
	struct wire_frame f;
	enum wire_verdict v = WIRE_VERDICT_ACCEPTED;
	for (size_t n = sizeof r.buf - 1; n <= sizeof r.buf + 1; n++) {
		memset(bytes, 1, sizeof bytes); // each code leads to the next: COBS of zeros
		for (size_t i = 0; i < n; i++) CHECK(!wire_receive(&r, bytes[i], &f, &v), "a frame in the middle");
		CHECK(wire_receive(&r, 0, &f, &v), "no verdict at the end of %zu bytes", n);
		enum wire_verdict want = n > sizeof r.buf ? WIRE_VERDICT_LONG : WIRE_VERDICT_CRC;
		CHECK(v == want, "%zu bytes: verdict %d, want %d", n, v, want);
		CHECK(!wire_receive(&r, 0, &f, &v), "delimiters next to each other are a frame");
	}
	CHECK(wire_decode(&f, bytes, WIRE_MAX_FRAME + 2) == WIRE_VERDICT_LONG, "wire_decode reads on");
}

static void codes_that_lead_nowhere_are_refused(void)
{
	struct wire_frame f;
	uint8_t past[] = {3, 1}, nothing[] = {1, 0, 1};
	CHECK(wire_decode(&f, past, sizeof past) == WIRE_VERDICT_COBS, "past the end");
	CHECK(wire_decode(&f, nothing, sizeof nothing) == WIRE_VERDICT_COBS, "a zero within");
	uint8_t ends[] = {2, 1};
	CHECK(wire_decode(&f, ends, sizeof ends) == WIRE_VERDICT_SHORT, "up to the end is right");
}

// said is a frame of the session at seq and its time, judged at now.
static enum wire_verdict said(struct wire_link *l, uint8_t type, uint32_t session, uint32_t seq, uint32_t time_us, uint32_t now)
{
	struct wire_frame f = {.type = type, .session = session, .seq = seq, .time_us = time_us};
	return wire_check(l, &f, now);
}

static void only_the_next_frames_of_the_session_count(void)
{
	struct wire_link l = {0};
	CHECK(said(&l, WIRE_TYPE_QUERY, 0, 1, 0, 0) == WIRE_VERDICT_SESSION, "without a session");
	wire_open(&l, 5, 0xfffffff0u);
	CHECK(said(&l, WIRE_TYPE_QUERY, 6, 0xfffffff1u, 0, 0) == WIRE_VERDICT_SESSION, "another session");
	CHECK(said(&l, WIRE_TYPE_QUERY, 5, 0xfffffff0u, 0, 0) == WIRE_VERDICT_WINDOW, "the same again");
	CHECK(said(&l, WIRE_TYPE_QUERY, 5, 0xffffffefu, 0, 0) == WIRE_VERDICT_WINDOW, "an older one");
	CHECK(said(&l, WIRE_TYPE_QUERY, 5, 0xfffffff0u + WIRE_WINDOW + 1, 0, 0) == WIRE_VERDICT_WINDOW, "past the window");
	CHECK(said(&l, WIRE_TYPE_QUERY, 5, 0xfffffff0u + WIRE_WINDOW, 0, 0) == WIRE_VERDICT_ACCEPTED, "the end of the window");
	CHECK(l.seq == 0xfffffff0u + WIRE_WINDOW, "seq %x", l.seq);
	CHECK(said(&l, WIRE_TYPE_QUERY, 5, l.seq + 1, 0, 0) == WIRE_VERDICT_ACCEPTED, "the next one");
}

static void hello_estop_and_stop_always_count(void)
{
	struct wire_link l = {.session = 5, .seq = 100};
	CHECK(said(&l, WIRE_TYPE_HELLO, 9, 1, 0, 0) == WIRE_VERDICT_ACCEPTED, "hello");
	CHECK(said(&l, WIRE_TYPE_ESTOP, 9, 1, 0, 0) == WIRE_VERDICT_ACCEPTED, "e-stop");
	CHECK(said(&l, WIRE_TYPE_STOP, 5, 1, 0, 0) == WIRE_VERDICT_ACCEPTED && l.seq == 100, "an old stop");
	CHECK(said(&l, WIRE_TYPE_STOP, 9, 101, 0, 0) == WIRE_VERDICT_SESSION, "a stop of nobody");
}

static void what_moves_the_robot_is_fresh(void)
{
	struct wire_link l = {.session = 5, .seq = 0};
	static const uint8_t moving[] = {WIRE_TYPE_COMMAND, WIRE_TYPE_ENABLE};
	for (uint32_t i = 0; i < 2; i++) {
		CHECK(said(&l, moving[i], 5, l.seq + 1, 1000, 1001 + WIRE_STALE_US) == WIRE_VERDICT_STALE, "type %d", moving[i]);
		CHECK(said(&l, moving[i], 5, l.seq + 1, 1000, 1000 + WIRE_STALE_US) == WIRE_VERDICT_ACCEPTED, "type %d at the limit", moving[i]);
	}
	CHECK(said(&l, WIRE_TYPE_QUERY, 5, l.seq + 1, 1000, 2000 + WIRE_STALE_US) == WIRE_VERDICT_ACCEPTED, "a question does not age");
}

static void each_verdict_has_its_counter(void)
{
	for (enum wire_verdict v = WIRE_VERDICT_ACCEPTED; v <= WIRE_VERDICT_STALE; v++) {
		struct wire_state s = {0};
		wire_count(&s, v);
		const uint32_t counts[] = {s.accepted, s.refused_short, s.refused_long, s.refused_cobs, s.refused_crc, s.refused_version,
			s.refused_type, s.refused_length, s.refused_session, s.refused_window, s.refused_stale};
		static const enum wire_verdict of[] = {WIRE_VERDICT_ACCEPTED, WIRE_VERDICT_SHORT, WIRE_VERDICT_LONG, WIRE_VERDICT_COBS,
			WIRE_VERDICT_CRC, WIRE_VERDICT_VERSION, WIRE_VERDICT_TYPE, WIRE_VERDICT_LENGTH, WIRE_VERDICT_SESSION,
			WIRE_VERDICT_WINDOW, WIRE_VERDICT_STALE};
		for (size_t i = 0; i < sizeof of / sizeof *of; i++)
			CHECK(counts[i] == (of[i] == v), "verdict %d: counter %zu is %u", v, i, counts[i]);
	}
}

static void each_value_of_a_command_is_asked_for(void)
{
	for (int i = 0; i < WIRE_JOINTS; i++) {
		for (int k = 0; k < 5; k++) {
			struct wire_command c = {0};
			CHECK(wire_finite(&c), "zeros");
			float *value[] = {&c.joint[i].pos_rad, &c.joint[i].vel_rad_s, &c.joint[i].torque_nm, &c.joint[i].kp_nm_rad, &c.joint[i].kd_nm_s_rad};
			*value[k] = NAN;
			CHECK(!wire_finite(&c), "joint %d, value %d", i, k);
		}
	}
}

static void a_calibration_is_known_by_what_is_in_it(void)
{
	struct wire_calibrate a = {.id = 1}, b = {.id = 2};
	for (int i = 0; i < WIRE_JOINTS; i++) a.joint[i].sign = b.joint[i].sign = 1;
	CHECK(wire_calibration_id(&a) == wire_calibration_id(&b), "the id itself counts");
	uint8_t p[WIRE_CALIBRATE_SIZE];
	wire_put_calibrate(p, &a);
	CHECK(wire_calibration_id(&a) == wire_crc(0, p + 4, sizeof p - 4), "it is no checksum of all the rest");
	b.joint[0].offset_rad = 0.25f;
	CHECK(wire_calibration_id(&a) != wire_calibration_id(&b), "the first offset does not count");
	b = a;
	b.joint[WIRE_JOINTS - 1].sign = -1;
	CHECK(wire_calibration_id(&a) != wire_calibration_id(&b), "the last sign does not count");
	b.joint[10].sign = -2;
	b.joint[11].offset_rad = 26821 / 4096.0f;
	b.joint[11].sign = 10;
	wire_put_calibrate(p, &b);
	CHECK(wire_crc(0, p + 4, sizeof p - 4) == 0 && wire_calibration_id(&b) == 1, "0 is no calibration: %u", wire_calibration_id(&b));
}

static void checksum_is_crc32c(void)
{
	CHECK(wire_crc(0, (const uint8_t *)"123456789", 9) == 0xE3069283u, "%x", wire_crc(0, (const uint8_t *)"123456789", 9));
	uint32_t part = wire_crc(0, (const uint8_t *)"1234", 4);
	CHECK(wire_crc(part, (const uint8_t *)"56789", 5) == 0xE3069283u, "in two parts");
}

int main(void)
{
	RUN(golden_frames_go_through);
	RUN(a_type_that_is_none_is_not_encoded);
	RUN(every_spoilt_bit_is_seen);
	RUN(what_is_wrong_with_a_good_checksum_has_a_name);
	RUN(a_frame_is_as_long_as_header_and_checksum);
	RUN(what_is_longer_than_any_frame_is_refused);
	RUN(codes_that_lead_nowhere_are_refused);
	RUN(only_the_next_frames_of_the_session_count);
	RUN(hello_estop_and_stop_always_count);
	RUN(what_moves_the_robot_is_fresh);
	RUN(each_verdict_has_its_counter);
	RUN(each_value_of_a_command_is_asked_for);
	RUN(a_calibration_is_known_by_what_is_in_it);
	RUN(checksum_is_crc32c);
	return failures;
}
