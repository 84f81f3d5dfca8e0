// The STM32F405 board: what parts.h wires, behind board.h.
#include "board.h"

#include <math.h>   // NAN
#include <string.h> // memcpy, memset

#include "board/stm32f405/parts.h"
#include "board/stm32f405/regs.h"

#define ADC_SR REG(0x40012000)
#define ADC_CR2 REG(0x40012008)
#define ADC_SMPR1 REG(0x4001200C)
#define ADC_SQR3 REG(0x40012034)
#define ADC_DR REG(0x4001204C)
#define ADC_CCR REG(0x40012304)
#define DBGMCU_IDCODE REG(0xE0042000)
#define UID(word) REG(0x1FFF7A10 + 4 * (word))

#define ESTOP 0    // PC0
#define BATTERY 11 // ADC channel of PC1
#define BATTERY_V (3.3f * 11 / 4096)

// What a reset leaves alone. After a dip of the supply it may be damaged: the
// check word tells.
#define KEPT_MAGIC 0x66343035u
static NOINIT struct {
	uint32_t magic, boots, moving, check;
} kept;

static uint32_t due_ms; // the next tick

static void keep(bool moving)
{
	kept.moving = moving;
	kept.check = kept.magic ^ kept.boots ^ kept.moving;
}

// reset_cause reads the flags of RCC_CSR (RM0090 7.3.21) and clears them. A
// brown-out sets its flag together with the pin's and, from below 1.7 V, power's.
static uint8_t reset_cause(void)
{
	uint32_t flags = RCC_CSR;
	RCC_CSR = flags | 1u << 24;
	if (flags & (1u << 29 | 1u << 30)) return WIRE_RESET_CAUSE_WATCHDOG;
	if (flags & 1u << 28) return WIRE_RESET_CAUSE_SOFTWARE;
	if (flags & 1u << 27) return WIRE_RESET_CAUSE_POWER;
	if (flags & 1u << 25) return WIRE_RESET_CAUSE_BROWN_OUT;
	return flags & 1u << 26 ? WIRE_RESET_CAUSE_PIN : WIRE_RESET_CAUSE_POWER;
}

// The unique id is at an address that only the chip has.
static void read_uid(uint8_t uid[12])
{
	if ((DBGMCU_IDCODE & 0xFFF) != 0x413) return;
	for (uint32_t i = 0; i < 3; i++) wire_put32(uid + 4 * i, UID(i));
}

void board_start(struct robot_boot *boot)
{
	memset(boot, 0, sizeof *boot);
	uint32_t core = clock_start();
	bool fast = core == 168000000;
	cortex_tick_start(core);
	boot->cause = reset_cause();
	bool whole = kept.magic == KEPT_MAGIC && kept.check == (kept.magic ^ kept.boots ^ kept.moving);
	if (!whole) memset(&kept, 0, sizeof kept);
	// A supply that dipped as far as power-on, in motion, is a brown-out as well.
	if (whole && boot->cause == WIRE_RESET_CAUSE_POWER) boot->cause = WIRE_RESET_CAUSE_BROWN_OUT;
	boot->moving = kept.moving != 0;
	kept.magic = KEPT_MAGIC;
	boot->boots = ++kept.boots;
	keep(boot->moving); // until the first tick says: a supply that dips may dip again
	boot->store = store_save;
	read_uid(boot->uid);
	store_load(boot->calibration, sizeof boot->calibration);
	pin_mode(PORT_C, ESTOP, PIN_INPUT, 0);
	pin_pull_up(PORT_C, ESTOP);
	pin_mode(PORT_C, 1, PIN_ANALOG, 0);
	ADC_CCR = 1u << 16; // a quarter of APB2: 21 MHz, and 36 at most (data sheet, ADC characteristics)
	ADC_SMPR1 = 4u << 3 * (BATTERY - 10); // 84 cycles
	ADC_SQR3 = BATTERY;
	ADC_CR2 = 1;
	uart_start(fast ? core / 2 : core);
	can_start(fast ? core / 4 : core);
	imu_start();
	watchdog_start(WATCHDOG_MS);
	due_ms = cortex_milliseconds;
}

uint32_t board_time_us(void)
{
	return cortex_micros();
}

// battery starts a conversion and takes the one of the tick before.
static float battery(void)
{
	float v = ADC_SR & 1u << 1 ? (float)(ADC_DR & 0xFFF) * BATTERY_V : NAN;
	ADC_CR2 |= 1u << 30;
	return v;
}

bool board_sense(struct robot *r, struct robot_input *in)
{
	(void)r;
	int32_t behind = (int32_t)(cortex_milliseconds - due_ms);
	if (behind < 0) return false;
	memset(in, 0, sizeof *in);
	in->late = behind >= TICK_US / 1000; // a whole tick was missed
	due_ms = in->late ? cortex_milliseconds + TICK_US / 1000 : due_ms + TICK_US / 1000;
	can_take(in);
	in->imu = imu_read(in->gyro, in->acc);
	in->estop = GPIO(PORT_C, GPIO_IDR) >> ESTOP & 1;
	in->voltage = battery();
	in->current = in->board_temp = NAN;
	in->uart_overruns = uart_overruns();
	return true;
}

void board_drive(uint8_t frames[WIRE_JOINTS][MIT_FRAME], bool moving)
{
	can_send(&robot_config, frames);
	if (kept.moving != moving) keep(moving);
}

void board_wait(void)
{
	cortex_sleep(); // SysTick wakes it within a millisecond
}
