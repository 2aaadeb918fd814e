# 64-bit PC: the host of most developers, virtual machines, industrial PCs.
BOARD_TRIPLE   := x86_64-linux-gnu
# Returns can be checked by a shadow stack, and the file says so (at no cost): musl's assembly, which bears no mark, only calls
# and returns. Landing pads for indirect calls (-fcf-protection=full) are left out: that assembly has none, so that no
# processor could check them.
BOARD_CFLAGS   := -march=x86-64 -mtune=generic -fcf-protection=return
# The processor has pages of 4 KiB only; linkers that assume 2 MiB would pad the file.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=4096 -Wl,-z,shstk
BOARD_EMULATOR := qemu-x86_64
# Largest stripped binary that is accepted, in bytes.
BOARD_BUDGET   := 499712
