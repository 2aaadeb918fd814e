# cmocka for a target's unit tests, configured as it does itself: by a config.h, beside this file.
$(O)/test/cmocka.o: third_party/cmocka/config.h $(O)/test/flags $(UNITS_NEEDS)
	$(call run,CC,$(UNITS_COMPILE) -DHAVE_CONFIG_H -Ithird_party/cmocka -w -c build/src/cmocka/src/cmocka.c -o $@)
