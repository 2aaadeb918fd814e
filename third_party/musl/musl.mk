# musl, as a static library with headers, in build/<target>/sysroot. The kernel's headers are linked beside musl's, so that
# our sources may include linux/… and asm/….
#
# oldmalloc: smaller and faster than the default for a process that lives a second, and it keeps its pages.
MUSL_CONFIGURE := --disable-shared --disable-wrapper --with-malloc=oldmalloc --enable-optimize=size
MUSL_CFLAGS    := -Oz -fno-jump-tables -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections \
    -fno-asynchronous-unwind-tables -fno-unwind-tables

SYSROOT        := $(O)/sysroot
# GCC's own headers (stddef.h, stdatomic.h, intrinsics) come after musl's.
MUSL_INCLUDES  = -nostdinc -isystem $(SYSROOT)/include -isystem $(GCC_INCLUDE) $(MUSL_MISSING)
# In the kernel since 5.8, in musl's headers since 1.2.6 (in the same words).
MUSL_MISSING   := -DSTATX_ATTR_MOUNT_ROOT=0x2000
MUSL_START     := $(SYSROOT)/lib/rcrt1.o $(SYSROOT)/lib/crti.o
MUSL_END       := $(SYSROOT)/lib/crtn.o
MUSL_LIBRARY   := $(SYSROOT)/lib/libc.a
# Where the kernel's headers are: the compiler knows, whatever its tree looks like, and never names another processor's.
directory_of   = $(patsubst %/,%,$(dir $(firstword $(filter %/$(1),$(shell $(CC) -M -include $(1) -x c /dev/null 2>/dev/null)))))
KERNEL_HEADERS = $(call directory_of,linux/version.h)
KERNEL_ASM     = $(call directory_of,asm/unistd.h)

$(SYSROOT)/.done: build/src/musl.version third_party/musl/musl.mk $(O)/flags.musl
	$(say) MUSL $(TARGET)
	@test -n "$(KERNEL_HEADERS)" && test -n "$(KERNEL_ASM)" || \
	    { echo "error: the kernel's headers for $(TARGET) are missing: run 'make packages' or, for other targets than the" \
	        "host, 'tests/packages targets'" >&2; exit 1; }
	@rm -rf $(O)/musl $(SYSROOT) && mkdir -p $(O)/musl $(SYSROOT)/include
	@cd $(O)/musl && { CC="$(CC)" CFLAGS="$(MUSL_CFLAGS) $(BOARD_CFLAGS)" \
	    $(CURDIR)/build/src/musl/configure --prefix= $(MUSL_CONFIGURE) --host=$(BOARD_TRIPLE) && \
		    $(MAKE) --no-print-directory AR="$(call tool_of,ar)" RANLIB="$(call tool_of,ranlib)" && \
	    $(MAKE) --no-print-directory DESTDIR=$(CURDIR)/$(SYSROOT) install; } >log 2>&1 || \
	    { tail -n 30 log; echo "error: musl did not build; the whole log is $(O)/musl/log" >&2; exit 1; }
	@ln -s $(KERNEL_HEADERS) $(KERNEL_ASM) $(dir $(KERNEL_HEADERS))asm-generic $(SYSROOT)/include/
	@touch $@
