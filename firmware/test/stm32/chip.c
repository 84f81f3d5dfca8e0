// The memory of the model: registers, clock, flash, watchdog.
#define _GNU_SOURCE
#include "chip_parts.h"

#include <string.h>
#include <sys/mman.h>

enum { FLASH_SECTOR = 0x080E0000, SECTOR_SIZE = 128 * 1024 };
enum { UID = 0x1FFF7A10, IDCODE = 0xE0042000 };

struct chip chip;

static struct {
	uint32_t address, value;
} cells[256];
static uint32_t used;
static uint32_t touched; // the register of the last access
uint32_t chip_held;

uint32_t *chip_cell(uint32_t address)
{
	for (uint32_t i = 0; i < used; i++)
		if (cells[i].address == address) return &cells[i].value;
	cells[used].address = address;
	return &cells[used++].value;
}

void chip_wrong(const char *what)
{
	if (!chip.wrong) chip.wrong = what;
}

// ---- clock, flash, watchdog ----

static bool pll(void) { return (R(RCC + 8) >> 2 & 3) == 2; }
static uint32_t core_hz(void)
{
	uint32_t p = R(RCC + 4);
	if (!pll()) return 16000000;
	return (p >> 22 & 1 ? 8000000 : 16000000) / (p & 63) * (p >> 6 & 511) / (2 * ((p >> 16 & 3) + 1));
}

static uint32_t divided(uint32_t field) { return field < 4 ? 1 : 2u << (field - 4); }
uint32_t chip_apb1_hz(void) { return core_hz() / divided(R(RCC + 8) >> 10 & 7); }
uint32_t chip_apb2_hz(void) { return core_hz() / divided(R(RCC + 8) >> 13 & 7); }

static void rcc(void)
{
	uint32_t *cr = &R(RCC);
	*cr = *cr >> 16 & 1 && chip.crystal ? *cr | 1u << 17 : *cr & ~(1u << 17);
	bool source = R(RCC + 4) >> 22 & 1 ? *cr >> 17 & 1 : true;
	*cr = *cr >> 24 & 1 && source ? *cr | 1u << 25 : *cr & ~(1u << 25);
	uint32_t *cfgr = &R(RCC + 8);
	if ((*cfgr & 3) == 2 && *cr >> 25 & 1) {
		if ((R(FLASH) & 7) < 5) chip_wrong("168 MHz with too few wait states of the flash");
		*cfgr = (*cfgr & ~12u) | 2u << 2;
		if (core_hz() > 168000000 || chip_apb1_hz() > 42000000 || chip_apb2_hz() > 84000000) chip_wrong("a clock is too fast");
	}
	if (R(RCC + 0x74) >> 24 & 1) R(RCC + 0x74) = 0;
}

bool chip_on(uint32_t enable, uint32_t bit) { return R(RCC + enable) >> bit & 1; }

static uint32_t key;

static void flash(uint32_t address)
{
	uint32_t *cr = &R(FLASH + 0x10);
	if (address == FLASH + 4 && R(address)) {
		if (R(address) == 0x45670123) key = 1;
		else if (R(address) == 0xCDEF89AB && key == 1) key = 2, *cr &= ~(1u << 31);
		else key = 3;
		R(address) = 0;
	}
	if (address == FLASH + 0x0C) R(address) = R(address) == chip_held ? chip_held : chip_held & ~R(address);
	if (address == FLASH + 0x10 && key != 2 && *cr != chip_held) chip_wrong("FLASH_CR without its keys"), *cr = chip_held;
	if (address == FLASH + 0x10 && *cr >> 31 & 1) key = 0;
	if (*cr >> 16 & 1 && *cr & 2 && (*cr >> 3 & 15) == 11) {
		memset(chip_flash(), 0xFF, SECTOR_SIZE);
		chip.erased++;
		if (R(FLASH) >> 10 & 1) R(FLASH + 0x100) = 1; // what the data cache holds is old
	}
	if (address == FLASH && R(address) >> 12 & 1) {
		if (R(address) >> 10 & 1) chip_wrong("the data cache was reset while on");
		R(FLASH + 0x100) = 0;
	}
	*cr &= ~(1u << 16);
}

static void program(uint32_t address)
{
	uint32_t *word = (uint32_t *)(uintptr_t)address;
	if (*word == chip_held) return;
	if (key != 2 || !(R(FLASH + 0x10) & 1) || (R(FLASH + 0x10) >> 8 & 3) != 2) {
		chip_wrong("flash written without key, PG or its size");
		*word = chip_held;
	}
	if (R(FLASH + 0x100)) chip_wrong("flash used after an erase with the old words in the data cache");
	*word &= chip_held; // a program clears bits only
}

static void iwdg(uint32_t address)
{
	static bool open;
	uint32_t v = R(address);
	if (address == IWDG && v != MARK) {
		if (v == 0x5555) open = true;
		else open = false;
		if (v == 0xCCCC) chip.watchdog = true;
		if (v == 0xAAAA || v == 0xCCCC) chip.fed_ms = chip.now_ms;
		R(address) = MARK;
	}
	if ((address == IWDG + 4 || address == IWDG + 8) && v != chip_held && !open) chip_wrong("IWDG_PR or RLR without its key"), R(address) = chip_held;
	uint32_t counts = (4u << R(IWDG + 4)) * (R(IWDG + 8) & 0xFFF);
	chip.watchdog_ms[0] = counts / 47, chip.watchdog_ms[1] = counts / 17;
}

// ---- the whole ----

uint8_t *chip_flash(void) { return (uint8_t *)(uintptr_t)FLASH_SECTOR; }

void chip_erase(void)
{
	static bool mapped;
	if (!mapped) mmap(chip_flash(), SECTOR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	mapped = true;
	memset(chip_flash(), 0xFF, SECTOR_SIZE);
}

void chip_new(void)
{
	used = touched = key = 0;
	memset(cells, 0, sizeof cells);
	memset(&chip, 0, sizeof chip);
	chip_parts_new();
	chip.crystal = chip.imu = true;
	chip.battery = 24;
	chip.acc[2] = 2048;
	R(FLASH + 0x10) = 1u << 31;
	R(CAN1) = R(CAN1 + 0x400) = 2, R(CAN1 + 0x200) = 14u << 8 | 1; // asleep; filters being set up
	R(IDCODE) = 0x413, R(UID) = 0x11, R(UID + 4) = 0x22, R(UID + 8) = 0x33;
	R(IWDG) = MARK;
}

void chip_settle(void)
{
	uint32_t address = touched;
	touched = 0;
	if (address >= FLASH_SECTOR && address < FLASH_SECTOR + SECTOR_SIZE) program(address);
	if (address) flash(address), iwdg(address);
	rcc();
	chip_parts_settle(address);
}

volatile uint32_t *chip_register(uint32_t address)
{
	chip_settle();
	touched = address;
	uint32_t *p = address >= FLASH_SECTOR && address < FLASH_SECTOR + SECTOR_SIZE ? (uint32_t *)(uintptr_t)address : chip_cell(address);
	if (address == RCC + 0x74) *p |= chip.reset_flags, chip.reset_flags = 0;
	if (address == SPI + 12) *p = MARK | (*p & 0xFFFF);
	chip_held = *p;
	return p;
}
