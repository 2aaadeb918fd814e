# Sources: ours, generated ones; and how the objects of one variant are made of them.
include third_party/amazon-roots/roots.mk
OURS    := $(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c))
# What `wcp-tiny install` puts on a machine: all below rootfs/ but the manual pages.
ROOTFS  := $(sort $(shell find rootfs -type f ! -path '*/man/*'))

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wundef
# Strict for the sources' own sake wherever tests build them; a release must also build with tomorrow's compilers.
STRICT   := -Werror
LANGUAGE := -std=gnu11 -D_GNU_SOURCE
HARDEN   := -fPIE # another address at each start
HARDEN   += -fstack-protector-strong # an overflowing array ends the program
HARDEN   += -fno-strict-overflow # no check is dropped because an overflow before it were undefined
OUR_INCLUDES := -iquote . -iquote src -iquote $(GEN) $(MBEDTLS_INCLUDES) $(CJSON_INCLUDES)

# Versions, and a list of what releases lack that were only taken because of ALLOW_OLDER.
$(GEN)/build_info.h: VERSION $(FETCHED) $(GEN)/flags mk/objects.mk
	$(say) GEN $@
	@{ echo '/* Made by the Makefile. */'; \
	   printf '#define WCP_%s "%s"\n' VERSION "$(VERSION)" LIBRARIES "$(LIBRARIES)"; \
	   echo '#define WCP_BUILD_EPOCH $(SOURCE_DATE_EPOCH)LL'; \
	   echo '#define WCP_LACKS {$(LACKS)NULL}'; } >$@

$(GEN)/embed: tools/embed.c
	$(call run,HOSTCC,$(HOST_CC) -O1 $(WARNINGS) $< -o $@)

$(GEN)/rootfs.c: $(GEN)/embed src/command/help.txt src/command/setup.sh $(ROOTFS)
	$(call run,GEN,$(GEN)/embed $(filter-out $<,$^) >$@)

# What the targets share: made before several of them are built at once.
FOR_ALL := $(FETCHED) $(GEN)/build_info.h $(GEN)/roots.c $(GEN)/rootfs.c

# $(call objects,NAME,DIRECTORY): how the objects of one variant are made. NAME_CC compiles with NAME_FLAGS; our own
# sources get NAME_OURS besides, and NAME_USER, the user's flags, comes last; NAME_NEEDS must exist before.
define objects
$(1)_OBJECTS := $(patsubst src/%.c,$(2)/src/%.o,$(OURS)) $(2)/gen/roots.o $(2)/gen/rootfs.o
$(1)_LIBRARIES := $(patsubst %.c,$(2)/mbedtls/%.o,$(MBEDTLS_SOURCES)) $(patsubst %.c,$(2)/cjson/%.o,$(CJSON_SOURCES))
$(1)_COMPILE = $$($(1)_CC) $$(LANGUAGE) $$($(1)_FLAGS)
$(1)_COMPILE_OURS = $$($(1)_COMPILE) $$(OUR_INCLUDES) $$(WARNINGS) $$($(1)_OURS) $$($(1)_USER) -MD -MP -c $$< -o $$@
$(2)/src/%.o: src/%.c $(2)/flags $(GEN)/build_info.h $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE_OURS))
$(2)/gen/%.o: $(GEN)/%.c $(2)/flags $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE_OURS))
$(2)/mbedtls/%.o: build/src/mbedtls.version $(2)/flags $$(MBEDTLS_CONFIG) $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE) -iquote . $$(MBEDTLS_FLAGS) $$(MBEDTLS_INCLUDES) -w $$($(1)_USER) \
	    -c $(MBEDTLS_DIR)/$$*.c -o $$@)
$(2)/cjson/%.o: build/src/cjson.version $(2)/flags $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE) $$(CJSON_FLAGS) -w $$($(1)_USER) -c build/src/cjson/$$*.c -o $$@)
-include $(patsubst src/%.c,$(2)/src/%.d,$(OURS)) $(2)/gen/roots.d $(2)/gen/rootfs.d
endef
