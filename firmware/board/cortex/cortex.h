// What the two Cortex-M4F boards share: start, SysTick, interrupts. Register
// names and addresses: ARMv7-M Architecture Reference Manual, DDI 0403, part B3.
#ifndef WHISKER_BOARD_CORTEX_H_
#define WHISKER_BOARD_CORTEX_H_

#include <stdbool.h>
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define SYST_CSR REG(0xE000E010)
#define SYST_RVR REG(0xE000E014)
#define SYST_CVR REG(0xE000E018)
#define NVIC_ISER(n) REG(0xE000E100 + 4 * (n))
#define SCB_ICSR REG(0xE000ED04)
#define ICSR_PENDSTSET (1u << 26)
#define SCB_AIRCR REG(0xE000ED0C)
#define SCB_CPACR REG(0xE000ED88)

// Memory that a reset leaves alone.
#define NOINIT __attribute__((section(".noinit")))

// cortex_milliseconds counts since cortex_tick_start.
extern volatile uint32_t cortex_milliseconds;

// cortex_tick_start begins a millisecond tick of a core clock in Hz.
void cortex_tick_start(uint32_t hz);

// cortex_micros is the time since then, to a microsecond. It wraps after 71 min.
uint32_t cortex_micros(void);

void cortex_enable(uint32_t irq);

static inline void cortex_mask(void)
{
	__asm volatile("cpsid i" ::: "memory");
}

static inline void cortex_unmask(void)
{
	__asm volatile("cpsie i" ::: "memory");
}

// cortex_sleep waits for an interrupt; with interrupts masked it wakes all the same.
static inline void cortex_sleep(void)
{
	__asm volatile("dsb\n\twfi" ::: "memory");
}

// A ring of bytes with one writer and one reader, of which one may be an
// interrupt. The size is a power of two.
struct ring {
	uint8_t *bytes;
	uint32_t size;
	volatile uint32_t in, out;
	volatile uint32_t lost; // bytes that found it full
};

static inline uint32_t ring_used(const struct ring *r)
{
	return r->in - r->out;
}

static inline void ring_put(struct ring *r, uint8_t b)
{
	if (ring_used(r) == r->size) {
		r->lost++;
		return;
	}
	r->bytes[r->in % r->size] = b;
	r->in++;
}

static inline uint8_t ring_take(struct ring *r)
{
	uint8_t b = r->bytes[r->out % r->size];
	r->out++;
	return b;
}

#endif
