# 32-bit ARM without FPU and without Thumb-2: ARM926 (AT91SAM9, i.MX28, Kirkwood).
BOARD_TRIPLE   := arm-linux-gnueabi
BOARD_CFLAGS   := -march=armv5te -marm -mfloat-abi=soft
# Pages of 4 KiB only; linkers assume 64 KiB and would pad memory.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096
BOARD_EMULATOR := qemu-arm -cpu arm926
# Largest stripped binary that is accepted, in bytes.
BOARD_BUDGET   := 581632
