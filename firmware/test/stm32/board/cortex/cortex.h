// The core, for drivers that run on the host: registers lead to chip.c.
#ifndef WHISKER_BOARD_CORTEX_H_
#define WHISKER_BOARD_CORTEX_H_

#include <stdbool.h>
#include <stdint.h>

volatile uint32_t *chip_register(uint32_t address);
#define REG(address) (*chip_register(address))
#define NOINIT __attribute__((section("noinit")))

extern volatile uint32_t cortex_milliseconds;
void cortex_tick_start(uint32_t hz);
uint32_t cortex_micros(void);
void cortex_enable(uint32_t irq);
void cortex_mask(void);
void cortex_unmask(void);
void cortex_sleep(void);

#endif
