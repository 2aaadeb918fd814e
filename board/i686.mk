# 32-bit PC: old industrial PCs, thin clients; from the Pentium Pro on, no SSE.
BOARD_TRIPLE   := i686-linux-gnu
BOARD_CFLAGS   := -march=i686 -mtune=generic -fcf-protection=none -mstack-protector-guard=global -DWCP_TLS_CHACHA20
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096 -Wl,-z,pack-relative-relocs
BOARD_EMULATOR := qemu-i386
# Largest stripped binary that is accepted, in bytes (328 KiB).
BOARD_BUDGET   := 335872
