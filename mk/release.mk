# The static binary: its flags, its link, and the file for debuggers. Bytes beside a flag: what it costs (+) or saves (-) in the
# stripped file, on x86-64, found by `make O=build/without OPTIMIZE='...'` and a look at the size.

OPTIMIZE := -Os # -O2: +126,944, and 50 certificates take as long; -Oz: -4,096
OPTIMIZE += -flto # -16,368
OPTIMIZE += -ffunction-sections -fdata-sections # for --gc-sections
OPTIMIZE += -fno-asynchronous-unwind-tables -fno-unwind-tables # nothing here unwinds; debuggers have theirs in wcp-tiny.debug
OPTIMIZE += -g -gno-record-gcc-switches # for wcp-tiny.debug; the recorded command line would put the tree's path into the build id
# Not in HARDEN: -D_FORTIFY_SOURCE, which means nothing to musl's headers.
TREE         := $(CURDIR)
REPRODUCIBLE  = -ffile-prefix-map=$(TREE)=. # the same bytes in any directory
REPRODUCIBLE += $(if $(COMPILER_INCLUDE),-ffile-prefix-map=$(COMPILER_INCLUDE)=compiler) # and the compiler
REPRODUCIBLE += -Wdate-time # and whenever it is built: __DATE__ is warned of
# GCC only, for the same bytes with LTO: the output path seeds the names that GCC would choose at random; one partition fixes
# the order of functions, and needs no helper processes.
OF_GCC   = -frandom-seed=$(@:$(O)/%=%) -flto-partition=one

# $(call linker_takes,FLAG): the flag, where the linker knows it for this processor.
linker_takes = $(if $(shell $(CC) -shared -nostdlib -Wl,--fatal-warnings $(1) $(LDFLAGS) -x c /dev/null -o /dev/null 2>&1 || echo no),,$(1))
LINK := -static-pie -nostdlib # our C library, and code that runs at any address
LINK += -Wl,--no-dynamic-linker # some MIPS compilers ask for a dynamic linker even with -static-pie
LINK += -Wl,--gc-sections # what nobody calls goes: -4,104
LINK += -Wl,-z,relro -Wl,-z,now # tables of addresses become read-only (src/base/relro.c)
LINK += -Wl,-z,noexecstack # even where a library's assembly does not say that it needs no code on the stack
LINK += -Wl,-z,text # an error if code had to be writable at the start
LINK += -Wl,-z,noseparate-code # one segment for code and constants: -8,192
LINK += -Wl,--build-id=sha1 # tells which wcp-tiny.debug fits a core dump
LINK += $(call linker_takes,-Wl$(comma)-z$(comma)pack-relative-relocs) # -12,216, where linker and C library know it (musl does)

RELEASE_CC    = $(CC)
RELEASE_FLAGS = $(MUSL_INCLUDES) $(OPTIMIZE) $(HARDEN) $(BOARD_CFLAGS) $(REPRODUCIBLE) $(OF_$(CC_KIND))
RELEASE_USER  = $(CPPFLAGS) $(CFLAGS)
RELEASE_NEEDS := $(SYSROOT)/.done
RELEASE_LINK  = $(OPTIMIZE) $(HARDEN) $(BOARD_CFLAGS) $(REPRODUCIBLE) $(OF_$(CC_KIND)) $(LINK) $(BOARD_LDFLAGS) $(CFLAGS) $(LDFLAGS)

$(eval $(call objects,RELEASE,$(O)))
# $(call link,FLAGS,OBJECTS)
link = $(CC) $(1) -o $@ $(MUSL_START) $(2) $(MUSL_AT_END)

$(O)/wcp-tiny.unstripped: $(RELEASE_OBJECTS) $(RELEASE_LIBRARIES) $(RELEASE_NEEDS) $(O)/flags.link
	$(call run,LINK,$(call link,$(RELEASE_LINK) -Wl$(comma)-Map=$(O)/wcp-tiny.map,$(RELEASE_OBJECTS) $(RELEASE_LIBRARIES)))

$(O)/wcp-tiny.debug: $(O)/wcp-tiny.unstripped
	$(Q)$(OBJCOPY) --only-keep-debug $< $@
$(O)/wcp-tiny: $(O)/wcp-tiny.unstripped $(O)/wcp-tiny.debug
	$(call run,STRIP,$(OBJCOPY) --strip-all --remove-section=.comment --add-gnu-debuglink=$(O)/wcp-tiny.debug $< $@)

# The host's binary has a short name, too. By rename, since the old one may be running.
AGENT := $(if $(filter build/$(HOST_TARGET),$(O)),build/wcp-tiny,$(O)/wcp-tiny)
build/wcp-tiny: build/$(HOST_TARGET)/wcp-tiny
	$(Q)cp $< $@.new && mv -f $@.new $@

ifneq ($(NEED_COMPILER),)
$(call remember,$(GEN)/flags,$(SOURCE_DATE_EPOCH) $(MBEDTLS_DIR))
$(call remember,$(O)/flags,$(call compiler_of,$(CC)) $(CC) $(LANGUAGE) $(RELEASE_FLAGS) $(OUR_INCLUDES) \
    $(WARNINGS) $(MBEDTLS_FLAGS) $(CJSON_FLAGS) $(RELEASE_USER))
$(call remember,$(O)/flags.link,$(RELEASE_LINK))
$(call remember,$(O)/flags.musl,$(call compiler_of,$(CC)) $(CC) $(MUSL_CONFIGURE) $(MUSL_CFLAGS))
endif
