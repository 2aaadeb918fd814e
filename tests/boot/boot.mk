# What the boots need. The program for guests runs on whatever C library they have.
build/boot/look: tests/boot/look.c
	$(call run,CC,$(HOST_CC) $(LANGUAGE) -O1 -static $(WARNINGS) -o $@ $<)

BOOTED := x86-64 armv7 aarch64
.PHONY: built-boot built-board
built-boot: $(BOOTED:%=built-board/%) $(AGENT) build/boot/look
# With the unit tests that no emulator of a processor can run.
built-board: $(O)/wcp-tiny $(O)/test/unit/test_sandbox $(O)/test/unit/test_batch_deaths
