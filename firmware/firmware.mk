# The firmware: `make firmware` builds it for every board and prints its size.
# Tools come from Debian: gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm.
FW := firmware
FW_BUILD := $(FW)/build
FW_COMMON := main servo mit imu safety robot robot_host wire wire_schema config_quadruped
FW_HEADERS := $(wildcard $(FW)/*.h $(FW)/board/*/*.h)
FW_WARN := -std=c11 -Wall -Wextra -Werror -Wshadow -Wdouble-promotion

.PHONY: firmware flash
firmware: $(FW_BUILD)/host/whisker $(FW_BUILD)/mps2/whisker.elf $(FW_BUILD)/stm32f405/whisker.elf ## build the firmware for host, QEMU and STM32F405, and print its flash and RAM
	@for b in mps2 stm32f405; do arm-none-eabi-size $(FW_BUILD)/$$b/whisker.elf | \
	  awk -v b=$$b 'NR == 2 {printf "%s: flash %d bytes, RAM %d bytes and the stack\n", b, $$1 + $$2, $$2 + $$3}'; done
	@echo "stm32f405: each of 2 CAN buses carries 6 commands and 6 replies a tick: $$((111 * 12 * 500 / 10000)) % load, $$((135 * 12 * 500 / 10000)) % with every stuff bit (config.h)"

# With a probe on the board's SWD pins (OpenOCD: apt openocd).
flash: $(FW_BUILD)/stm32f405/whisker.elf ## write the firmware to an STM32F405 over ST-Link
	openocd -f interface/stlink.cfg -f target/stm32f4x.cfg -c "program $< verify reset exit"

$(DEPS)/arm.ok:
	mkdir -p $(DEPS)
	command -v arm-none-eabi-gcc >/dev/null && command -v qemu-system-arm >/dev/null && \
	  echo '#include <math.h>' | arm-none-eabi-gcc -E - >/dev/null 2>&1 || \
	  { $(call apt,gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm); }
	arm-none-eabi-gcc --version >$@

# The host board has the sanitizers in it, in every test.
$(FW_BUILD)/host/whisker: $(FW_COMMON:%=$(FW)/%.c) $(FW)/plant.c $(wildcard $(FW)/board/host/*.c) $(FW_HEADERS)
	mkdir -p $(@D)
	$(CC) $(FW_WARN) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -I$(FW) -o $@ $(filter %.c,$^) -lm

FW_ARM := arm-none-eabi-gcc $(FW_WARN) -O2 -g -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 \
  -ffunction-sections -fdata-sections -ffp-contract=off -I$(FW)
FW_LINK := --specs=nano.specs --specs=nosys.specs -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments -L$(FW)

$(FW_BUILD)/mps2/whisker.elf: $(FW_COMMON:%=$(FW)/%.c) $(FW)/plant.c $(wildcard $(FW)/board/mps2/*.c $(FW)/board/cortex/*) $(FW)/board/mps2/link.ld $(FW_HEADERS) $(DEPS)/arm.ok
	mkdir -p $(@D)
	$(FW_ARM) $(FW_LINK) -T $(FW)/board/mps2/link.ld -o $@ $(filter %.c,$^) -lm

$(FW_BUILD)/stm32f405/whisker.elf: $(FW_COMMON:%=$(FW)/%.c) $(wildcard $(FW)/board/stm32f405/*.c $(FW)/board/cortex/*) $(FW)/board/stm32f405/link.ld $(FW_HEADERS) $(DEPS)/arm.ok
	mkdir -p $(@D)
	$(FW_ARM) $(FW_LINK) -T $(FW)/board/stm32f405/link.ld -o $@ $(filter %.c,$^) -lm

test: firmware
