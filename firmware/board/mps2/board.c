// The mps2-an386 board of QEMU: CMSDK UART with interrupts both ways, CMSDK
// watchdog, and the plant over two pipes by semihosting. The plant's exchanges
// are the robot's clock; SysTick only bounds waits, and paces them when asked.
// Registers: Cortex-M System Design Kit TRM, Arm DDI 0479; AN386 for addresses.
#include "board.h"

#include <string.h> // memcpy, memset

#include "board/cortex/cortex.h"
#include "plant.h"

#define CORE_HZ 25000000u

#define UART_DATA REG(0x40004000)
#define UART_STATE REG(0x40004004)
#define UART_CTRL REG(0x40004008)
#define UART_INTCLR REG(0x4000400C)
#define UART_BAUDDIV REG(0x40004010)
enum { STATE_TX_FULL = 1u << 0, STATE_RX_FULL = 1u << 1, STATE_RX_OVERRUN = 1u << 3 };
enum { IRQ_RX = 0, IRQ_TX = 1 };

#define WDT_LOAD REG(0x40008000)
#define WDT_CONTROL REG(0x40008008)
#define WDT_INTCLR REG(0x4000800C)
#define WDT_LOCK REG(0x40008C00)
#define WDT_KEY 0x1ACCE551u
#define WDT_SECONDS 2 // to the interrupt, and as long again to the reset

static uint8_t rx_bytes[1024], tx_bytes[1024];
static struct ring rx = {.bytes = rx_bytes, .size = sizeof rx_bytes}, tx = {.bytes = tx_bytes, .size = sizeof tx_bytes};
static volatile bool sending; // a byte is on its way, and its interrupt will come
static uint16_t overruns;

static struct plant plant;
static uint32_t next_ms;    // when a paced exchange is due
static uint32_t written_ms; // when the host was last told something
static int plant_from, plant_to;
static uint8_t told[WIRE_JOINTS][MIT_FRAME];

// What survives a reset, and a watchdog's: there is no flash here.
#define KEPT_MAGIC 0x776b6570u
static NOINIT struct {
	uint32_t magic, boots, moving, watchdog;
	uint8_t calibration[WIRE_CALIBRATE_SIZE + WIRE_CRC_SIZE];
} kept;

// ---- semihosting (Arm: Semihosting for AArch32 and AArch64, 2.0) ----

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT = 0x18 };
enum { OPEN_READ = 1, OPEN_WRITE = 5 }; // "rb", "wb"

static uintptr_t semihost(uintptr_t op, const void *arguments)
{
	register uintptr_t r0 __asm("r0") = op;
	register const void *r1 __asm("r1") = arguments;
	__asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

static int semihost_open(const char *name, uintptr_t mode)
{
	uintptr_t a[] = {(uintptr_t)name, mode, strlen(name)};
	return (int)semihost(SYS_OPEN, a);
}

// semihost_exit ends the emulator: with its plant gone there is nothing to do.
static void semihost_exit(void)
{
	semihost(SYS_EXIT, (const void *)0x20026); // ADP_Stopped_ApplicationExit
}

// ---- UART ----

static void uart_start(void)
{
	UART_BAUDDIV = CORE_HZ / 921600;
	UART_CTRL = 0xF; // both ways, with their interrupts
	cortex_enable(IRQ_RX);
	cortex_enable(IRQ_TX);
}

// uart_push starts the next byte when none is on its way.
static void uart_push(void)
{
	if (sending || ring_used(&tx) == 0 || (UART_STATE & STATE_TX_FULL)) return;
	sending = true;
	UART_DATA = ring_take(&tx);
}

void board_irq(uint32_t number)
{
	if (number == IRQ_RX) {
		UART_INTCLR = 1u << 1;
		if (UART_STATE & STATE_RX_OVERRUN) {
			UART_STATE = STATE_RX_OVERRUN;
			overruns++;
		}
		while (UART_STATE & STATE_RX_FULL) ring_put(&rx, (uint8_t)UART_DATA);
	}
	if (number == IRQ_TX) {
		UART_INTCLR = 1u << 0;
		sending = false;
		uart_push();
	}
}

uint32_t board_host_read(uint8_t *bytes, uint32_t room)
{
	uint32_t n = ring_used(&rx);
	if (n > room) n = room;
	for (uint32_t i = 0; i < n; i++) bytes[i] = ring_take(&rx);
	return n;
}

uint32_t board_host_room(void)
{
	return tx.size - ring_used(&tx);
}

void board_host_write(const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) ring_put(&tx, bytes[i]);
	written_ms = cortex_milliseconds;
	cortex_mask();
	uart_push();
	cortex_unmask();
}

// ---- watchdog ----

static void watchdog_run(bool on)
{
	WDT_LOCK = WDT_KEY;
	WDT_LOAD = WDT_SECONDS * CORE_HZ;
	WDT_INTCLR = 1;
	WDT_CONTROL = on ? 3 : 0; // interrupt, then reset
	WDT_LOCK = 0;
}

void board_feed(void)
{
	WDT_LOCK = WDT_KEY;
	WDT_INTCLR = 1; // reloads
	WDT_LOCK = 0;
}

// The watchdog's interrupt is not maskable: it comes a period before the reset,
// and leaves a note. Nothing more is to be trusted.
void NMI_Handler(void)
{
	kept.watchdog = 1;
	for (;;) {
	}
}

// ---- start ----

static bool store(const uint8_t *bytes, uint32_t n)
{
	memcpy(kept.calibration, bytes, n);
	return true;
}

void board_start(struct robot_boot *boot)
{
	memset(boot, 0, sizeof *boot);
	boot->cause = WIRE_RESET_CAUSE_SOFTWARE;
	if (kept.magic != KEPT_MAGIC) {
		memset(&kept, 0, sizeof kept);
		memset(kept.calibration, 0xFF, sizeof kept.calibration);
		kept.magic = KEPT_MAGIC;
		boot->cause = WIRE_RESET_CAUSE_POWER;
	}
	if (kept.watchdog) boot->cause = WIRE_RESET_CAUSE_WATCHDOG;
	kept.watchdog = 0;
	boot->moving = kept.moving != 0;
	boot->boots = ++kept.boots;
	boot->store = store;
	memcpy(boot->uid, "mps2-an386", 10);
	memcpy(boot->calibration, kept.calibration, sizeof boot->calibration);
	for (int i = 0; i < WIRE_JOINTS; i++) mit_special(told[i], MIT_EXIT);
	cortex_tick_start(CORE_HZ);
	uart_start();
	plant_from = semihost_open("/proc/self/fd/4", OPEN_READ);
	plant_to = semihost_open("/proc/self/fd/5", OPEN_WRITE);
	if (plant_from < 0 || plant_to < 0) semihost_exit();
	watchdog_run(true);
}

uint32_t board_time_us(void)
{
	return plant.time_us;
}

// ---- plant ----

// exchange_in waits for the plant as long as it takes. That stops the whole
// emulator, its UART too, and the watchdog has to wait as well.
static void exchange_in(void)
{
	uint8_t *p = (uint8_t *)&plant.in;
	watchdog_run(false);
	for (uintptr_t left = sizeof plant.in; left > 0;) {
		uintptr_t a[] = {(uintptr_t)plant_from, (uintptr_t)(p + sizeof plant.in - left), left};
		uintptr_t now = semihost(SYS_READ, a);
		if (now >= left) semihost_exit();
		left = now;
	}
	watchdog_run(true);
	plant.have = true;
	plant.asked_us = cortex_micros();
	if (plant.in.flags & PLANT_HANG) {
		cortex_mask();
		for (;;) {
		}
	}
}

static void exchange_out(bool moving)
{
	struct plant_out out = {.count = plant.in.count, .moving = moving};
	memcpy(out.frames, told, sizeof told);
	uintptr_t a[] = {(uintptr_t)plant_to, (uintptr_t)&out, sizeof out};
	if (semihost(SYS_WRITE, a) != 0) semihost_exit();
}

// quiet: what the host is told has left before the emulator stops in exchange_in.
// A host that reads nothing for a second loses it.
static bool quiet(void)
{
	if (ring_used(&tx) == 0 && !sending) return true;
	if (cortex_milliseconds - written_ms < 1000) return false;
	cortex_mask();
	tx.out = tx.in;
	cortex_unmask();
	return true;
}

bool board_sense(struct robot *r, struct robot_input *in)
{
	if (!plant.have) {
		bool paced = plant.in.flags & PLANT_PACED;
		if (paced ? (int32_t)(cortex_milliseconds - next_ms) < 0 : !quiet()) {
			if (!paced) board_feed(); // the emulator's time again
			return false;
		}
		next_ms = cortex_milliseconds + TICK_US / 1000;
		exchange_in();
	}
	enum plant_next next = plant_next(&plant, r, cortex_micros());
	if (next == PLANT_WAIT) board_feed(); // for what time the emulator needs, no loop is to blame
	if (next == PLANT_IDLE) exchange_out(safety_torque(&r->safety));
	if (next != PLANT_TICK) return false;
	plant_fill(in, &plant.in);
	in->uart_overruns = (uint16_t)(overruns + rx.lost);
	return true;
}

void board_drive(uint8_t frames[WIRE_JOINTS][MIT_FRAME], bool moving)
{
	memcpy(told, frames, sizeof told);
	kept.moving = moving;
	exchange_out(moving);
}

// In lockstep the plant is what there is to wait for, in exchange_in.
void board_wait(void)
{
	cortex_mask();
	bool work = ring_used(&rx) > 0 || (!plant.have && quiet() && !(plant.in.flags & PLANT_PACED));
	if (!work) cortex_sleep();
	cortex_unmask();
}
