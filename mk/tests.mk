# What the parts of tests/run need built. What concerns one part only is beside its tests.
# Test builds obey the environment variables that tests set (WCP_TEST_HOOKS); the static binary has none of that.
HOSTED   := -g -fPIE -fstack-protector-strong
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Tables of tests name one member twice, the second time for what differs.
TWICE    := -Wno-override-init
$(foreach variant,TEST CLANG ASAN FUZZ UNITS,$(eval $(variant)_OURS := $(STRICT) -DWCP_TEST_HOOKS))

include mk/programs.mk $(patsubst %,tests/%.mk,unit/unit simulation/simulation fleet/fleet fuzz/fuzz targets/targets boot/boot size)

TOOLS := $(call named,tools,*)
$(TOOLS:%=build/%): build/%: build/test/tests/tools/%.o build/test/parts.a
	$(call run,LINK,$(TEST_CC) $(TEST_LINK) -o $@ $^)

build/venv/.done: tests/requirements.txt
	$(call run,VENV,test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D))
	$(Q)$(@D)/bin/python -m pip --quiet --disable-pip-version-check install -r tests/requirements.txt
	@touch $@

.PHONY: built-agent built-tools built-venv lint-flags
built-agent: $(AGENT)
built-tools: $(TOOLS:%=build/%)
built-venv: build/venv/.done

# How tests/lint has sources read: as for the host's C library.
lint-flags:
	@printf '%s\n' $(foreach flag,$(LANGUAGE) $(OUR_INCLUDES) -iquote tests -DWCP_TEST_HOOKS,"'"$(flag)"'")
