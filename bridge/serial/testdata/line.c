// line answer: reads frames from descriptor 3 and answers each by REPLY bytes.
// line ask DEVICE N: writes frames and waits for each answer; prints the round
// trips' quantiles p50 and p99, ns. Raw termios, as a C program would do it.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 145, REPLY = 208 }; // a command and a state on the wire

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// whole reads n bytes, or ends.
static void whole(int fd, char *b, size_t n)
{
	for (size_t have = 0; have < n;) {
		ssize_t k = read(fd, b + have, n - have);
		if (k <= 0) exit(0);
		have += (size_t)k;
	}
}

static int less(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	char in[REPLY], out[REPLY];
	memset(out, 1, sizeof out);
	if (argc == 2) {
		for (;;) {
			whole(3, in, FRAME);
			if (write(3, out, REPLY) != REPLY) return 1;
		}
	}
	if (argc != 4) return 2;
	size_t n = strtoul(argv[3], NULL, 10);
	uint64_t *took = calloc(n, sizeof *took);
	int fd = open(argv[2], O_RDWR | O_NOCTTY);
	struct termios t;
	if (!took || fd < 0 || tcgetattr(fd, &t) < 0) return 1;
	cfmakeraw(&t);
	if (tcsetattr(fd, TCSANOW, &t) < 0) return 1;
	for (size_t i = 0; i < n; i++) {
		uint64_t begin = now();
		if (write(fd, out, FRAME) != FRAME) return 1;
		whole(fd, in, REPLY);
		took[i] = now() - begin;
	}
	qsort(took, n, sizeof *took, less);
	printf("%llu %llu\n", (unsigned long long)took[n / 2], (unsigned long long)took[n * 99 / 100]);
	return 0;
}
