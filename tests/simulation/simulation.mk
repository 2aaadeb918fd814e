# The product's objects, linked against simulated system calls: the linker sends each call NAME of the product that
# tests/simulation/wrap_*.c knows as __wrap_NAME there. Optimized: a million histories are run with it.
SIMULATION_CC    = $(HOST_CC)
SIMULATION_FLAGS = -O2 -g $(TWICE)
SIMULATION_OURS := $(STRICT)
$(eval $(call objects,SIMULATION,build/simulation))

SIMULATION_SOURCES := $(call named,simulation,*)
SIMULATION_PARTS   := $(filter-out test_% simulate,$(SIMULATION_SOURCES))
SIMULATED_CALLS    := $(shell tests/simulation/calls)

build/simulation/tests/%.o: tests/%.c build/simulation/flags $(GEN)/build_info.h
	$(call run,CC,$(SIMULATION_COMPILE) $(OUR_INCLUDES) -iquote tests $(WARNINGS) $(SIMULATION_OURS) -Wno-missing-prototypes \
	    -MD -MP -c $< -o $@)
build/simulation/product.a: $(filter-out build/simulation/src/main.o,$(SIMULATION_OBJECTS)) $(TEST_LIBRARIES)
	$(call run,AR,rm -f $@ && ar rcsD $@ $^)
SIMULATION_LINK := $(SIMULATION_PARTS:%=build/simulation/tests/simulation/%.o) $(addprefix -Wl$(comma)--wrap=,$(SIMULATED_CALLS)) \
    build/simulation/product.a
$(patsubst %,build/simulation/%,simulate test_disk): build/simulation/%: build/simulation/tests/simulation/%.o \
    $(filter %.o %.a,$(SIMULATION_LINK))
	$(call run,LINK,$(SIMULATION_CC) -o $@ $< $(SIMULATION_LINK))
-include $(wildcard build/simulation/tests/*/*.d)
$(if $(NEED_COMPILER),$(call remember,build/simulation/flags,$(call compiler_of,$(SIMULATION_CC)) $(SIMULATION_COMPILE) $(OUR_INCLUDES) \
    $(WARNINGS) $(SIMULATION_OURS) $(SIMULATED_CALLS)))

.PHONY: built-simulation simulation-commands
built-simulation: $(patsubst %,build/simulation/%,simulate test_disk)

# For mutate: how a source of the product is compiled, and how the program is linked.
simulation-commands:
	@echo '$(SIMULATION_COMPILE) $(OUR_INCLUDES) $(WARNINGS) -Wno-unused'
	@echo '$(SIMULATION_CC) build/simulation/tests/simulation/simulate.o $(SIMULATION_LINK)'
