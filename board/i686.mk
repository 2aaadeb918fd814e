# 32-bit PC: old industrial PCs, thin clients; from the Pentium Pro on, no SSE.
BOARD_TRIPLE   := i686-linux-gnu
# No landing pads, which some compilers make unasked: processors before SSE know their instruction's code as another one.
BOARD_CFLAGS   := -march=i686 -mtune=generic -fcf-protection=none
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096
BOARD_EMULATOR := qemu-i386
# Largest stripped binary that is accepted, in bytes.
BOARD_BUDGET   := 532480
