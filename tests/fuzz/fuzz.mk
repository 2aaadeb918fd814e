# The fuzzers, by clang with its libFuzzer.
FUZZ_CC    = $(CLANG)
FUZZ_FLAGS = -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link -Wno-initializer-overrides
FUZZ_LINK  = $(SANITIZE) -fsanitize=fuzzer
$(eval $(call programs,FUZZ,build/fuzz))

FUZZERS     := $(call named,fuzz,fuzz_*)
FUZZ_COMMON := $(filter-out fuzz_%,$(call named,fuzz,*))
$(FUZZERS:%=build/fuzz/%): build/fuzz/%: build/fuzz/tests/fuzz/%.o $(FUZZ_COMMON:%=build/fuzz/tests/fuzz/%.o) build/fuzz/parts.a
	$(call run,LINK,$(FUZZ_CC) $(FUZZ_LINK) -o $@ $^)

.PHONY: built-fuzz
built-fuzz: $(FUZZERS:%=build/fuzz/%)
