# 64-bit ARM: i.MX8, Raspberry Pi 3 and later.
BOARD_TRIPLE   := aarch64-linux-gnu
# No outline atomics: with them, GCC's library asks the C library which instructions there are in a way that musl has not.
# Return addresses are signed (Armv8.3; older processors take the instructions for hints).
BOARD_CFLAGS   := -march=armv8-a -mno-outline-atomics -mbranch-protection=pac-ret
# Kernels with pages of 16 and 64 KiB exist.
BOARD_LDFLAGS  := -Wl,-z,max-page-size=65536
BOARD_EMULATOR := qemu-aarch64 -cpu cortex-a53
# Largest stripped binary that is accepted, in bytes. Debian's linker ends the read-only data at a multiple of the
# largest page, so that the file grows in steps of 64 KiB; up to 64 KB of it are zeros.
BOARD_BUDGET   := 606208
