# 64-bit ARM: i.MX8, Raspberry Pi 3 and later. Kernels with pages of 16 and 64 KiB exist.
BOARD_TRIPLE   := aarch64-linux-gnu
BOARD_CFLAGS   := -march=armv8-a -mno-outline-atomics -mstack-protector-guard=sysreg -mstack-protector-guard-reg=tpidr_el0 -mstack-protector-guard-offset=-16
BOARD_LDFLAGS  := -Wl,-z,max-page-size=65536
BOARD_EMULATOR := qemu-aarch64 -cpu cortex-a53
# Largest stripped binary that is accepted, in bytes (320 KiB).
BOARD_BUDGET   := 327680
