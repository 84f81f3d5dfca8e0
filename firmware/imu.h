// Orientation from gyroscope and accelerometer: the explicit complementary
// filter of R. Mahony, T. Hamel, J.-M. Pflimlin, Nonlinear complementary filters
// on the special orthogonal group, IEEE Trans. Automatic Control 53(5), 2008,
// equations 48a-c with one direction, gravity. whisker/bridge/imu is the same
// filter in Go; both read testdata/imu.txt.
// Units: rad/s, m/s², s. Quaternions are w, x, y, z and turn body into world;
// yaw is that of power-on.
#ifndef WHISKER_IMU_H_
#define WHISKER_IMU_H_

#include <stdint.h>

struct imu_filter {
	float mounting[4];  // turns the chip's frame into the body's
	float quat[4];
	float bias[3];      // rad/s, of the gyroscope, body frame
	float gyro[3];      // the newest sample in the body frame, bias not taken off
	float acc[3];       // the newest sample in the body frame: specific force, +9.81 on z at rest
	uint32_t primed;    // the first sample set the tilt
};

void imu_init(struct imu_filter *f, const float mounting[4]);

// imu_update takes a sample in the chip's frame that is dt after the last one.
// It returns 0, and changes nothing, for a sample with a value that is no finite
// number.
int imu_update(struct imu_filter *f, const float gyro[3], const float acc[3], float dt);

// imu_upright is the cosine of the tilt: the body's z along the world's.
float imu_upright(const struct imu_filter *f);

#endif
