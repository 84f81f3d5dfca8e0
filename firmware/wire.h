// wire.h: frames between host and robot. The layout of the messages is in
// wire_schema.h, which is generated; the protocol is told in README.md and in
// the host's bridge/wire. Portable C11: no heap, no recursion, no I/O.
//
// On the wire: 00, COBS(header, payload, CRC-32C), 00. The header is version u8,
// type u8, payload length u16, session u32, sequence u32, time in us u32; all
// numbers are little-endian.
#ifndef WIRE_H
#define WIRE_H

#include <math.h>    // isnan, lrintf
#include <stdbool.h> // bool
#include <stddef.h>  // size_t
#include <stdint.h>  // uint8_t

#include "wire_schema.h"

// A frame that passed the checks of its form. The payload stands in the
// receiver's buffer and is valid until its next byte.
struct wire_frame {
	uint8_t type;
	uint32_t session;
	uint32_t seq;     // counts a side's frames
	uint32_t time_us; // robot's clock; from the host: the newest it had heard
	const uint8_t *payload;
	uint16_t length;
};

// wire_encode writes a frame with its delimiters to out, which has room for
// WIRE_MAX_WIRE bytes. The length has to be that of the type. It returns the
// number of bytes, 0 for an unknown type.
size_t wire_encode(uint8_t *out, const struct wire_frame *f);

// wire_decode judges the n bytes that stood between two delimiters; it unstuffs
// them in place. The frame is filled when the CRC was right, whatever the verdict.
enum wire_verdict wire_decode(struct wire_frame *f, uint8_t *b, size_t n);

// wire_receiver cuts a stream of bytes into frames. All zeros is ready.
struct wire_receiver {
	uint8_t buf[WIRE_MAX_FRAME + 1];
	uint16_t n;
	bool too_long; // the present frame; its bytes are dropped
};

// wire_receive takes one byte. It returns true when the byte ended a frame, or
// what should have been one: then *v is the verdict on it.
bool wire_receive(struct wire_receiver *r, uint8_t byte, struct wire_frame *f, enum wire_verdict *v);

// wire_link is the memory of a conversation. All zeros has no session.
struct wire_link {
	uint32_t session; // 0 for none
	uint32_t seq;     // of the last frame accepted
};

// wire_open begins a session at the sequence of the frame that opened it.
void wire_open(struct wire_link *l, uint32_t session, uint32_t seq);

// wire_check judges a frame's place in the conversation: session, window of
// sequence numbers, age of the state that a command or an enable was made from.
// Hello and e-stop are accepted in every session, stop whatever its sequence.
enum wire_verdict wire_check(struct wire_link *l, const struct wire_frame *f, uint32_t now_us);

// wire_count counts a verdict in the counters that a state carries.
void wire_count(struct wire_state *s, enum wire_verdict v);

// wire_finite says that no value of a command is "no value".
bool wire_finite(const struct wire_command *c);

// wire_calibration_id is the id that a calibration has to carry; never 0.
uint32_t wire_calibration_id(const struct wire_calibrate *c);

// wire_crc continues a CRC-32C (Castagnoli; begin and end with 0).
uint32_t wire_crc(uint32_t crc, const uint8_t *b, size_t n);

// wire_quantise is fixed point, rounded to even and saturated; NaN becomes none.
static inline int32_t wire_quantise(float x, float scale, int32_t low, int32_t high, int32_t none)
{
	float v = x * scale;
	if (isnan(v))
		return none;
	if (v <= (float)low)
		return low;
	if (v >= (float)high)
		return high;
	return (int32_t)lrintf(v);
}

// wire_value is its inverse; none becomes NaN.
static inline float wire_value(int32_t raw, float scale, int32_t none)
{
	return raw == none ? NAN : (float)raw / scale;
}

static inline void wire_put8(uint8_t *p, uint8_t v)
{
	p[0] = v;
}

static inline void wire_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void wire_put32(uint8_t *p, uint32_t v)
{
	wire_put16(p, (uint16_t)v);
	wire_put16(p + 2, (uint16_t)(v >> 16));
}

static inline void wire_put64(uint8_t *p, uint64_t v)
{
	wire_put32(p, (uint32_t)v);
	wire_put32(p + 4, (uint32_t)(v >> 32));
}

static inline uint8_t wire_get8(const uint8_t *p)
{
	return p[0];
}

static inline uint16_t wire_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t wire_get32(const uint8_t *p)
{
	return wire_get16(p) | (uint32_t)wire_get16(p + 2) << 16;
}

static inline uint64_t wire_get64(const uint8_t *p)
{
	return wire_get32(p) | (uint64_t)wire_get32(p + 4) << 32;
}

#endif
