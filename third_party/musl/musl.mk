# musl as released, as a static library with headers, in build/<target>/sysroot. The kernel's headers are linked beside
# musl's, so that our sources may include linux/… and asm/….

# Its own configure options, nothing else.
MUSL_CONFIGURE := --disable-shared --disable-wrapper
# Not mallocng, which maps and unmaps pages all the time: on a prototype oldmalloc took 12 KB less private memory, 0.15 ms less a
# handshake and 800 bytes less.
MUSL_CONFIGURE += --with-malloc=oldmalloc
MUSL_CONFIGURE += --enable-optimize=size # nothing of it takes time here
MUSL_CONFIGURE += --enable-debug # for wcp-tiny.debug
MUSL_CFLAGS     = -fPIE -fstack-protector-strong -gno-record-gcc-switches $(REPRODUCIBLE) $(BOARD_CFLAGS) $(CPPFLAGS) $(CFLAGS)

SYSROOT        := $(O)/sysroot
# The compiler's own headers (stddef.h, stdatomic.h, intrinsics) come after musl's.
COMPILER_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)
MUSL_INCLUDES := -nostdinc -isystem $(SYSROOT)/include -isystem $(COMPILER_INCLUDE)
MUSL_START     := $(SYSROOT)/lib/rcrt1.o $(SYSROOT)/lib/crti.o
MUSL_AT_END    := -Wl,--start-group $(SYSROOT)/lib/libc.a $(shell $(CC) -print-libgcc-file-name 2>/dev/null) -Wl,--end-group $(SYSROOT)/lib/crtn.o
# Where the kernel's headers are: the compiler knows, whatever its tree looks like, and never names another processor's.
directory_of   = $(patsubst %/,%,$(dir $(firstword $(filter %/$(1),$(shell echo '$(hash)include <$(1)>' | $(CC) -M -x c - 2>/dev/null)))))
KERNEL_HEADERS = $(call directory_of,linux/version.h)
KERNEL_ASM     = $(call directory_of,asm/unistd.h)

$(SYSROOT)/.done: build/src/musl.version third_party/musl/musl.mk $(O)/flags.musl
	$(say) MUSL $(TARGET)
	@test -n "$(KERNEL_HEADERS)" && test -n "$(KERNEL_ASM)" || \
	    { echo "error: the kernel's headers for $(TARGET) are missing: run 'make packages' or, for other targets than the" \
	        "host, 'tests/packages targets'" >&2; exit 1; }
	@rm -rf $(O)/musl $(SYSROOT) && mkdir -p $(O)/musl $(SYSROOT)/include
# Variables from the command line, such as CFLAGS, would win over what configure has written; MAKEFLAGS has them after " -- ".
	@cd $(O)/musl && MAKEFLAGS="$${MAKEFLAGS%% -- *}" && { CC="$(CC)" CFLAGS="$(MUSL_CFLAGS)" \
	    $(CURDIR)/build/src/musl/configure --prefix= $(MUSL_CONFIGURE) --host=$(BOARD_TRIPLE) && \
	    $(MAKE) --no-print-directory AR="$(call tool_of,ar)" RANLIB="$(call tool_of,ranlib)" && \
	    $(MAKE) --no-print-directory DESTDIR=$(CURDIR)/$(SYSROOT) install; } >log 2>&1 || \
	    { tail -n 30 log; echo "error: musl did not build; the whole log is $(O)/musl/log" >&2; exit 1; }
	@ln -s $(KERNEL_HEADERS) $(KERNEL_ASM) $(dir $(KERNEL_HEADERS))asm-generic $(SYSROOT)/include/
	@touch $@
