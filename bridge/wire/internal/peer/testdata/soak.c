// soak FRAMES SEED: damages frames and gives them to the receiver, a byte at a time,
// as a bad line would. It prints counts as JSON: damaged frames that were accepted
// with another content, whole frames that were refused, verdicts.
#include <stdio.h>  // printf
#include <stdlib.h> // strtoull
#include <string.h> // memcpy, memcmp

#include "wire.h"

static uint64_t state;

// next is SplitMix64 (Steele, Lea, Flood 2014).
static uint64_t next(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint32_t below(uint32_t n) { return (uint32_t)((next() >> 32) * n >> 32); }

struct sent {
	uint8_t bytes[2 * WIRE_MAX_WIRE];
	size_t n;
	struct wire_frame f;
	uint8_t payload[WIRE_MAX_FRAME];
};

// make fills a frame with any bits; most are commands and states, as on a line.
static void make(struct sent *s, uint32_t seq)
{
	static const uint8_t types[] = {WIRE_TYPE_COMMAND, WIRE_TYPE_COMMAND, WIRE_TYPE_STATE, WIRE_TYPE_STOP, WIRE_TYPE_ENABLE, WIRE_TYPE_ACK};
	memset(&s->f, 0, sizeof s->f);
	s->f.type = types[below(sizeof types)];
	s->f.length = (uint16_t)wire_size_of(s->f.type);
	bool sparse = below(3) == 0; // many zeros are many COBS blocks
	for (size_t i = 0; i < s->f.length; i += 8) {
		uint64_t x = next();
		if (sparse) x &= 0x00ff0000ff00ff00u;
		memcpy(s->payload + i, &x, s->f.length - i < 8 ? s->f.length - i : 8);
	}
	s->f.payload = s->payload;
	s->f.session = (uint32_t)next();
	s->f.seq = seq;
	s->f.time_us = (uint32_t)next();
	s->n = wire_encode(s->bytes, &s->f);
}

enum { FLIP_1E5, FLIP_1E4, FLIP_1E3, FLIP_1E2, DROP, INSERT, CUT, KINDS };

// damage changes a frame's bytes in one of the ways of a bad line, at least once.
static void damage(struct sent *s, uint32_t kind)
{
	static const double rates[] = {1e-5, 1e-4, 1e-3, 1e-2};
	uint32_t at = below((uint32_t)s->n);
	switch (kind) {
	case DROP:
		memmove(s->bytes + at, s->bytes + at + 1, s->n - at - 1);
		s->n--;
		return;
	case INSERT:
		memmove(s->bytes + at + 1, s->bytes + at, s->n - at);
		s->bytes[at] = (uint8_t)next();
		s->n++;
		return;
	case CUT:
		s->n = at;
		return;
	}
	s->bytes[at] ^= (uint8_t)(1u << below(8));
	double bits = (double)s->n * 8;
	for (double left = bits * rates[kind]; left > 0; left -= 1)
		if (left >= 1 || (double)(next() >> 11) * 0x1p-53 < left) s->bytes[below((uint32_t)s->n)] ^= (uint8_t)(1u << below(8));
}

static bool same(const struct wire_frame *f, const struct sent *s)
{
	return f->type == s->f.type && f->session == s->f.session && f->seq == s->f.seq && f->time_us == s->f.time_us &&
		f->length == s->f.length && memcmp(f->payload, s->payload, f->length) == 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) return 2;
	uint64_t frames = strtoull(argv[1], NULL, 10), verdicts[16] = {0}, undetected = 0, lost = 0, harmless = 0, whole = 0;
	state = strtoull(argv[2], NULL, 16);
	static struct wire_receiver r;
	static struct sent ring[16]; // a frame that lost its end comes when the next one begins
	uint32_t seq = 0;
	for (uint64_t n = 0; n < frames; seq++) {
		struct sent *s = &ring[seq % 16];
		make(s, seq);
		bool good = below(4) == 0, came = false;
		if (!good) damage(s, below(KINDS)), n++;
		for (size_t i = 0; i < s->n; i++) {
			struct wire_frame f;
			enum wire_verdict v;
			if (!wire_receive(&r, s->bytes[i], &f, &v)) continue;
			verdicts[v & 15]++;
			if (v != WIRE_VERDICT_ACCEPTED) continue;
			if (!same(&f, &ring[f.seq % 16])) undetected++;
			else if (f.seq == seq) came = true;
		}
		harmless += !good && came;
		whole += good;
		lost += good && !came;
	}
	printf("{\"injected\": %llu, \"undetected\": %llu, \"harmless\": %llu, \"whole\": %llu, \"lost\": %llu, \"verdicts\": [", (unsigned long long)frames,
		(unsigned long long)undetected, (unsigned long long)harmless, (unsigned long long)whole, (unsigned long long)lost);
	for (int i = 0; i < 16; i++) printf("%s%llu", i ? ", " : "", (unsigned long long)verdicts[i]);
	printf("]}\n");
	return 0;
}
