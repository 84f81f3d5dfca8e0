// Clock tree and independent watchdog.
#include "board/stm32f405/parts.h"
#include "board/stm32f405/regs.h"

// PLL: 8 MHz / 8 * 336 / 2 = 168 MHz; APB1 / 4, APB2 / 2 (RM0090 7.3.2, table 12).
uint32_t clock_start(void)
{
	const uint32_t reads = 200000;
	RCC_AHB1ENR |= 1u << 0 | 1u << 1 | 1u << 2 | 1u << 22;                // GPIO A to C, DMA2
	RCC_APB1ENR |= 1u << 25 | 1u << 26 | 1u << 28;                        // CAN1, CAN2, PWR
	RCC_APB2ENR |= 1u << 4 | 1u << 8 | 1u << 12;                          // USART1, ADC1, SPI1
	RCC_CR |= 1u << 16;                                                   // HSE on
	if (!wait_for(&RCC_CR, 1u << 17, 1u << 17, reads)) return 16000000;
	RCC_PLLCFGR = 8 | 336u << 6 | 0u << 16 | 1u << 22 | 7u << 24;
	RCC_CR |= 1u << 24; // PLL on
	if (!wait_for(&RCC_CR, 1u << 25, 1u << 25, reads)) return 16000000;
	FLASH_ACR = 5 | 1u << 8 | 1u << 9 | 1u << 10; // 5 wait states, prefetch, caches
	RCC_CFGR = 5u << 10 | 4u << 13;
	RCC_CFGR |= 2; // PLL is the core's clock
	if (!wait_for(&RCC_CFGR, 3u << 2, 2u << 2, reads)) return 16000000;
	return 168000000;
}

#define IWDG_KR REG(0x40003000)
#define IWDG_PR REG(0x40003004)
#define IWDG_RLR REG(0x40003008)
#define IWDG_SR REG(0x4000300C)

// The watchdog's own oscillator is anywhere from 17 to 47 kHz (data sheet, table
// 36): what is 40 ms at 32 kHz is 27 to 75 ms. Prescaler 64: 2 ms a count.
void watchdog_start(uint32_t ms)
{
	IWDG_KR = 0xCCCC; // on; nothing but a reset turns it off
	IWDG_KR = 0x5555;
	IWDG_PR = 4;
	IWDG_RLR = ms / 2;
	wait_for(&IWDG_SR, 3, 0, 200000);
	IWDG_KR = 0xAAAA;
}

void board_feed(void)
{
	IWDG_KR = 0xAAAA;
}
