// The calibration in flash: sector 11, RM0090 3.5 and 3.9. Records are appended,
// so that the erase, which takes up to 4 s and stops the core, is rare: sector
// full, motors idle, watchdog widened.
#include "board/stm32f405/parts.h"
#include "board/stm32f405/regs.h"

#include <string.h> // memcpy, memset

#define FLASH_KEYR REG(0x40023C04)
#define FLASH_SR REG(0x40023C0C)
#define FLASH_CR REG(0x40023C10)
enum { CR_PG = 1u << 0, CR_SER = 1u << 1, CR_SECTOR_11 = 11u << 3, CR_WORDS = 2u << 8, CR_STRT = 1u << 16, CR_LOCK = 1u << 31 };
enum { ACR_DCEN = 1u << 10, ACR_DCRST = 1u << 12 };
#define SR_BSY (1u << 16)
#define SR_ERRORS 0xF2u

#define SECTOR 0x080E0000u
#define SECTOR_SIZE (128u * 1024)

// record_at is the i-th record, of n bytes rounded up to words.
static const uint8_t *record_at(uint32_t i, uint32_t n)
{
	return (const uint8_t *)(uintptr_t)(SECTOR + i * ((n + 3) & ~3u));
}

static bool erased(const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] != 0xFF) return false;
	return true;
}

// used counts the records.
static uint32_t used(uint32_t n)
{
	uint32_t most = SECTOR_SIZE / ((n + 3) & ~3u), i = 0;
	while (i < most && !erased(record_at(i, n), n)) i++;
	return i;
}

void store_load(uint8_t *bytes, uint32_t n)
{
	uint32_t records = used(n);
	memset(bytes, 0xFF, n);
	if (records > 0) memcpy(bytes, record_at(records - 1, n), n);
}

static bool done(void)
{
	bool idle = wait_for(&FLASH_SR, SR_BSY, 0, 200000000);
	bool ok = idle && !(FLASH_SR & SR_ERRORS);
	FLASH_SR = SR_ERRORS | 1;
	return ok;
}

static bool erase(void)
{
	watchdog_start(8000);
	FLASH_CR = CR_SER | CR_SECTOR_11 | CR_WORDS;
	FLASH_CR |= CR_STRT;
	bool ok = done();
	FLASH_ACR &= ~ACR_DCEN; // it holds what was erased (3.6.3)
	FLASH_ACR |= ACR_DCRST;
	FLASH_ACR = (FLASH_ACR & ~ACR_DCRST) | ACR_DCEN;
	watchdog_start(WATCHDOG_MS);
	return ok;
}

static bool program(uint32_t address, const uint8_t *bytes, uint32_t n)
{
	bool ok = true;
	FLASH_CR = CR_PG | CR_WORDS;
	for (uint32_t i = 0; ok && i < n; i += 4) {
		uint8_t word[4] = {0xFF, 0xFF, 0xFF, 0xFF};
		memcpy(word, bytes + i, n - i < 4 ? n - i : 4);
		REG(address + i) = wire_get32(word);
		ok = done();
	}
	return ok;
}

bool store_save(const uint8_t *bytes, uint32_t n)
{
	FLASH_KEYR = 0x45670123;
	FLASH_KEYR = 0xCDEF89AB;
	uint32_t i = used(n);
	bool ok = true;
	if (i == SECTOR_SIZE / ((n + 3) & ~3u)) {
		ok = erase();
		i = 0;
	}
	uint32_t address = (uint32_t)(uintptr_t)record_at(i, n);
	ok = ok && program(address, bytes, n);
	FLASH_CR = CR_LOCK;
	return ok && memcmp((const void *)(uintptr_t)address, bytes, n) == 0;
}
