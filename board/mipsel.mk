# 32-bit MIPS, little endian: routers and gateways with a 24Kc or 1004Kc (MT7621, MT7688).
BOARD_TRIPLE   := mipsel-linux-gnu
BOARD_CFLAGS   := -march=24kc
# Kernels with pages of 16 and 64 KiB exist.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=65536
# Debian's compilers pass floating-point numbers in an FPU's registers. A 24Kc has no FPU: Linux emulates one unless it was
# built without CONFIG_MIPS_FP_SUPPORT. For such a kernel give a compiler for soft float, as OpenWrt's, with CC.
BOARD_EMULATOR := qemu-mipsel -cpu 24Kf
# Largest stripped binary that is accepted, in bytes.
BOARD_BUDGET   := 733184
