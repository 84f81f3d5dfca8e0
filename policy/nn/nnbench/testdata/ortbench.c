/* The peer of nnbench: runs one ONNX file in ONNX Runtime through its C library, on
   one thread, with tensors made once. The wheel has no headers, so the few entries of
   the function table (onnxruntime_c_api.h, struct OrtApi) are named by their place,
   which never changes.

   usage: ortbench LIBRARY MODEL "INPUT:DIM,DIM..;INPUT:DIM.." OUTPUT:DIM,DIM..
   stdin: "hot N" or "cold N" -> N times in ns on one line; "out" -> the first output */
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { GetErrorMessage = 2, CreateEnv = 3, CreateSession = 7, Run = 9, CreateSessionOptions = 10, SetGraphOptimizationLevel = 23,
       SetIntraOpNumThreads = 24, SetInterOpNumThreads = 25, CreateTensorWithData = 49, CreateCpuMemoryInfo = 69 };

typedef struct { void **(*get_api)(uint32_t version); const char *(*version)(void); } ApiBase;
typedef void Status;

static void **api;

static void must(Status *s)
{
	if (!s)
		return;
	fprintf(stderr, "ortbench: %s\n", ((const char *(*)(Status *))api[GetErrorMessage])(s));
	exit(1);
}

typedef struct { char *name; float *data; size_t size; void *tensor; } Port;

/* port reads NAME:DIM,DIM.. and makes its tensor; value i is sin(i). */
static Port port(char *spec, void *memory)
{
	Port p = {spec, NULL, 1, NULL};
	int64_t dims[8];
	size_t rank = 0;
	char *colon = strrchr(spec, ':');
	if (!colon) {
		fprintf(stderr, "ortbench: %s: expected NAME:DIM,DIM..\n", spec);
		exit(2);
	}
	*colon = 0;
	for (char *d = strtok(colon + 1, ","); d && rank < 8; d = strtok(NULL, ","))
		p.size *= (size_t)(dims[rank++] = atoll(d));
	p.data = aligned_alloc(64, (p.size * sizeof(float) + 63) / 64 * 64);
	if (!p.data)
		exit(1);
	for (size_t i = 0; i < p.size; i++)
		p.data[i] = sinf((float)i);
	must(((Status *(*)(void *, void *, size_t, const int64_t *, size_t, int, void **))api[CreateTensorWithData])(
		memory, p.data, p.size * sizeof(float), dims, rank, 1, &p.tensor));
	return p;
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* stream pushes everything else out of the caches, as a simulator step would. */
static void stream(void)
{
	enum { SIZE = 96 << 20 };
	static volatile unsigned char *memory;
	if (!memory)
		memory = calloc(SIZE, 1);
	for (size_t i = 0; i < SIZE; i += 64)
		memory[i]++;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: ortbench LIBRARY MODEL INPUTS OUTPUT\n");
		return 2;
	}
	void *lib = dlopen(argv[1], RTLD_NOW);
	ApiBase *(*base)(void) = lib ? (ApiBase * (*)(void)) dlsym(lib, "OrtGetApiBase") : NULL;
	if (!base) {
		fprintf(stderr, "ortbench: %s\n", dlerror());
		return 1;
	}
	api = base()->get_api(16);
	void *env, *options, *session, *memory;
	must(((Status *(*)(int, const char *, void **))api[CreateEnv])(3, "bench", &env));
	must(((Status *(*)(void **))api[CreateSessionOptions])(&options));
	must(((Status *(*)(void *, int))api[SetIntraOpNumThreads])(options, 1));
	must(((Status *(*)(void *, int))api[SetInterOpNumThreads])(options, 1));
	must(((Status *(*)(void *, int))api[SetGraphOptimizationLevel])(options, 99));
	must(((Status *(*)(void *, const char *, void *, void **))api[CreateSession])(env, argv[2], options, &session));
	must(((Status *(*)(int, int, void **))api[CreateCpuMemoryInfo])(1, 0, &memory));

	char *names[8];
	void *tensors[8];
	size_t inputs = 0;
	char *save = NULL;
	for (char *s = strtok_r(argv[3], ";", &save); s && inputs < 8; s = strtok_r(NULL, ";", &save), inputs++) {
		Port p = port(s, memory);
		names[inputs] = p.name;
		tensors[inputs] = p.tensor;
	}
	Port out = port(argv[4], memory);
	Status *(*run)(void *, void *, char **, void **, size_t, char **, size_t, void **) = api[Run];

	char what[16];
	long n;
	printf("%s\n", base()->version());
	fflush(stdout);
	while (scanf("%15s %ld", what, &n) == 2) {
		if (!strcmp(what, "out"))
			for (size_t i = 0; i < out.size; i++)
				printf("%.9g ", out.data[i]);
		for (long i = 0; strcmp(what, "out") && i < n; i++) {
			if (!strcmp(what, "cold"))
				stream();
			uint64_t start = now();
			must(run(session, NULL, names, tensors, inputs, &out.name, 1, &out.tensor));
			printf("%llu ", (unsigned long long)(now() - start));
		}
		printf("\n");
		fflush(stdout);
	}
	return 0;
}
