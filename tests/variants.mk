# The same sources built for the host's C library: unit tests, sanitizers, fuzzers; and the unit tests for a target.

# Test builds obey the environment variables that tests set (WCP_TEST_HOOKS); the static binary has none of that.
HOSTED  := -g -fPIE -fstack-protector-strong -Wno-override-init

TEST_CC    = $(HOST_CC)
TEST_FLAGS = -O1 $(HOSTED)
TEST_OURS  = $(STRICT) -DWCP_TEST_HOOKS
TEST_LINK  = -pie

SANITIZE   := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ASAN_CC    = $(HOST_CC)
ASAN_FLAGS = -O1 $(HOSTED) $(SANITIZE)
ASAN_OURS  = $(STRICT) -DWCP_TEST_HOOKS
ASAN_LINK  = -pie $(SANITIZE)

FUZZ_CC    = $(CLANG)
FUZZ_FLAGS = -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link
FUZZ_OURS  = $(STRICT) -DWCP_TEST_HOOKS -Wno-initializer-overrides
FUZZ_LINK  = $(SANITIZE) -fsanitize=fuzzer

$(eval $(call objects,TEST,build/test))
$(eval $(call objects,ASAN,build/asan))
$(eval $(call objects,FUZZ,build/fuzz))

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_COMMON := $(patsubst tests/unit/%.c,%,$(filter-out tests/unit/test_%.c,$(sort $(wildcard tests/unit/*.c))))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_COMMON := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/fuzz_%.c,$(sort $(wildcard tests/fuzz/*.c))))
TOOLS := $(patsubst tests/tools/%.c,%,$(sort $(wildcard tests/tools/*.c)))

# $(call programs,NAME,DIRECTORY): the agent, and programs that call its parts, from one variant's objects.
define programs
$(2)/tests/%.o: tests/%.c $(2)/flags build/gen/build_info.h $$($(1)_NEEDS)
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$($(1)_CC) $$(LANGUAGE) $$($(1)_FLAGS) $$(OUR_INCLUDES) -iquote tests $$(WARNINGS) $$($(1)_OURS) \
	    -Wno-missing-prototypes -MD -MP -c $$< -o $$@

$(2)/wcp-tiny: $$($(1)_OBJECTS) $$($(1)_LIBRARIES)
	$$(say) LINK $$@
	$$(Q)$$($(1)_CC) $$($(1)_LINK) -o $$@ $$^

# An archive: a program takes only the parts it calls, and may bring its own in place of one.
$(1)_PARTS := $(2)/parts.a
$(2)/parts.a: $$(filter-out $(2)/src/main.o,$$($(1)_OBJECTS)) $$($(1)_LIBRARIES)
	$$(say) AR $$@
	@rm -f $$@
	$$(Q)ar rcsD $$@ $$^

-include $$(wildcard $(2)/tests/*/*.d)
endef

$(eval $(call programs,TEST,build/test))
$(eval $(call programs,ASAN,build/asan))
$(eval $(call programs,FUZZ,build/fuzz))

# The unit tests for TARGET, with our C library and no other, so that an emulator of the processor can run them.
UNITS_CC    = $(CC)
UNITS_FLAGS = $(MUSL_INCLUDES) -isystem build/src/cmocka/include -D_UINTPTR_T -O1 -fno-pie -fstack-protector-strong \
    -Wno-override-init $(BOARD_CFLAGS)
UNITS_OURS  = $(STRICT) -DWCP_TEST_HOOKS
UNITS_LINK  = -static -no-pie -nostdlib -Wl,--gc-sections -Wl,--build-id=none
UNITS_NEEDS := $(SYSROOT)/.done build/src/cmocka.version

$(eval $(call objects,UNITS,$(O)/test))
$(eval $(call programs,UNITS,$(O)/test))

$(O)/test/cmocka.o: third_party/cmocka/config.h $(O)/test/flags $(UNITS_NEEDS)
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(UNITS_FLAGS) -w -include $< -c build/src/cmocka/src/cmocka.c -o $@

$(UNIT_TESTS:%=build/test/unit/%): build/test/unit/%: build/test/tests/unit/%.o \
    $(UNIT_COMMON:%=build/test/tests/unit/%.o) $(TEST_PARTS)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(TEST_CC) $(TEST_LINK) -o $@ $^ -lcmocka

$(UNIT_TESTS:%=$(O)/test/unit/%): $(O)/test/unit/%: $(O)/test/tests/unit/%.o \
    $(UNIT_COMMON:%=$(O)/test/tests/unit/%.o) $(O)/test/cmocka.o $(UNITS_PARTS)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNITS_LINK) $(BOARD_CFLAGS) -o $@ $(SYSROOT)/lib/crt1.o $(SYSROOT)/lib/crti.o $^ \
	    -Wl,--start-group $(MUSL_LIBRARY) -lgcc -Wl,--end-group $(MUSL_END)

$(UNIT_TESTS:%=build/asan/unit/%): build/asan/unit/%: build/asan/tests/unit/%.o \
    $(UNIT_COMMON:%=build/asan/tests/unit/%.o) $(ASAN_PARTS)
	$(say) LINK $@
	@mkdir -p $(@D)
	$(Q)$(ASAN_CC) $(ASAN_LINK) -o $@ $^ -lcmocka

$(FUZZERS:%=build/fuzz/%): build/fuzz/%: build/fuzz/tests/fuzz/%.o \
    $(FUZZ_COMMON:%=build/fuzz/tests/fuzz/%.o) $(FUZZ_PARTS)
	$(say) LINK $@
	$(Q)$(FUZZ_CC) $(FUZZ_LINK) -o $@ $^

$(TOOLS:%=build/%): build/%: build/test/tests/tools/%.o $(TEST_PARTS)
	$(say) LINK $@
	$(Q)$(TEST_CC) $(TEST_LINK) -o $@ $^

# For guests, whatever C library they have.
build/boot/look: tests/boot/look.c
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) $(LANGUAGE) -O1 -static $(WARNINGS) -o $@ $<

build/venv/.done: tests/requirements.txt
	$(say) VENV build/venv
	$(Q)test -x build/venv/bin/python || $(PYTHON) -m venv build/venv
	$(Q)build/venv/bin/python -m pip --quiet --disable-pip-version-check install -r tests/requirements.txt
	@touch $@

ifneq ($(filter-out $(WITHOUT_COMPILER),$(GOALS)),)
flags_of = $($(1)_CC) $(LANGUAGE) $($(1)_FLAGS) $(OUR_INCLUDES) $(WARNINGS) $($(1)_OURS) $($(1)_LINK)
$(call remember,build/test/flags,$(call flags_of,TEST))
$(call remember,build/asan/flags,$(call flags_of,ASAN))
$(call remember,build/fuzz/flags,$(call flags_of,FUZZ))
$(call remember,$(O)/test/flags,$(call compiler_of,$(CC)) $(call flags_of,UNITS))
endif

# What the parts of tests/run need built.
.PHONY: built-agent built-unit built-asan built-fuzz built-tools built-venv
built-agent: $(AGENT)
built-unit:  $(UNIT_TESTS:%=build/test/unit/%)
built-asan:  $(UNIT_TESTS:%=build/asan/unit/%)
built-asan-agent: build/asan/wcp-tiny
built-test-agent: build/test/wcp-tiny
built-fuzz:  $(FUZZERS:%=build/fuzz/%)
built-tools: $(TOOLS:%=build/%)
built-venv:  build/venv/.done

# What the part `targets` needs, of one target, and of all ($WCP_TARGETS: only these).
.PHONY: built-target built-targets
built-targets: $(addprefix built-target/,$(or $(WCP_TARGETS),$(TARGETS)))
built-target/%: $(FOR_ALL) build/src/cmocka.version
	@+$(MAKE) --no-print-directory TARGET=$* built-target
built-target: $(O)/wcp-tiny $(UNIT_TESTS:%=$(O)/test/unit/%)

# What the part `boot` needs: the boards' binaries, and the unit tests that no emulator of a processor can run.
BOOTED := x86-64 armv7 aarch64
.PHONY: built-boot built-board
built-boot: $(BOOTED:%=built-board/%) $(AGENT) build/boot/look
built-board/%: $(FETCHED) build/gen/build_info.h build/gen/roots.c build/gen/rootfs.c
	@+$(MAKE) --no-print-directory TARGET=$* built-board
built-board: $(O)/wcp-tiny $(O)/test/unit/test_sandbox $(O)/test/unit/test_batch_deaths

# How tests/lint has sources read: as for the host's C library.
.PHONY: lint-flags
lint-flags:
	@printf '%s\n' $(foreach flag,$(LANGUAGE) $(OUR_INCLUDES) -iquote tests -DWCP_TEST_HOOKS,"'"$(flag)"'")
