# 32-bit MIPS, little endian, without FPU: routers and gateways with a 24Kc or 1004Kc (MT7621, MT7688).
BOARD_TRIPLE   := mipsel-linux-gnu
BOARD_CFLAGS   := -march=24kc
# Kernels with pages of 16 and 64 KiB exist.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=65536
BOARD_EMULATOR := qemu-mipsel -cpu 24Kc
# With an FPU: unlike the binary, programs of unit tests can print floating-point numbers.
BOARD_UNIT_EMULATOR := qemu-mipsel -cpu 24Kf
# Largest stripped binary that is accepted, in bytes (608 KiB).
BOARD_BUDGET   := 622592
