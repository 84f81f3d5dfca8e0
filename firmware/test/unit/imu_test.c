// The orientation filter against what it must tell, and against the vectors that
// the host's filter reads too.
#include "imu.h"
#include "test.h"

static const float level[4] = {1, 0, 0, 0};
static const float still[3] = {0, 0, 0}, down[3] = {0, 0, 9.81f};

static void level_stays_level(void)
{
	struct imu_filter f;
	imu_init(&f, level);
	for (int i = 0; i < 5000; i++) imu_update(&f, still, down, 0.002f);
	NEAR(imu_upright(&f), 1, 1e-6);
	NEAR(f.quat[0], 1, 1e-6);
}

static void the_first_sample_sets_the_tilt(void)
{
	const float tilted[3] = {0, 9.81f * 0.5f, 9.81f * 0.8660254f}; // rolled by 30 degrees
	struct imu_filter f;
	imu_init(&f, level);
	imu_update(&f, still, tilted, 0.002f);
	NEAR(imu_upright(&f), cos(M_PI / 6), 1e-5);
	NEAR(f.quat[1], sin(M_PI / 12), 1e-5);
	const float overhead[3] = {0, 0, -9.81f};
	imu_init(&f, level);
	imu_update(&f, still, overhead, 0.002f);
	NEAR(imu_upright(&f), -1, 1e-5);
}

static void a_constant_rate_is_integrated_exactly(void)
{
	const float rate[3] = {0, 0, 2};
	struct imu_filter f;
	imu_init(&f, level);
	for (int i = 0; i < 1000; i++) imu_update(&f, rate, down, 0.002f); // 4 rad of yaw
	NEAR(fabsf(f.quat[0]), fabs(cos(2.0)), 2e-4);
	NEAR(fabsf(f.quat[3]), sin(2.0), 2e-4);
}

static void a_wrong_tilt_is_forgotten(void)
{
	struct imu_filter f;
	imu_init(&f, level);
	imu_update(&f, still, down, 0.002f);
	f.quat[0] = cosf(0.25f), f.quat[1] = sinf(0.25f);
	for (int i = 0; i < 500; i++) imu_update(&f, still, down, 0.002f);
	CHECK(acosf(imu_upright(&f)) < 0.25f, "after 1 s still %g rad", (double)acosf(imu_upright(&f)));
	for (int i = 0; i < 30000; i++) imu_update(&f, still, down, 0.002f);
	NEAR(imu_upright(&f), 1, 1e-5);
}

static void a_bias_of_the_gyroscope_is_learnt(void)
{
	const float bias[3] = {0.02f, -0.03f, 0};
	struct imu_filter f;
	imu_init(&f, level);
	for (int i = 0; i < 100000; i++) imu_update(&f, bias, down, 0.002f);
	NEAR(f.bias[0], 0.02, 1e-3);
	NEAR(f.bias[1], -0.03, 1e-3);
	NEAR(acosf(fminf(1, imu_upright(&f))), 0, 5e-3);
}

static void a_push_is_not_gravity(void)
{
	const float push[3] = {12, 0, 9.81f}; // norm 15.5: far from g
	struct imu_filter f;
	imu_init(&f, level);
	imu_update(&f, still, down, 0.002f);
	for (int i = 0; i < 500; i++) imu_update(&f, still, push, 0.002f);
	NEAR(imu_upright(&f), 1, 1e-6);
}

static void the_mounting_turns_the_chip_into_the_body(void)
{
	const float quarter[4] = {0.70710678f, 0.70710678f, 0, 0}; // chip's y is the body's z
	const float chip[3] = {0, 9.81f, 0}, spin[3] = {0, 1, 0};
	struct imu_filter f;
	imu_init(&f, quarter);
	imu_update(&f, spin, chip, 0.002f);
	NEAR(imu_upright(&f), 1, 1e-5);
	NEAR(f.gyro[2], 1, 1e-6);
	NEAR(f.acc[2], 9.81, 1e-5);
}

static void no_number_changes_nothing(void)
{
	const float bad[3] = {0, NAN, 0};
	struct imu_filter f, was;
	imu_init(&f, level);
	imu_update(&f, still, down, 0.002f);
	was = f;
	CHECK(!imu_update(&f, bad, down, 0.002f) && !imu_update(&f, still, bad, 0.002f), "a NaN was accepted");
	CHECK(memcmp(&f, &was, sizeof f) == 0, "a NaN changed the filter");
}

// testdata/imu.txt: lines of the mounting and then of samples with the
// orientation that the host's filter had after each.
static void the_host_has_the_same_filter(void)
{
	FILE *file = fopen(VECTORS, "r");
	CHECK(file != NULL, "%s does not open", VECTORS);
	if (!file) return;
	struct imu_filter f;
	char line[512];
	int samples = 0;
	imu_init(&f, level);
	while (fgets(line, sizeof line, file)) {
		float m[4], gyro[3], acc[3], dt, q[4];
		if (sscanf(line, "mounting %f %f %f %f", m, m + 1, m + 2, m + 3) == 4) imu_init(&f, m);
		int n = sscanf(line, "%f %f %f %f %f %f %f %f %f %f %f", &dt, gyro, gyro + 1, gyro + 2, acc, acc + 1, acc + 2, q, q + 1, q + 2, q + 3);
		if (n != 11) continue;
		samples++;
		imu_update(&f, gyro, acc, dt);
		for (int i = 0; i < 4; i++) NEAR(f.quat[i], q[i], 1e-4);
		if (failed) break;
	}
	fclose(file);
	CHECK(samples == 600, "%d samples in %s", samples, VECTORS);
}

int main(void)
{
	RUN(level_stays_level);
	RUN(the_first_sample_sets_the_tilt);
	RUN(a_constant_rate_is_integrated_exactly);
	RUN(a_wrong_tilt_is_forgotten);
	RUN(a_bias_of_the_gyroscope_is_learnt);
	RUN(a_push_is_not_gravity);
	RUN(the_mounting_turns_the_chip_into_the_body);
	RUN(no_number_changes_nothing);
	RUN(the_host_has_the_same_filter);
	return failures;
}
