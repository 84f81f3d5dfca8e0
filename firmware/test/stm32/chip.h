// An STM32F405 as its reference manual (RM0090) tells of it, as far as the drivers
// in board/stm32f405 use it: what a register says, and what follows from a write.
// It is written from the manual, as they are: it shows that the drivers do what we
// read there, not that a chip does.
//
// What a chip would not do (a clock too fast, a register without its key, a channel
// that is not set up) is kept in chip.wrong.
#ifndef WHISKER_CHIP_H_
#define WHISKER_CHIP_H_

#include <stdbool.h>
#include <stdint.h>

enum { CHIP_BUSES = 2 };

struct can_frame {
	uint16_t id;
	uint8_t length;
	uint8_t bytes[8];
};

struct can_bus {
	struct can_frame box[3], fifo[3];
	uint32_t order[3]; // in which the mailboxes were filled; 0 is empty
	uint32_t filled, waiting;
	bool stuck; // no node acknowledges
};

struct chip {
	// What is around it.
	bool crystal, imu;
	float battery;        // V, at the pin's divider
	bool estop;           // the contact is open
	int16_t acc[3], gyro[3]; // the IMU's counts
	uint32_t reset_flags; // RCC_CSR
	// What it did.
	struct can_bus can[CHIP_BUSES];
	uint32_t now_ms, fed_ms, watchdog_ms[2]; // shortest and longest time-out
	bool watchdog;
	uint32_t erased; // how often sector 11 was
	const char *wrong;
};

extern struct chip chip;

// chip_new takes the power away and gives it again; flash and RAM that the linker
// keeps stay.
void chip_new(void);

// chip_erase is a new chip's flash.
void chip_erase(void);
uint8_t *chip_flash(void);

// chip_settle lets happen what the last access to a register brought about.
void chip_settle(void);

// chip_interrupts calls the drivers for what is pending.
void chip_interrupts(void);

uint32_t chip_apb1_hz(void), chip_apb2_hz(void);

// chip_can_sent takes the next frame off a bus.
bool chip_can_sent(int bus, struct can_frame *f);

// chip_can_comes is a frame of another node.
void chip_can_comes(int bus, const struct can_frame *f);

double chip_can_hz(int bus, double *sample);
double chip_baud(void);
double chip_spi_hz(void);
double chip_adc_hz(void);

// chip_host_sends and chip_host_hears are the other end of the UART.
void chip_host_sends(const uint8_t *bytes, uint32_t n);
uint32_t chip_host_hears(uint8_t bytes[1024]);

#endif
