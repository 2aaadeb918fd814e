# 32-bit ARM with Thumb-2 and hard float: Cortex-A5 to A17 (i.MX6, AM335x, Raspberry Pi 2).
BOARD_TRIPLE   := arm-linux-gnueabihf
BOARD_CFLAGS   := -march=armv7-a -mthumb -mfloat-abi=hard -mfpu=vfpv3-d16
# Pages of 4 KiB only; linkers assume 64 KiB and would pad memory.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096
BOARD_EMULATOR := qemu-arm -cpu cortex-a7
# Largest stripped binary that is accepted, in bytes.
BOARD_BUDGET   := 405504
