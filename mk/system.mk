# SYSTEM_LIBS=1: the program as a distribution builds it, with its compiler, C library, Mbed TLS and cJSON, which pkg-config
# finds. It is linked dynamically, and nothing is fetched. CC, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are the distribution's;
# they come after ours.

O   := build/system
GEN := build/system/gen
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g
# GNU make before 4.4 does not hand variables of its command line to $(shell ...).
ASK   := $(foreach name,PATH LIBDIR SYSROOT_DIR,$(if $(PKG_CONFIG_$(name)),PKG_CONFIG_$(name)='$(PKG_CONFIG_$(name))')) $(PKG_CONFIG)
has    = $(shell $(ASK) --exists '$(1)' 2>/dev/null && echo yes)
number = $(shell $(ASK) --modversion $(1) 2>/dev/null)
# Debian 12's Mbed TLS, which is too old, has headers and nothing that pkg-config knows.
HEADERS_SAY = $(shell echo '$(hash)include <mbedtls/version.h>' | $(CC) $(CPPFLAGS) -E -dM -x c - 2>/dev/null | \
    sed -n 's/^.define MBEDTLS_VERSION_STRING *"\(.*\)"/\1/p')
# $(call need,NAME,MODULE,LEAST,VERSION): stops, unless pkg-config knows the module at LEAST or later. VERSION: found otherwise.
need = $(if $(call has,$(2) >= $(3)),,$(error SYSTEM_LIBS=1 needs $(1) $(3) or later, and $(PKG_CONFIG) $(or \
    $(addprefix found ,$(call number,$(2))),$(if $(4),found no $(2).pc; the headers here are of $(1) $(4),found no $(2).pc)). \
    Install it with its development files (PKG_CONFIG_PATH: where it lies elsewhere), or build without SYSTEM_LIBS: \
    then the program brings its own))

ifneq ($(NEED_COMPILER),)
$(if $(shell command -v $(firstword $(PKG_CONFIG))),,$(error SYSTEM_LIBS=1 needs $(PKG_CONFIG), which is missing))
$(call need,Mbed TLS,mbedtls,3.6,$(HEADERS_SAY))
$(call need,cJSON,libcjson,1.7.13)
# From 4.0 on, cryptography is a library of its own.
OF_MBEDTLS := mbedtls mbedx509 $(if $(call has,mbedtls >= 4),tfpsacrypto,mbedcrypto)
MBEDTLS_INCLUDES := $(patsubst -I%,-isystem %,$(shell $(ASK) --cflags $(OF_MBEDTLS)))
CJSON_INCLUDES   := $(patsubst -I%,-isystem %,$(shell $(ASK) --cflags libcjson))
LINKED    := $(shell $(ASK) --libs $(OF_MBEDTLS) libcjson)
LIBRARIES := system libraries: Mbed TLS $(call number,mbedtls), cJSON $(call number,libcjson)
endif
include mk/objects.mk

SYSTEM_CC    = $(CC)
SYSTEM_FLAGS = $(HARDEN)
SYSTEM_USER  = $(CPPFLAGS) $(CFLAGS)
SYSTEM_LINK  = -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(CFLAGS) $(LDFLAGS)
$(eval $(call objects,SYSTEM,$(O)))
AGENT := $(O)/wcp-tiny
$(AGENT): $(SYSTEM_OBJECTS) $(O)/flags
	$(call run,LINK,$(CC) $(SYSTEM_LINK) -o $@ $(SYSTEM_OBJECTS) $(LINKED) $(LDLIBS))
$(if $(NEED_COMPILER),$(call remember,$(GEN)/flags,$(SOURCE_DATE_EPOCH) $(LIBRARIES))\
    $(call remember,$(O)/flags,$(call compiler_of,$(CC)) $(SYSTEM_COMPILE) $(OUR_INCLUDES) $(WARNINGS) $(SYSTEM_USER) \
    $(SYSTEM_LINK) $(LINKED) $(LDLIBS) $(LIBRARIES)))

# The unit tests, with the same flags and libraries.
SYSTEM_TEST_CC    = $(CC)
SYSTEM_TEST_FLAGS = $(SYSTEM_FLAGS) $(SYSTEM_USER)
SYSTEM_TEST_OURS := -DWCP_TEST_HOOKS
SYSTEM_TEST_LINK  = $(SYSTEM_LINK)
SYSTEM_TEST_END   = $(LINKED) -lcmocka $(LDLIBS)
ifneq ($(wildcard tests),)
include mk/programs.mk
$(eval $(call programs,SYSTEM_TEST,$(O)/test))
endif

.PHONY: check
check: $(UNIT_TESTS:%=$(O)/test/unit/%) ## with SYSTEM_LIBS=1: unit tests that are linked as the program is
	@failed=; for test in $^; do $$test || failed="$$failed $$test"; done; test -z "$$failed" || { echo "failed:$$failed"; exit 1; }
