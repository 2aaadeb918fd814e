# 32-bit MIPS, big endian, without FPU: routers with a 24Kc or 74Kc (AR9331, QCA9558).
BOARD_TRIPLE   := mips-linux-gnu
BOARD_CFLAGS   := -march=24kc
# Kernels with pages of 16 and 64 KiB exist.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=65536
BOARD_EMULATOR := qemu-mips -cpu 24Kc
# With an FPU: unlike the binary, programs of unit tests can print floating-point numbers.
BOARD_UNIT_EMULATOR := qemu-mips -cpu 24Kf
# Largest stripped binary that is accepted, in bytes (608 KiB).
BOARD_BUDGET   := 622592
