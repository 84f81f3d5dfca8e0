// Registers of the STM32F405 (ST RM0090 rev 19; the chapter is named with each),
// and bounded waits for them: a chip that does not answer must not stop the loop.
#ifndef WHISKER_BOARD_STM32F405_REGS_H_
#define WHISKER_BOARD_STM32F405_REGS_H_

#include "board/cortex/cortex.h"

// RCC (7.3)
#define RCC_CR REG(0x40023800)
#define RCC_PLLCFGR REG(0x40023804)
#define RCC_CFGR REG(0x40023808)
#define RCC_AHB1ENR REG(0x40023830)
#define RCC_APB1ENR REG(0x40023840)
#define RCC_APB2ENR REG(0x40023844)
#define RCC_CSR REG(0x40023874)
#define FLASH_ACR REG(0x40023C00)

// GPIO (8.4): port 0 is A
#define GPIO(port, offset) REG(0x40020000 + 0x400 * (port) + (offset))
#define GPIO_MODER 0x00
#define GPIO_OSPEEDR 0x08
#define GPIO_PUPDR 0x0C
#define GPIO_IDR 0x10
#define GPIO_BSRR 0x18
#define GPIO_AFR 0x20
enum { PORT_A, PORT_B, PORT_C };
enum { PIN_INPUT, PIN_OUTPUT, PIN_ALTERNATE, PIN_ANALOG };

// pin_mode makes a pin what mode says; af is the alternate function.
static inline void pin_mode(uint32_t port, uint32_t pin, uint32_t mode, uint32_t af)
{
	volatile uint32_t *afr = &GPIO(port, GPIO_AFR + 4 * (pin / 8));
	*afr = (*afr & ~(15u << 4 * (pin % 8))) | af << 4 * (pin % 8);
	GPIO(port, GPIO_OSPEEDR) |= 2u << 2 * pin;
	GPIO(port, GPIO_MODER) = (GPIO(port, GPIO_MODER) & ~(3u << 2 * pin)) | mode << 2 * pin;
}

static inline void pin_pull_up(uint32_t port, uint32_t pin)
{
	GPIO(port, GPIO_PUPDR) = (GPIO(port, GPIO_PUPDR) & ~(3u << 2 * pin)) | 1u << 2 * pin;
}

static inline void pin_write(uint32_t port, uint32_t pin, bool high)
{
	GPIO(port, GPIO_BSRR) = 1u << (pin + (high ? 0 : 16));
}

// wait_for waits until the bits of a register under mask are want, for so many
// reads at most. It says whether they came.
static inline bool wait_for(volatile uint32_t *reg, uint32_t mask, uint32_t want, uint32_t reads)
{
	while (reads-- > 0)
		if ((*reg & mask) == want) return true;
	return false;
}

#endif
