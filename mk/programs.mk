# What tests build of one variant's objects: the agent, and programs that call its parts.
# $(call named,DIRECTORY,PATTERN): the sources in tests/DIRECTORY of that name, without .c.
named = $(patsubst tests/$(1)/%.c,%,$(sort $(wildcard tests/$(1)/$(2).c)))
UNIT_TESTS  := $(call named,unit,test_*)
UNIT_COMMON := $(addprefix support/,$(call named,unit/support,*))

# $(call programs,NAME,DIRECTORY[,OBJECTS]). Unit tests are linked with OBJECTS and NAME_END, cmocka unless it says
# otherwise. The archive: a program takes only the parts it calls, and may bring its own in place of one.
define programs
$(call objects,$(1),$(2))
$(2)/tests/%.o: tests/%.c $(2)/flags $(GEN)/build_info.h $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE) $$(OUR_INCLUDES) -iquote tests $$(WARNINGS) $$($(1)_OURS) -Wno-missing-prototypes -MD -MP \
	    -c $$< -o $$@)
$(2)/wcp-tiny: $$($(1)_OBJECTS) $$($(1)_LIBRARIES)
	$$(call run,LINK,$$($(1)_CC) $$($(1)_LINK) -o $$@ $$^)
$(2)/parts.a: $$(filter-out $(2)/src/main.o,$$($(1)_OBJECTS)) $$($(1)_LIBRARIES)
	$$(call run,AR,rm -f $$@ && ar rcsD $$@ $$^)
$(UNIT_TESTS:%=$(2)/unit/%): $(2)/unit/%: $(2)/tests/unit/%.o $(UNIT_COMMON:%=$(2)/tests/unit/%.o) $(3) $(2)/parts.a
	$$(call run,LINK,$$($(1)_CC) $$($(1)_LINK) -o $$@ $$($(1)_START) $$^ $$(or $$($(1)_END),-lcmocka))
-include $$(wildcard $(2)/tests/*/*.d $(2)/tests/*/*/*.d)
$(if $(NEED_COMPILER),$$(call remember,$(2)/flags,$$(call compiler_of,$$($(1)_CC)) $$($(1)_COMPILE) $$(OUR_INCLUDES) $$(WARNINGS) \
    $$($(1)_OURS) $$($(1)_LINK)))
endef

