# Sources: fetched, generated, ours; and how the objects of one variant are made of them.

OURS    := $(sort $(wildcard src/*.c src/*/*.c))
# What `wcp-tiny install` puts on a machine: all below rootfs/ but the manual pages.
ROOTFS  := $(sort $(shell find rootfs -type f ! -path '*/man/*'))
FETCHED := build/src/mbedtls.version build/src/cjson.version build/src/musl.version

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wundef
# Strict for the sources' own sake wherever tests build them; a release must also build with tomorrow's compilers.
STRICT   := -Werror
LANGUAGE := -std=gnu11 -D_GNU_SOURCE
OUR_INCLUDES := -iquote . -iquote src -iquote build/gen $(MBEDTLS_INCLUDES) $(CJSON_INCLUDES)

# With ALLOW_OLDER=1, a release that the pin calls a fallback may be built; without it, one that lies here from such a
# build is not good enough.
export ALLOW_OLDER
wanted = $(shell sed -n 's/^version //p' third_party/$(1)/pin | head -n 1)
OLDER := $(if $(ALLOW_OLDER),,$(foreach file,$(wildcard $(FETCHED)),\
    $(if $(call same,$(file <$(file)),$(call wanted,$(basename $(notdir $(file))))),,$(file))))
.PHONY: fetched-anew
$(OLDER): fetched-anew
$(FETCHED) build/src/cmocka.version: build/src/%.version: third_party/%/pin
	$(say) FETCH $*
	$(Q)third_party/fetch $*

# Versions, and a list of what releases lack that were only taken because of ALLOW_OLDER.
LACKS = $(shell cat $(FETCHED:.version=.lacks) | sed 's/.*/"&", /')
build/gen/build_info.h: VERSION $(FETCHED) build/gen/flags
	$(say) GEN $@
	@{ echo '/* Made by the Makefile. */'; \
	   printf '#define WCP_%s "%s"\n' VERSION "$(VERSION)" \
	       MBEDTLS_VERSION "$$(sed -n $(MBEDTLS_SAYS) $(MBEDTLS_DIR)/include/mbedtls/build_info.h)" CJSON_VERSION "$$(cat build/src/cjson.version)" \
	       MUSL_VERSION "$$(cat build/src/musl.version)"; \
	   echo '#define WCP_BUILD_EPOCH $(SOURCE_DATE_EPOCH)LL'; \
	   echo '#define WCP_LACKS {$(LACKS)NULL}'; } >$@

build/gen/embed: tools/embed.c
	$(call run,HOSTCC,$(HOST_CC) -O1 $(WARNINGS) $< -o $@)

build/gen/rootfs.c: build/gen/embed src/command/help.txt src/command/setup.sh $(ROOTFS)
	$(call run,GEN,build/gen/embed $(filter-out $<,$^) >$@)

# What the targets share: made before several of them are built at once.
FOR_ALL := $(FETCHED) build/gen/build_info.h build/gen/roots.c build/gen/rootfs.c

# $(call objects,NAME,DIRECTORY): how the objects of one variant are made. NAME_CC compiles with NAME_FLAGS; our own
# sources get NAME_OURS besides, and NAME_USER, the user's flags, comes last; NAME_NEEDS must exist before.
define objects
$(1)_OBJECTS := $(patsubst src/%.c,$(2)/src/%.o,$(OURS)) $(2)/gen/roots.o $(2)/gen/rootfs.o
$(1)_LIBRARIES := $(patsubst %.c,$(2)/mbedtls/%.o,$(MBEDTLS_SOURCES)) $(patsubst %.c,$(2)/cjson/%.o,$(CJSON_SOURCES))
$(1)_COMPILE = $$($(1)_CC) $$(LANGUAGE) $$($(1)_FLAGS)
$(1)_COMPILE_OURS = $$($(1)_COMPILE) $$(OUR_INCLUDES) $$(WARNINGS) $$($(1)_OURS) $$($(1)_USER) -MD -MP -c $$< -o $$@
$(2)/src/%.o: src/%.c $(2)/flags build/gen/build_info.h $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE_OURS))
$(2)/gen/%.o: build/gen/%.c $(2)/flags $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE_OURS))
$(2)/mbedtls/%.o: build/src/mbedtls.version $(2)/flags $$(MBEDTLS_CONFIG) $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE) -iquote . $$(MBEDTLS_FLAGS) $$(MBEDTLS_INCLUDES) -w $$($(1)_USER) \
	    -c $(MBEDTLS_DIR)/$$*.c -o $$@)
$(2)/cjson/%.o: build/src/cjson.version $(2)/flags $$($(1)_NEEDS)
	$$(call run,CC,$$($(1)_COMPILE) $$(CJSON_FLAGS) -w $$($(1)_USER) -c build/src/cjson/$$*.c -o $$@)
-include $(patsubst src/%.c,$(2)/src/%.d,$(OURS)) $(2)/gen/roots.d $(2)/gen/rootfs.d
endef
