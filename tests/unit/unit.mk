# The unit tests, and the agent that obeys tests, for the host's C library.
TEST_CC    = $(HOST_CC)
TEST_FLAGS = -O1 $(HOSTED) $(TWICE)
TEST_LINK  = -pie
$(eval $(call programs,TEST,build/test))

# The same by the other compiler.
CLANG_CC    = $(CLANG)
CLANG_FLAGS = -O1 $(HOSTED) -Wno-initializer-overrides
CLANG_LINK  = $(TEST_LINK)
$(eval $(call programs,CLANG,build/clang/test))

# The same with sanitizers.
ASAN_CC    = $(HOST_CC)
ASAN_FLAGS = -O1 $(HOSTED) $(TWICE) $(SANITIZE)
ASAN_LINK  = -pie $(SANITIZE)
$(eval $(call programs,ASAN,build/asan))

.PHONY: $(addprefix built-,unit clang clang-unit asan asan-agent test-agent)
built-unit: $(UNIT_TESTS:%=build/test/unit/%)
built-test-agent: build/test/wcp-tiny
built-clang-unit: $(UNIT_TESTS:%=build/clang/test/unit/%)
# And the static binary, which has a directory of its own when clang compiles.
built-clang: built-clang-unit
	@+$(MAKE) --no-print-directory CC=$(CLANG) build/$(TARGET)-clang/wcp-tiny
built-asan: $(UNIT_TESTS:%=build/asan/unit/%)
built-asan-agent: build/asan/wcp-tiny
