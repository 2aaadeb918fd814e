# 64-bit RISC-V with compressed instructions: VisionFive 2, Allwinner D1.
BOARD_TRIPLE   := riscv64-linux-gnu
BOARD_CFLAGS   := -march=rv64gc -mabi=lp64d
# Pages of 4 KiB only.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096
BOARD_EMULATOR := qemu-riscv64
# Largest stripped binary that is accepted, in bytes.
BOARD_BUDGET   := 483328
