# The same sources built for the host's C library: unit tests, sanitizers, fuzzers; and the unit tests for a target.

# Test builds obey the environment variables that tests set (WCP_TEST_HOOKS); the static binary has none of that.
HOSTED   := -g -fPIE -fstack-protector-strong
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Tables of tests name one member twice, the second time for what differs.
TWICE    := -Wno-override-init

TEST_CC    = $(HOST_CC)
TEST_FLAGS = -O1 $(HOSTED) $(TWICE)
TEST_LINK  = -pie
# The test build once more, by the other compiler.
CLANG_CC    = $(CLANG)
CLANG_FLAGS = -O1 $(HOSTED) -Wno-initializer-overrides
CLANG_LINK  = $(TEST_LINK)
ASAN_CC    = $(HOST_CC)
ASAN_FLAGS = -O1 $(HOSTED) $(TWICE) $(SANITIZE)
ASAN_LINK  = -pie $(SANITIZE)
FUZZ_CC    = $(CLANG)
FUZZ_FLAGS = -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link -Wno-initializer-overrides
FUZZ_LINK  = $(SANITIZE) -fsanitize=fuzzer

# The unit tests for TARGET, with our C library and no other, so that an emulator of the processor can run them.
UNITS_CC    = $(CC)
UNITS_FLAGS = $(MUSL_INCLUDES) -isystem build/src/cmocka/include -D_UINTPTR_T -O1 -fno-pie -fstack-protector-strong \
    $(if $(filter clang,$(KIND)),-Wno-initializer-overrides,$(TWICE)) $(BOARD_CFLAGS)
UNITS_LINK  = -static -no-pie -nostdlib -Wl,--gc-sections -Wl,--build-id=none
UNITS_NEEDS := $(SYSROOT)/.done build/src/cmocka.version
$(foreach variant,TEST CLANG ASAN FUZZ UNITS,$(eval $(variant)_OURS := $(STRICT) -DWCP_TEST_HOOKS))

# $(call named,DIRECTORY,PATTERN): the sources in tests/DIRECTORY of that name, without .c.
named = $(patsubst tests/$(1)/%.c,%,$(sort $(wildcard tests/$(1)/$(2).c)))
UNIT_TESTS  := $(call named,unit,test_*)
UNIT_COMMON := $(addprefix support/,$(call named,unit/support,*))
FUZZERS     := $(call named,fuzz,fuzz_*)
FUZZ_COMMON := $(filter-out fuzz_%,$(call named,fuzz,*))
TOOLS       := $(call named,tools,*)

# $(call programs,NAME,DIRECTORY): the agent, and programs that call its parts, from one variant's objects. The archive: a
# program takes only the parts it calls, and may bring its own in place of one.
define programs
$(call objects,$(1),$(2))
$(2)/tests/%.o: tests/%.c $(2)/flags build/gen/build_info.h $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE) $$(OUR_INCLUDES) -iquote tests $$(WARNINGS) $$($(1)_OURS) -Wno-missing-prototypes -MD -MP \
	    -c $$< -o $$@)
$(2)/wcp-tiny: $$($(1)_OBJECTS) $$($(1)_LIBRARIES)
	$$(call run,LINK,$$($(1)_CC) $$($(1)_LINK) -o $$@ $$^)
$(2)/parts.a: $$(filter-out $(2)/src/main.o,$$($(1)_OBJECTS)) $$($(1)_LIBRARIES)
	$$(call run,AR,rm -f $$@ && ar rcsD $$@ $$^)
$(UNIT_TESTS:%=$(2)/unit/%): $(2)/unit/%: $(2)/tests/unit/%.o $(UNIT_COMMON:%=$(2)/tests/unit/%.o) $(3) $(2)/parts.a
	$$(call run,LINK,$$($(1)_CC) $$($(1)_LINK) -o $$@ $$($(1)_START) $$^ $$($(1)_END))
-include $$(wildcard $(2)/tests/*/*.d $(2)/tests/*/*/*.d)
$(if $(NEED_COMPILER),$$(call remember,$(2)/flags,$$(call compiler_of,$$($(1)_CC)) $$($(1)_COMPILE) $$(OUR_INCLUDES) $$(WARNINGS) \
    $$($(1)_OURS) $$($(1)_LINK)))
endef

TEST_END    := -lcmocka
CLANG_END   := -lcmocka
ASAN_END    := -lcmocka
UNITS_START := $(SYSROOT)/lib/crt1.o $(SYSROOT)/lib/crti.o
UNITS_END   := $(MUSL_AT_END)
$(eval $(call programs,TEST,build/test))
$(eval $(call programs,CLANG,build/clang/test))
$(eval $(call programs,ASAN,build/asan))
$(eval $(call programs,FUZZ,build/fuzz))
$(eval $(call programs,UNITS,$(O)/test,$(O)/test/cmocka.o))
include third_party/cmocka/cmocka.mk tests/bench/bench.mk

$(FUZZERS:%=build/fuzz/%): build/fuzz/%: build/fuzz/tests/fuzz/%.o $(FUZZ_COMMON:%=build/fuzz/tests/fuzz/%.o) build/fuzz/parts.a
	$(call run,LINK,$(FUZZ_CC) $(FUZZ_LINK) -o $@ $^)
$(TOOLS:%=build/%): build/%: build/test/tests/tools/%.o build/test/parts.a
	$(call run,LINK,$(TEST_CC) $(TEST_LINK) -o $@ $^)

# For guests, whatever C library they have.
build/boot/look: tests/boot/look.c
	$(call run,CC,$(HOST_CC) $(LANGUAGE) -O1 -static $(WARNINGS) -o $@ $<)

build/venv/.done: tests/requirements.txt
	$(call run,VENV,test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D))
	$(Q)$(@D)/bin/python -m pip --quiet --disable-pip-version-check install -r tests/requirements.txt
	@touch $@

# What the parts of tests/run need built. Of the targets, $WCP_TARGETS: only these; unit tests of UNIT_TARGETS.
UNIT_TARGETS ?= $(TARGETS)
BUILT  := agent unit clang clang-unit asan asan-agent test-agent fuzz tools venv target targets boot board
BOOTED := x86-64 armv7 aarch64
.PHONY: $(BUILT:%=built-%) lint-flags
built-agent: $(AGENT)
built-unit: $(UNIT_TESTS:%=build/test/unit/%)
built-clang-unit: $(UNIT_TESTS:%=build/clang/test/unit/%)
# And the static binary, which has a directory of its own when clang compiles.
built-clang: built-clang-unit
	@+$(MAKE) --no-print-directory CC=$(CLANG) build/$(TARGET)-clang/wcp-tiny
built-asan: $(UNIT_TESTS:%=build/asan/unit/%)
built-asan-agent: build/asan/wcp-tiny
built-test-agent: build/test/wcp-tiny
built-fuzz: $(FUZZERS:%=build/fuzz/%)
built-tools: $(TOOLS:%=build/%)
built-venv: build/venv/.done
built-targets: $(addprefix built-target/,$(or $(WCP_TARGETS),$(TARGETS)))
built-target: $(O)/wcp-tiny $(if $(filter $(TARGET),$(UNIT_TARGETS)),$(UNIT_TESTS:%=$(O)/test/unit/%))
built-boot: $(BOOTED:%=built-board/%) $(AGENT) build/boot/look
# With the unit tests that no emulator of a processor can run.
built-board: $(O)/wcp-tiny $(O)/test/unit/test_sandbox $(O)/test/unit/test_batch_deaths
built-target/% built-board/%: $(FOR_ALL) build/src/cmocka.version
	@+$(MAKE) --no-print-directory TARGET=$* $(@D)

# How tests/lint has sources read: as for the host's C library.
lint-flags:
	@printf '%s\n' $(foreach flag,$(LANGUAGE) $(OUR_INCLUDES) -iquote tests -DWCP_TEST_HOOKS,"'"$(flag)"'")
