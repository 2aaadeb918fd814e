# The unit tests for TARGET, with our C library and no other, so that an emulator of the processor can run them.
UNITS_CC    = $(CC)
UNITS_FLAGS = $(MUSL_INCLUDES) -isystem build/src/cmocka/include -D_UINTPTR_T -O1 -fno-pie -fstack-protector-strong \
    $(if $(filter clang,$(CC_KIND)),-Wno-initializer-overrides,$(TWICE)) $(BOARD_CFLAGS)
UNITS_LINK  = -static -no-pie -nostdlib -Wl,--gc-sections -Wl,--build-id=none
UNITS_NEEDS := $(SYSROOT)/.done build/src/cmocka.version
UNITS_START := $(SYSROOT)/lib/crt1.o $(SYSROOT)/lib/crti.o
UNITS_END   := $(MUSL_AT_END)
$(eval $(call programs,UNITS,$(O)/test,$(O)/test/cmocka.o))
include third_party/cmocka/cmocka.mk

# Of the targets, $WCP_TARGETS: only these; unit tests of UNIT_TARGETS.
UNIT_TARGETS ?= $(TARGETS)
.PHONY: built-targets built-target
built-targets: $(addprefix built-target/,$(or $(WCP_TARGETS),$(TARGETS)))
built-target: $(O)/wcp-tiny $(if $(filter $(TARGET),$(UNIT_TARGETS)),$(UNIT_TESTS:%=$(O)/test/unit/%))
built-target/% built-board/%: $(FOR_ALL) build/src/cmocka.version
	@+$(MAKE) --no-print-directory TARGET=$* $(@D)
