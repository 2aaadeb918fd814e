# 32-bit ARM with an FPU and without Thumb-2: ARM1176 (Raspberry Pi 1 and Zero).
# Debian's library for armhf is for ARMv7; armel's is for ARMv5, and runs.
BOARD_TRIPLE   := arm-linux-gnueabi
# The compiler's own library settles how floating-point numbers are passed: in the FPU's registers (Buildroot's EABIhf, Alpine's
# armhf) or in others (Debian's armel).
BOARD_FLOAT     = $(eval BOARD_FLOAT := $(if $(findstring __ARM_PCS_VFP,$(shell $(CC) -dM -E -x c /dev/null)),hard,softfp))$(BOARD_FLOAT)
BOARD_CFLAGS    = -march=armv6 -marm -mfpu=vfp -mfloat-abi=$(BOARD_FLOAT)
# Pages of 4 KiB only; linkers assume 64 KiB and would pad memory.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096
BOARD_EMULATOR := qemu-arm -cpu arm1176
# Largest stripped binary that is accepted, in bytes.
BOARD_BUDGET   := 577536
