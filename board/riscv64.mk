# 64-bit RISC-V with compressed instructions: VisionFive 2, Allwinner D1.
BOARD_TRIPLE   := riscv64-linux-gnu
BOARD_CFLAGS   := -march=rv64gc -mabi=lp64d -mstack-protector-guard=tls -mstack-protector-guard-reg=tp -mstack-protector-guard-offset=-16 -DWCP_TLS_CHACHA20
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096
BOARD_EMULATOR := qemu-riscv64
# Largest stripped binary that is accepted, in bytes (304 KiB).
BOARD_BUDGET   := 311296
