# 64-bit PC: the host of most developers, virtual machines, industrial PCs.
BOARD_TRIPLE   := x86_64-linux-gnu
BOARD_CFLAGS   := -malign-data=abi -mstack-protector-guard=global -march=x86-64 -mtune=generic -fcf-protection=none
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096 -Wl,-z,pack-relative-relocs
BOARD_EMULATOR := qemu-x86_64
# Largest stripped binary that is accepted, in bytes (304 KiB).
BOARD_BUDGET   := 311296
