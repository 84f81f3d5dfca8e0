// A test program: main runs functions with RUN, they judge with CHECK. Each run
// prints a line "ok NAME" or "FAIL NAME"; units_test.go reads them.
#ifndef WHISKER_TEST_H_
#define WHISKER_TEST_H_

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int failed, failures;

#define CHECK(condition, ...)                                    \
	do {                                                         \
		if (!(condition)) {                                      \
			failed = 1;                                          \
			printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
			printf(__VA_ARGS__);                                 \
			printf("\n");                                        \
		}                                                        \
	} while (0)

#define NEAR(got, want, tolerance)                               \
	do {                                                         \
		double got_ = (got), want_ = (want);                     \
		CHECK(fabs(got_ - want_) <= (tolerance), "%s is %.9g, want %.9g", #got, got_, want_); \
	} while (0)

#define RUN(test)                                                \
	do {                                                         \
		failed = 0;                                              \
		test();                                                  \
		printf("%s %s\n", failed ? "FAIL" : "ok", #test);        \
		failures += failed;                                      \
	} while (0)

// noise is a repeatable source of numbers in [-1, 1] (xorshift32, G. Marsaglia 2003).
static uint32_t noise_state = 2463534242u;

static inline float noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 17;
	noise_state ^= noise_state << 5;
	return (float)noise_state / 2147483648.0f - 1.0f;
}

#endif
