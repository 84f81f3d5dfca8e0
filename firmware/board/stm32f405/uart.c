// USART1 with DMA: RM0090 30 (USART) and 10 (DMA2, table 43: stream 2 channel 4
// receives, stream 7 channel 4 sends). Reception runs in a circle for ever;
// sending takes one frame at a time.
#include "board/stm32f405/parts.h"
#include "board/stm32f405/regs.h"

#include <string.h> // memcpy

#define USART_SR REG(0x40011000)
#define USART_DR REG(0x40011004)
#define USART_BRR REG(0x40011008)
#define USART_CR1 REG(0x4001100C)
#define USART_CR3 REG(0x40011014)
enum { SR_ORE = 1u << 3 };

#define DMA2_HIFCR REG(0x4002640C)
#define DMA2_S(stream, offset) REG(0x40026410 + 0x18 * (stream) + (offset))
enum { CR = 0x0, NDTR = 0x4, PAR = 0x8, M0AR = 0xC };
enum { CR_EN = 1u << 0, CR_TO_PERIPHERAL = 1u << 6, CR_CIRCULAR = 1u << 8, CR_INCREMENT = 1u << 10, CR_CHANNEL_4 = 4u << 25 };
enum { RX_STREAM = 2, TX_STREAM = 7 };

static uint8_t rx[1024], tx[2 * WIRE_MAX_WIRE];
static uint32_t rx_out;
static uint16_t overruns;

void uart_start(uint32_t apb2_hz)
{
	pin_mode(PORT_A, 9, PIN_ALTERNATE, 7);
	pin_mode(PORT_A, 10, PIN_ALTERNATE, 7);
	pin_pull_up(PORT_A, 10);
	USART_BRR = (apb2_hz + 921600 / 2) / 921600;
	USART_CR3 = 1u << 6 | 1u << 7;               // DMA both ways
	USART_CR1 = 1u << 13 | 1u << 3 | 1u << 2;    // on, 8N1
	DMA2_S(RX_STREAM, PAR) = 0x40011004;
	DMA2_S(RX_STREAM, M0AR) = (uint32_t)(uintptr_t)rx;
	DMA2_S(RX_STREAM, NDTR) = sizeof rx;
	DMA2_S(RX_STREAM, CR) = CR_CHANNEL_4 | CR_INCREMENT | CR_CIRCULAR | CR_EN;
	DMA2_S(TX_STREAM, PAR) = 0x40011004;
}

uint16_t uart_overruns(void)
{
	if (USART_SR & SR_ORE) {
		(void)USART_DR; // reading both clears it
		overruns++;
	}
	return overruns;
}

uint32_t board_host_read(uint8_t *bytes, uint32_t room)
{
	uint32_t in = (sizeof rx - DMA2_S(RX_STREAM, NDTR)) % sizeof rx, n = 0;
	for (; n < room && rx_out != in; n++) {
		bytes[n] = rx[rx_out];
		rx_out = (rx_out + 1) % sizeof rx;
	}
	return n;
}

uint32_t board_host_room(void)
{
	return DMA2_S(TX_STREAM, CR) & CR_EN ? 0 : sizeof tx;
}

void board_host_write(const uint8_t *bytes, uint32_t n)
{
	memcpy(tx, bytes, n);
	DMA2_HIFCR = 0x3Du << 22; // flags of stream 7
	DMA2_S(TX_STREAM, M0AR) = (uint32_t)(uintptr_t)tx;
	DMA2_S(TX_STREAM, NDTR) = n;
	DMA2_S(TX_STREAM, CR) = CR_CHANNEL_4 | CR_INCREMENT | CR_TO_PERIPHERAL | CR_EN;
}
