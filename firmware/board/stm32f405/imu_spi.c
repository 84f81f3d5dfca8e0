// MPU-6500 on SPI1: InvenSense PS-MPU-6500A-01 and RM-MPU-6500A-00. ±2000 °/s at
// 16.4 a °/s, ±16 g at 2048 a g; 14 bytes from 0x3B: acceleration, temperature,
// rate, each big-endian. Settings are written at 0.66 MHz, as the chip takes them at
// 1 MHz at most; a read of what it measures at 1.3 MHz takes 92 us.
#include "board/stm32f405/parts.h"
#include "board/stm32f405/regs.h"

#define SPI_CR1 REG(0x40013000)
#define SPI_SR REG(0x40013008)
#define SPI_DR REG(0x4001300C)
enum { SR_RXNE = 1u << 0, SR_TXE = 1u << 1 };
enum { WHO_AM_I = 0x75, PWR_MGMT_1 = 0x6B, CONFIG = 0x1A, GYRO_CONFIG = 0x1B, ACCEL_CONFIG = 0x1C, USER_CTRL = 0x6A, ACCEL_XOUT = 0x3B };
enum { READ = 0x80, MPU_6500 = 0x70 };

#define SPI_ON (1u << 9 | 1u << 8 | 1u << 6 | 1u << 2 | 3) // software CS, on, master, mode 3
enum { BY_64 = 5u << 3, BY_128 = 6u << 3 };

#define CS 4
#define RAD_S (0.01745329252f / 16.4f)
#define M_S2 (9.80665f / 2048)

static bool here;

static bool transfer(uint8_t out, uint8_t *in)
{
	if (!wait_for(&SPI_SR, SR_TXE, SR_TXE, 2000)) return false;
	SPI_DR = out;
	if (!wait_for(&SPI_SR, SR_RXNE, SR_RXNE, 2000)) return false;
	*in = (uint8_t)SPI_DR;
	return true;
}

static bool exchange(uint8_t address, uint8_t *bytes, uint32_t n)
{
	uint8_t none;
	pin_write(PORT_A, CS, false);
	bool ok = transfer(address, &none);
	for (uint32_t i = 0; ok && i < n; i++) ok = transfer(bytes[i], &bytes[i]);
	pin_write(PORT_A, CS, true);
	return ok;
}

static bool set(uint8_t address, uint8_t value)
{
	return exchange(address, &value, 1);
}

bool imu_start(void)
{
	pin_mode(PORT_A, CS, PIN_OUTPUT, 0);
	pin_write(PORT_A, CS, true);
	for (uint32_t pin = 5; pin <= 7; pin++) pin_mode(PORT_A, pin, PIN_ALTERNATE, 5);
	SPI_CR1 = SPI_ON | BY_128;
	uint8_t who = 0;
	here = exchange(WHO_AM_I | READ, &who, 1) && who == MPU_6500;
	// Clock from the gyroscope; no I2C; 184 Hz of bandwidth; the ranges above.
	here = here && set(PWR_MGMT_1, 1) && set(USER_CTRL, 1u << 4) && set(CONFIG, 1) && set(GYRO_CONFIG, 3u << 3) && set(ACCEL_CONFIG, 3u << 3);
	SPI_CR1 = SPI_ON | BY_64;
	return here;
}

bool imu_read(float gyro[3], float acc[3])
{
	uint8_t b[14] = {0};
	if (!here || !exchange(ACCEL_XOUT | READ, b, sizeof b)) return false;
	bool some = false;
	for (int i = 0; i < 3; i++) {
		int16_t a = (int16_t)(b[2 * i] << 8 | b[2 * i + 1]), g = (int16_t)(b[8 + 2 * i] << 8 | b[9 + 2 * i]);
		acc[i] = (float)a * M_S2;
		gyro[i] = (float)g * RAD_S;
		some = some || (a != 0 && a != -1);
	}
	return some; // all zeros or all ones is a line that is stuck or open, not a robot in free fall
}
