// Pins, SPI, ADC, CAN, UART and DMA of the model.
#include "chip_parts.h"

#include <string.h>

void board_irq(uint32_t number);
void cortex_enable(uint32_t irq);

// ---- pins, SPI, ADC ----

static bool alternate(uint32_t port, uint32_t pin, uint32_t function)
{
	return (R(port) >> 2 * pin & 3) == 2 && (R(port + 0x20 + 4 * (pin / 8)) >> 4 * (pin % 8) & 15) == function;
}

static struct {
	bool selected;
	int at; // the next register, -1 before the address
	bool read;
	uint8_t regs[128];
} imu;

static uint8_t imu_byte(uint8_t out)
{
	if (!imu.selected || !chip.imu) return 0xFF;
	if (imu.at < 0) {
		imu.at = out & 127, imu.read = out >> 7;
		return 0;
	}
	uint8_t reg = (uint8_t)(imu.at++ & 127), in = 0;
	if (!imu.read) {
		imu.regs[reg] = out;
		if (chip_spi_hz() > 1000000) chip_wrong("the IMU's settings are written at more than 1 MHz");
		return 0;
	}
	in = imu.regs[reg];
	if (reg == 0x75) in = 0x70;
	if (reg >= 0x3B && reg < 0x41) in = (uint8_t)(chip.acc[(reg - 0x3B) / 2] >> (reg & 1 ? 8 : 0));
	if (reg >= 0x43 && reg < 0x49) in = (uint8_t)(chip.gyro[(reg - 0x43) / 2] >> (reg & 1 ? 8 : 0));
	if (imu.regs[0x6B] >> 6 & 1 || imu.regs[0x6B] == 0) in = reg >= 0x3B && reg < 0x49 ? 0 : in; // asleep until it is told its clock
	if (reg >= 0x3B && reg < 0x49 && (imu.regs[0x1B] != 0x18 || imu.regs[0x1C] != 0x18)) chip_wrong("the IMU's ranges are not those of the driver's scale");
	return in;
}

double chip_spi_hz(void) { return chip_apb2_hz() / (double)(2u << (R(SPI) >> 3 & 7)); }

static void spi(uint32_t address)
{
	uint32_t v = R(SPI + 12);
	if (address == SPI + 12) {
		if ((v & 0xFFFF0000u) == MARK) R(SPI + 8) &= ~1u; // it was read
		else {
			bool set_up = chip_on(0x44, 12) && (R(SPI) & 0x344) == 0x344 && (R(SPI) & 3) == 3 && alternate(GPIOA, 5, 5) && alternate(GPIOA, 6, 5) && alternate(GPIOA, 7, 5);
			if (!set_up) chip_wrong("SPI used without clock, pins, or mode 3 of a master");
			R(address) = MARK | imu_byte((uint8_t)v);
			R(SPI + 8) |= 1;
		}
	}
	R(SPI + 8) |= 2;
}

static void gpio(uint32_t address)
{
	if (address == GPIOA + 0x18 && R(address)) {
		bool select = R(address) >> 20 & 1;
		if ((R(GPIOA) >> 8 & 3) != 1) chip_wrong("PA4 is no output");
		if (select && !imu.selected) imu.at = -1;
		imu.selected = select;
		R(address) = 0;
	}
	bool pulled = (R(GPIOC + 0x0C) & 3) == 1 && (R(GPIOC) & 3) == 0 && chip_on(0x30, 2);
	R(GPIOC + 0x10) = chip.estop && pulled;
}

double chip_adc_hz(void) { return chip_apb2_hz() / (2.0 * ((R(ADC_CCR) >> 16 & 3) + 1)); }

static void adc(uint32_t address)
{
	if (address == ADC + 0x4C) R(ADC) &= ~2u; // read
	if (!(R(ADC + 8) >> 30 & 1)) return;
	if (!(R(ADC + 8) & 1) || !chip_on(0x44, 8) || R(ADC + 0x34) != 11 || (R(GPIOC) >> 2 & 3) != 3) chip_wrong("ADC started without clock, power, channel or pin");
	if (chip_adc_hz() > 36e6) chip_wrong("the ADC's clock is above 36 MHz");
	R(ADC + 8) &= ~(1u << 30);
	R(ADC + 0x4C) = (uint32_t)(chip.battery / 11 / 3.3f * 4096);
	R(ADC) |= 2;
}

// ---- CAN ----

static uint32_t can_base(int bus) { return CAN1 + 0x400u * (uint32_t)bus; }

static void can(uint32_t address)
{
	for (int bus = 0; bus < CHIP_BUSES; bus++) {
		struct can_bus *c = &chip.can[bus];
		uint32_t b = can_base(bus), *tsr = &R(b + 8), *rf = &R(b + 12);
		R(b + 4) = (R(b + 4) & ~1u) | (R(b) & 1);
		if (address == b + 8 && *tsr != chip_held) {
			uint32_t written = *tsr;
			for (int i = 0; i < 3; i++)
				if (written >> (7 + 8 * i) & 1) c->order[i] = 0; // aborted
			*tsr = chip_held & ~(written & 0x010101u);
		}
		for (int i = 0; i < 3; i++) {
			uint32_t ti = b + 0x180 + 0x10 * (uint32_t)i;
			if (address != ti || !(R(ti) & 1)) continue;
			if (c->order[i]) chip_wrong("a mailbox was overwritten");
			c->order[i] = ++c->filled;
			struct can_frame *f = &c->box[i];
			f->id = (uint16_t)(R(ti) >> 21), f->length = R(ti + 4) & 15;
			memcpy(f->bytes, &R(ti + 8), 4), memcpy(f->bytes + 4, &R(ti + 12), 4);
			R(ti) &= ~1u;
		}
		*tsr &= ~(7u << 26);
		for (int i = 0; i < 3; i++) *tsr |= (uint32_t)!c->order[i] << (26 + i);
		*tsr |= 1u << 31; // so that a write is seen
		if (address == b + 12 && (*rf & 0xFFFF0000u) != MARK && *rf >> 5 & 1 && c->waiting) {
			memmove(c->fifo, c->fifo + 1, sizeof c->fifo - sizeof *c->fifo);
			c->waiting--;
		}
		*rf = MARK | c->waiting;
		R(b + 0x1B0) = (uint32_t)c->fifo[0].id << 21, R(b + 0x1B4) = c->fifo[0].length;
		memcpy(&R(b + 0x1B8), c->fifo[0].bytes, 4), memcpy(&R(b + 0x1BC), c->fifo[0].bytes + 4, 4);
	}
}

// passes says whether a filter bank that lets everything through is on for a bus.
static bool passes(int bus)
{
	uint32_t start = R(CAN1 + 0x200) >> 8 & 63, bank = bus ? start : 0;
	bool open = !(R(CAN1 + 0x200) & 1) && R(CAN1 + 0x21C) >> bank & 1 && R(CAN1 + 0x20C) >> bank & 1 && !(R(CAN1 + 0x214) >> bank & 1);
	return open && bank < 28 && (bus || start > 0) && !R(CAN1 + 0x240 + 8 * bank + 4) && chip_on(0x40, 25) && (!bus || chip_on(0x40, 26));
}

static bool runs(int bus)
{
	uint32_t pins[2][2] = {{8, 9}, {12, 13}}, b = can_base(bus);
	return !(R(b) & 3) && chip_on(0x40, 25 + (uint32_t)bus) && alternate(GPIOA + 0x400, pins[bus][0], 9) && alternate(GPIOA + 0x400, pins[bus][1], 9);
}

bool chip_can_sent(int bus, struct can_frame *f)
{
	chip_settle();
	struct can_bus *c = &chip.can[bus];
	int first = -1;
	for (int i = 0; i < 3; i++)
		if (c->order[i] && (first < 0 || c->order[i] < c->order[first])) first = i;
	if (first < 0 || c->stuck || !runs(bus) || !(R(can_base(bus)) >> 2 & 1)) return false;
	*f = c->box[first];
	c->order[first] = 0;
	R(can_base(bus) + 8) |= 1u << 8 * first;
	chip_settle();
	return true;
}

void chip_can_comes(int bus, const struct can_frame *f)
{
	chip_settle();
	struct can_bus *c = &chip.can[bus];
	if (runs(bus) && passes(bus) && c->waiting < 3) c->fifo[c->waiting++] = *f;
	chip_settle();
}

double chip_can_hz(int bus, double *sample)
{
	uint32_t t = R(can_base(bus) + 0x1C), before = 2 + (t >> 16 & 15), after = 1 + (t >> 20 & 7);
	*sample = before / (double)(before + after);
	return chip_apb1_hz() / (double)((t & 1023) + 1) / (before + after);
}

// ---- UART and DMA ----

static uint32_t stream(uint32_t n, uint32_t offset) { return DMA2 + 0x10 + 0x18 * n + offset; }

static uint32_t sending; // how far stream 7 is

static void dma(uint32_t address)
{
	if ((address == stream(7, 4) || address == stream(7, 12)) && R(address) != chip_held && R(stream(7, 0)) & 1) chip_wrong("stream 7 is changed while it runs");
	uint32_t clear = R(DMA2 + 0x0C);
	R(DMA2 + 4) &= ~clear, R(DMA2 + 0x0C) = 0;
	if (address == stream(7, 0) && R(address) & 1 && !(chip_held & 1) && R(DMA2 + 4) >> 22) chip_wrong("stream 7 begins with its flags set"), R(address) &= ~1u;
}

double chip_baud(void) { return chip_apb2_hz() / (double)R(USART + 8); }

static bool uart(uint32_t enable, uint32_t dma_on, uint32_t n, uint32_t want)
{
	return chip_on(0x44, 4) && chip_on(0x30, 22) && R(USART + 12) >> 13 & R(USART + 12) >> enable & R(USART + 20) >> dma_on & 1 &&
		alternate(GPIOA, 9, 7) && alternate(GPIOA, 10, 7) && R(stream(n, 8)) == USART + 4 && (R(stream(n, 0)) & ~1u) == (4u << 25 | 1u << 10 | want);
}

void chip_host_sends(const uint8_t *bytes, uint32_t n)
{
	chip_settle();
	static uint32_t size;
	uint32_t *left = &R(stream(2, 4));
	if (!uart(2, 6, 2, 1u << 8) || !(R(stream(2, 0)) & 1)) return;
	if (*left > size) size = *left;
	for (uint32_t i = 0; i < n; i++) {
		((uint8_t *)(uintptr_t)R(stream(2, 12)))[size - *left] = bytes[i];
		*left = *left > 1 ? *left - 1 : size;
	}
}

uint32_t chip_host_hears(uint8_t bytes[1024])
{
	chip_settle();
	uint32_t *left = &R(stream(7, 4)), n = *left < 92 ? *left : 92; // what a millisecond carries
	if (!uart(3, 7, 7, 1u << 6) || !(R(stream(7, 0)) & 1)) return 0;
	memcpy(bytes, (uint8_t *)(uintptr_t)R(stream(7, 12)) + sending, n);
	sending += n, *left -= n;
	if (*left == 0) sending = 0, R(stream(7, 0)) &= ~1u, R(DMA2 + 4) |= 1u << 27;
	return n;
}

// ---- the whole ----

void chip_parts_new(void)
{
	memset(&imu, 0, sizeof imu);
}

void chip_parts_settle(uint32_t address)
{
	spi(address), gpio(address), adc(address), dma(address), can(address);
}

static uint32_t enabled[3];
void cortex_enable(uint32_t irq) { enabled[irq / 32] |= 1u << irq % 32; }

void chip_interrupts(void)
{
	const uint32_t tx[2] = {19, 63}, rx[2] = {20, 64};
	for (int bus = 0; bus < CHIP_BUSES; bus++) {
		for (int turn = 0;; turn++) {
			chip_settle();
			uint32_t b = can_base(bus), enable = R(b + 0x14);
			bool sent = R(b + 8) & 0x010101u && enable & 1 && enabled[tx[bus] / 32] >> tx[bus] % 32 & 1;
			bool came = chip.can[bus].waiting && enable & 2 && enabled[rx[bus] / 32] >> rx[bus] % 32 & 1;
			if (sent) board_irq(tx[bus]);
			if (came) board_irq(rx[bus]);
			if (!sent && !came) break;
			if (turn == 8) {
				chip_wrong("an interrupt of CAN comes again and again");
				break;
			}
		}
	}
	chip_settle();
}
