// Explicit complementary filter.
#include "imu.h"

#include <math.h>    // sqrtf, isfinite
#include <string.h>  // memset, memcpy

// Gains: the tilt follows the accelerometer in about 1/IMU_KP seconds, a bias
// takes about IMU_KP/IMU_KI. The accelerometer tells gravity only while nothing
// else pushes: IMU_TRUST is how far its norm may be from g, relative.
#define IMU_KP 1.0f
#define IMU_KI 0.05f
#define IMU_BIAS 0.1f
#define IMU_TRUST 0.2f
#define GRAVITY 9.81f

static void cross(float out[3], const float a[3], const float b[3])
{
	out[0] = a[1] * b[2] - a[2] * b[1];
	out[1] = a[2] * b[0] - a[0] * b[2];
	out[2] = a[0] * b[1] - a[1] * b[0];
}

// turn rotates v by q.
static void turn(float out[3], const float q[4], const float v[3])
{
	float t[3], u[3];
	cross(t, q + 1, v);
	for (int i = 0; i < 3; i++) t[i] *= 2;
	cross(u, q + 1, t);
	for (int i = 0; i < 3; i++) out[i] = v[i] + q[0] * t[i] + u[i];
}

// up is the world's z in the body frame: the last row of the rotation matrix.
static void up(float out[3], const float q[4])
{
	out[0] = 2 * (q[1] * q[3] - q[0] * q[2]);
	out[1] = 2 * (q[2] * q[3] + q[0] * q[1]);
	out[2] = 1 - 2 * (q[1] * q[1] + q[2] * q[2]);
}

static float norm3(const float v[3])
{
	return sqrtf(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static void normalise(float q[4])
{
	float n = sqrtf(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
	for (int i = 0; i < 4; i++) q[i] /= n;
}

void imu_init(struct imu_filter *f, const float mounting[4])
{
	memset(f, 0, sizeof *f);
	memcpy(f->mounting, mounting, sizeof f->mounting);
	f->quat[0] = 1;
}

// prime sets the tilt that the accelerometer shows, with no yaw: the shortest
// turn that brings a to z. Upside down there is no shortest one: a turn about x.
static void prime(struct imu_filter *f, const float a[3])
{
	float q[4] = {1 + a[2], a[1], -a[0], 0};
	if (q[0] < 1e-3f) {
		q[0] = 0;
		q[1] = 1;
		q[2] = 0;
	}
	normalise(q);
	memcpy(f->quat, q, sizeof q);
	f->primed = 1;
}

// integrate turns q by the rate w for dt, exactly for a constant rate: with the
// half angle h, sin(h)/h and cos(h) by their series, good to 1e-9 for h < 0.1.
static void integrate(float q[4], const float w[3], float dt)
{
	float d[3], h2 = 0, r[4];
	for (int i = 0; i < 3; i++) {
		d[i] = 0.5f * dt * w[i];
		h2 += d[i] * d[i];
	}
	float s = 1 - h2 * (1 / 6.0f) * (1 - h2 * (1 / 20.0f)), c = 1 - h2 * 0.5f * (1 - h2 * (1 / 12.0f));
	for (int i = 0; i < 3; i++) d[i] *= s;
	r[0] = q[0] * c - q[1] * d[0] - q[2] * d[1] - q[3] * d[2];
	r[1] = q[1] * c + q[0] * d[0] + q[2] * d[2] - q[3] * d[1];
	r[2] = q[2] * c + q[0] * d[1] + q[3] * d[0] - q[1] * d[2];
	r[3] = q[3] * c + q[0] * d[2] + q[1] * d[1] - q[2] * d[0];
	normalise(r);
	memcpy(q, r, sizeof r);
}

int imu_update(struct imu_filter *f, const float gyro[3], const float acc[3], float dt)
{
	for (int i = 0; i < 3; i++)
		if (!isfinite(gyro[i]) || !isfinite(acc[i])) return 0;
	turn(f->gyro, f->mounting, gyro);
	turn(f->acc, f->mounting, acc);
	float n = norm3(f->acc), a[3], v[3], e[3] = {0, 0, 0}, w[3];
	int still = fabsf(n - GRAVITY) < IMU_TRUST * GRAVITY;
	if (still) {
		for (int i = 0; i < 3; i++) a[i] = f->acc[i] / n;
		if (!f->primed) prime(f, a);
		up(v, f->quat);
		cross(e, a, v);
	}
	for (int i = 0; i < 3; i++) {
		f->bias[i] = fminf(fmaxf(f->bias[i] - IMU_KI * e[i] * dt, -IMU_BIAS), IMU_BIAS);
		w[i] = f->gyro[i] - f->bias[i] + IMU_KP * e[i];
	}
	integrate(f->quat, w, dt);
	return 1;
}

float imu_upright(const struct imu_filter *f)
{
	float v[3];
	up(v, f->quat);
	return v[2];
}
