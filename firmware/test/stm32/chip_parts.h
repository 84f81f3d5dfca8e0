// What the parts of the model share.
#ifndef WHISKER_CHIP_PARTS_H_
#define WHISKER_CHIP_PARTS_H_

#include "chip.h"

enum { RCC = 0x40023800, FLASH = 0x40023C00, GPIOA = 0x40020000, GPIOC = 0x40020800, USART = 0x40011000, DMA2 = 0x40026400 };
enum { SPI = 0x40013000, ADC = 0x40012000, ADC_CCR = 0x40012304, IWDG = 0x40003000, CAN1 = 0x40006400 };

// A register that is written and read for different things holds this mark in
// bits that it does not have, so that a write is seen that changes nothing.
#define MARK 0x5A5A0000u

// R is a register's value.
#define R(address) (*chip_cell(address))
uint32_t *chip_cell(uint32_t address);

// chip_held is what the register of the last access said before it.
extern uint32_t chip_held;

void chip_wrong(const char *what);

// chip_on says whether a part has its clock.
bool chip_on(uint32_t enable, uint32_t bit);

// chip_parts_settle is chip_settle for pins, SPI, ADC, CAN, UART and DMA.
void chip_parts_settle(uint32_t address);
void chip_parts_new(void);

#endif
