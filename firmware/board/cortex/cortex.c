// Start and time of a Cortex-M4F.
#include "board/cortex/cortex.h"

#include <string.h> // memcpy, memset

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];
extern int main(void);

volatile uint32_t cortex_milliseconds;
static uint32_t ticks_per_us;

void cortex_tick_start(uint32_t hz)
{
	ticks_per_us = hz / 1000000;
	SYST_RVR = hz / 1000 - 1;
	SYST_CVR = 0;
	SYST_CSR = 7; // core clock, interrupt, on
}

// A wrap of the counter whose interrupt has not run yet is seen by its pending bit.
uint32_t cortex_micros(void)
{
	uint32_t ms, left;
	bool wrapped;
	do {
		ms = cortex_milliseconds;
		left = SYST_CVR;
		wrapped = SCB_ICSR & ICSR_PENDSTSET;
		if (wrapped) left = SYST_CVR;
	} while (ms != cortex_milliseconds);
	return (ms + wrapped) * 1000 + 999 - left / ticks_per_us;
}

void cortex_enable(uint32_t irq)
{
	NVIC_ISER(irq / 32) = 1u << irq % 32;
}

void SysTick_Handler(void)
{
	cortex_milliseconds++;
}

// The FPU is on before the first instruction that may use it.
__attribute__((naked, noreturn)) void Reset_Handler(void)
{
	__asm volatile(
		"ldr r0, =0xE000ED88\n\t"
		"ldr r1, [r0]\n\t"
		"orr r1, r1, #0xF00000\n\t"
		"str r1, [r0]\n\t"
		"dsb\n\tisb\n\t"
		"b cortex_run\n\t");
}

__attribute__((noreturn, used)) void cortex_run(void)
{
	memcpy(data_start, data_load, (size_t)((uint8_t *)data_end - (uint8_t *)data_start));
	memset(bss_start, 0, (size_t)((uint8_t *)bss_end - (uint8_t *)bss_start));
	main();
	for (;;) {
	}
}

// A fault or an interrupt that nobody expects hangs, torque as it was: the
// watchdog resets the board, which starts without torque and says why.
void Default_Handler(void)
{
	for (;;) {
	}
}

#define WEAK(name) void name(void) __attribute__((weak, alias("Default_Handler")))
WEAK(NMI_Handler);
WEAK(HardFault_Handler);
WEAK(MemManage_Handler);
WEAK(BusFault_Handler);
WEAK(UsageFault_Handler);

// board_irq dispatches the board's own interrupts by number.
void board_irq(uint32_t number);

static void Irq_Handler(void)
{
	uint32_t number;
	__asm volatile("mrs %0, ipsr" : "=r"(number));
	board_irq(number - 16);
}

#define EIGHT(x) x, x, x, x, x, x, x, x

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 96])(void) = {
	(void (*)(void))(uintptr_t)stack_top, Reset_Handler, NMI_Handler, HardFault_Handler, MemManage_Handler, BusFault_Handler,
	UsageFault_Handler, Default_Handler, Default_Handler, Default_Handler, Default_Handler, Default_Handler,
	Default_Handler, Default_Handler, Default_Handler, SysTick_Handler,
	EIGHT(Irq_Handler), EIGHT(Irq_Handler), EIGHT(Irq_Handler), EIGHT(Irq_Handler), EIGHT(Irq_Handler), EIGHT(Irq_Handler),
	EIGHT(Irq_Handler), EIGHT(Irq_Handler), EIGHT(Irq_Handler), EIGHT(Irq_Handler), EIGHT(Irq_Handler), EIGHT(Irq_Handler),
};
