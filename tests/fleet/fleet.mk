# The fleet: the product's schedule, life cycle and back-off against simulated quotas and time.
build/fleet/fleet: $(patsubst %,build/test/tests/fleet/%.o,$(call named,fleet,*)) build/test/parts.a
	$(call run,LINK,$(TEST_CC) $(TEST_LINK) -o $@ $^)

.PHONY: built-fleet
built-fleet: build/fleet/fleet
