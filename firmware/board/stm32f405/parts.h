// The parts of the STM32F405 board, a file each.
//
//	host    USART1, PA9 TX, PA10 RX, 921600 baud, DMA both ways   uart.c
//	motors  CAN1 PB8 RX PB9 TX, CAN2 PB12 RX PB13 TX, 1 Mbit/s    can.c
//	IMU     MPU-6500 on SPI1: PA4 CS, PA5 SCK, PA6 MISO, PA7 MOSI imu_spi.c
//	e-stop  PC0, a contact to ground that opens                   board.c
//	battery PC1, ADC channel 11, behind a divider of 11           board.c
//	flash   sector 11 keeps the calibration                       store.c
#ifndef WHISKER_BOARD_STM32F405_PARTS_H_
#define WHISKER_BOARD_STM32F405_PARTS_H_

#include "board.h"

// clock_start brings the core to 168 MHz from an 8 MHz crystal, and leaves it at
// the internal 16 MHz where there is none. It returns the core's Hz; the buses
// have a quarter (APB1) and half (APB2) of 168 MHz, or all of 16 MHz.
uint32_t clock_start(void);

void uart_start(uint32_t apb2_hz);
uint16_t uart_overruns(void);

void can_start(uint32_t apb1_hz);

// can_send queues the frames of all motors; each bus sends its own in turn.
void can_send(const struct robot_config *c, uint8_t frames[WIRE_JOINTS][MIT_FRAME]);

// can_take moves what the motors answered since the last call into in.
void can_take(struct robot_input *in);

bool imu_start(void);
bool imu_read(float gyro[3], float acc[3]);

void store_load(uint8_t *bytes, uint32_t n);
bool store_save(const uint8_t *bytes, uint32_t n);

#define WATCHDOG_MS 40 // but while flash is erased

// watchdog_start runs the independent watchdog with a timeout of about ms.
void watchdog_start(uint32_t ms);

#endif
