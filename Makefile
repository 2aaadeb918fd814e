# The only way to build, test, demonstrate and package wcp-tiny. `make help` lists what there is.
#
#   make [TARGET=armv7] [CC=...] [V=1]     TARGET: a file of board/, else the host. CC: a compiler of one's own for it.
#                                          V=1 shows the commands.
#
# Where things land: build/wcp-tiny (the host's binary), build/<target>/ (objects of the static binary), build/test,
# build/asan, build/fuzz (objects of the same sources for the host's C library), build/gen (generated sources),
# build/src and build/dl (sources of third parties), build/venv (Python for the tests).

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
SHELL := /bin/sh

VERSION := $(file <VERSION)
# The date that a build carries, so that two builds of one commit are the same bytes: raised with each release. No right
# clock is behind it.
SOURCE_DATE_EPOCH ?= 1780272000

HOST_CC ?= gcc

TARGETS := $(patsubst board/%.mk,%,$(sort $(wildcard board/*.mk)))
# By the compiler, as a 32-bit system may run on a 64-bit kernel; without one, by the kernel.
HOST_TARGET := $(shell { $(HOST_CC) -dumpmachine || uname -m; } 2>/dev/null | sed 's/^x86_64.*/x86-64/; t; s/^i.86.*/i686/; \
    s/^armv[78].*/armv7/; t; s/^arm.*hf$$/armv7/; t; s/^arm.*/armv5/; s/^mips.*el-.*/mipsel/; s/-.*//')
TARGET ?= $(HOST_TARGET)
ifneq ($(words $(TARGET)),1)
$(error TARGET is one of: $(TARGETS). For all of them: make all-targets)
endif
O := build/$(TARGET)

# Goals that need neither compilers nor sources, and those that leave them to others.
WITHOUT_COMPILER := help packages clean distclean
BY_OTHERS        := test demo targets all-targets size-table
GOALS            := $(or $(MAKECMDGOALS),all)
ifeq ($(wildcard board/$(TARGET).mk),)
ifneq ($(filter-out $(WITHOUT_COMPILER) all-targets size-table,$(GOALS)),)
$(error there is no board/$(TARGET).mk. Targets: $(TARGETS))
endif
endif
include $(wildcard board/$(TARGET).mk)

# --- tools -----------------------------------------------------------------------------------------------------------

ifneq ($(TARGET),$(HOST_TARGET))
CROSS_COMPILE ?= $(BOARD_TRIPLE)-
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifneq ($(filter all-targets size-table,$(GOALS)),)
ifeq ($(filter default file,$(origin CC)),)
$(error CC names one compiler, and $(firstword $(filter all-targets size-table,$(GOALS))) takes one for each target: without CC, please)
endif
endif
CLANG  ?= clang
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)

ifneq ($(filter-out $(WITHOUT_COMPILER),$(GOALS)),)
compiler_of = $(shell $(1) --version 2>/dev/null | head -n 1)
ifneq ($(call compiler_of,$(CC)),)
GCC_INCLUDE := $(shell $(CC) -print-file-name=include)
# The compiler's own companions, whatever it is called.
tool_of = $(shell $(CC) -print-prog-name=$(1))
STRIP   ?= $(call tool_of,strip)
READELF ?= $(call tool_of,readelf)
# What a compiler is: GCC and its number, or clang.
KIND := $(shell $(CC) -dM -E -x c /dev/null | sed -n 's/^\#define __clang__ .*/clang/p; s/^\#define __GNUC__ /GCC /p' | sort | tail -n 1)
ifneq ($(filter clang 1 2 3 4 5 6 7 8 9 10 11,$(KIND)),)
$(error $(CC) is $(KIND); the static binary needs GCC, 12 or later (tests/packages build: Debian's))
endif
else ifeq ($(filter $(BY_OTHERS),$(GOALS)),)
ifeq ($(TARGET),$(HOST_TARGET))
$(error $(CC) is missing. 'make packages' installs what the build needs, or says what to install)
endif
$(error $(CC), which compiles for $(TARGET), is missing. On Debian: apt-get install gcc-$(subst _,-,$(BOARD_TRIPLE)) \
    (tests/packages targets: those of all targets), or give a compiler of your own with CC=...)
endif
endif

# --- what is said ----------------------------------------------------------------------------------------------------

ifeq ($(V),1)
Q   :=
say := @:
else
Q   := @
say := @printf '  %-6s %s\n'
endif

# $(call remember,FILE,TEXT): FILE holds TEXT, and is only touched when it did not. What depends on it is rebuilt when
# flags change.
same     = $(if $(subst x$(1),,x$(2))$(subst x$(2),,x$(1)),,yes)
remember = $(if $(call same,$(strip $(file <$(1))),$(strip $(2))),,$(shell mkdir -p $(dir $(1)))$(file >$(1),$(strip $(2))))

# --- flags -----------------------------------------------------------------------------------------------------------

include third_party/mbedtls/mbedtls.mk third_party/cjson/cjson.mk third_party/musl/musl.mk

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wundef
# Strict for the sources' own sake wherever tests build them; a release must also build with tomorrow's compilers.
STRICT   := -Werror

LANGUAGE := -std=gnu11 -D_GNU_SOURCE
OUR_INCLUDES := -iquote . -iquote src -include build/gen/build_info.h $(MBEDTLS_INCLUDES) $(CJSON_INCLUDES)

# The same bytes wherever the tree lies.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=. -Wdate-time

# What each saves in the whole binary was measured: the switched-off passes together 3.6 KB, -Oz instead of -Os 2.4 KB.
SMALL  := -Oz --param=uninlined-function-insns=0 -fno-partial-inlining -fno-thread-jumps -fno-jump-tables -fno-tree-dominator-opts -fno-tree-loop-optimize -fno-code-hoisting -fno-optimize-sibling-calls -fno-caller-saves -fno-if-conversion -fno-shrink-wrap \
    -fno-tree-tail-merge -fno-tree-coalesce-vars -fno-move-loop-invariants -fmerge-all-constants -flto \
    -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -fomit-frame-pointer
HARD   := -fPIE -fstack-protector-strong -fno-strict-overflow
LAYOUT := board/layout.ld
LINK   := -static-pie -nostdlib -Wl,-T,$(LAYOUT) -Wl,--no-eh-frame-hdr -Wl,--gc-sections -Wl,-z,noexecstack \
    -Wl,-z,relro -Wl,-z,now -Wl,-z,text -Wl,--build-id=none -Wl,--hash-style=gnu -Wl,-O1 -Wl,--as-needed

# --- sources ---------------------------------------------------------------------------------------------------------

OURS  := $(sort $(wildcard src/*.c src/*/*.c))
ROOTS := $(sort $(wildcard third_party/amazon-roots/*.pem))
FETCHED := build/src/mbedtls.version build/src/cjson.version build/src/musl.version

$(FETCHED) build/src/cmocka.version: build/src/%.version: third_party/%/pin
	$(say) FETCH $*
	$(Q)third_party/fetch $*

build/gen/build_info.h: VERSION $(FETCHED) build/gen/flags
	$(say) GEN $@
	@{ echo '/* Made by the Makefile. */'; \
	   printf '#define WCP_%s "%s"\n' VERSION "$(VERSION)" \
	       MBEDTLS_VERSION "$$(cat build/src/mbedtls.version)" CJSON_VERSION "$$(cat build/src/cjson.version)" \
	       MUSL_VERSION "$$(cat build/src/musl.version)"; \
	   echo '#define WCP_BUILD_EPOCH $(SOURCE_DATE_EPOCH)LL'; } >$@

build/gen/roots.c: $(ROOTS) third_party/amazon-roots/generate
	$(say) GEN $@
	@mkdir -p $(@D)
	$(Q)third_party/amazon-roots/generate $(ROOTS) >$@

# What `wcp-tiny install` puts on a machine: all below rootfs/ but the manual pages.
ROOTFS := $(sort $(shell find rootfs -type f ! -path '*/man/*'))

build/gen/embed: tools/embed.c
	$(say) HOSTCC $@
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -O1 $(WARNINGS) $< -o $@

build/gen/rootfs.c: build/gen/embed src/command/help.txt src/command/setup.sh $(ROOTFS)
	$(say) GEN $@
	$(Q)build/gen/embed $(filter-out $<,$^) >$@

# --- one set of objects ----------------------------------------------------------------------------------------------

# $(call objects,NAME,DIRECTORY): how the objects of one variant are made. NAME_CC compiles with NAME_FLAGS; our own
# sources get NAME_OURS besides; NAME_NEEDS must exist before.
define objects
$(1)_OBJECTS := $(patsubst src/%.c,$(2)/src/%.o,$(OURS)) $(2)/gen/roots.o $(2)/gen/rootfs.o
$(1)_LIBRARIES := $(patsubst %.c,$(2)/mbedtls/%.o,$(MBEDTLS_SOURCES)) $(patsubst %.c,$(2)/cjson/%.o,$(CJSON_SOURCES))

$(2)/src/%.o: src/%.c $(2)/flags build/gen/build_info.h $$($(1)_NEEDS)
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$($(1)_CC) $$(LANGUAGE) $$($(1)_FLAGS) $$(OUR_INCLUDES) $$(WARNINGS) $$($(1)_OURS) -MD -MP -c $$< -o $$@

$(2)/gen/%.o: build/gen/%.c $(2)/flags build/gen/build_info.h $$($(1)_NEEDS)
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$($(1)_CC) $$(LANGUAGE) $$($(1)_FLAGS) $$(OUR_INCLUDES) $$(WARNINGS) $$($(1)_OURS) -MD -MP -c $$< -o $$@

$(2)/mbedtls/%.o: build/src/mbedtls.version $(2)/flags $$(MBEDTLS_CONFIG) $$($(1)_NEEDS)
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$($(1)_CC) $$(LANGUAGE) $$($(1)_FLAGS) -iquote . $$(MBEDTLS_FLAGS) $$(MBEDTLS_INCLUDES) -w \
	    $$(MBEDTLS_FLAGS_$$(*F)) -c build/src/mbedtls/$$*.c -o $$@

$(2)/cjson/%.o: build/src/cjson.version $(2)/flags $$($(1)_NEEDS)
	$$(say) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$($(1)_CC) $$(LANGUAGE) $$($(1)_FLAGS) -iquote . $$(CJSON_FLAGS) -w -c build/src/cjson/$$*.c -o $$@

-include $(patsubst src/%.c,$(2)/src/%.d,$(OURS)) $(2)/gen/roots.d $(2)/gen/rootfs.d
endef

# --- the static binary -----------------------------------------------------------------------------------------------

RELEASE_CC    = $(CC)
RELEASE_FLAGS = $(MUSL_INCLUDES) $(SMALL) $(HARD) $(BOARD_CFLAGS) $(REPRODUCIBLE) -frandom-seed=$(@:$(O)/%=%)
RELEASE_NEEDS := $(SYSROOT)/.done
RELEASE_LINK  = $(SMALL) $(HARD) $(BOARD_CFLAGS) $(REPRODUCIBLE) -frandom-seed=wcp-tiny -flto-partition=one \
    $(LINK) $(BOARD_LDFLAGS)

# Not mixed with the rest: what runs while the agent sleeps lies together, beside the C library (see its header).
$(O)/src/base/memory.o: RELEASE_FLAGS += -fno-lto

$(eval $(call objects,RELEASE,$(O)))

$(O)/wcp-tiny.unstripped: $(RELEASE_OBJECTS) $(RELEASE_LIBRARIES) $(RELEASE_NEEDS) $(O)/flags.link $(LAYOUT)
	$(say) LINK $@
	$(Q)$(CC) $(RELEASE_LINK) -Wl,-Map=$(O)/wcp-tiny.map -o $@ $(MUSL_START) $(RELEASE_OBJECTS) $(RELEASE_LIBRARIES) \
	    -Wl,--start-group $(MUSL_LIBRARY) -lgcc -Wl,--end-group $(MUSL_END)

# What the targets share: made before several of them are built at once.
FOR_ALL := $(FETCHED) build/gen/build_info.h build/gen/roots.c build/gen/rootfs.c build/gen/pack_relocations

build/gen/pack_relocations: tools/pack_relocations.c
	$(say) HOSTCC $@
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -O1 -D_GNU_SOURCE $(WARNINGS) $< -o $@

$(O)/wcp-tiny: $(O)/wcp-tiny.unstripped board/strip build/gen/pack_relocations
	$(say) STRIP $@
	$(Q)STRIP="$(STRIP)" READELF="$(READELF)" board/strip $< $@.new
	$(Q)build/gen/pack_relocations $@.new
	$(Q)mv $@.new $@

# Link-time optimization mixes the modules, so `make size` attributes bytes in a second link without it.
SIZE_CC    = $(CC)
SIZE_FLAGS = $(filter-out -flto,$(RELEASE_FLAGS))
SIZE_OURS  =
SIZE_NEEDS := $(RELEASE_NEEDS)

$(eval $(call objects,SIZE,$(O)/size))

$(O)/size/map: $(SIZE_OBJECTS) $(SIZE_LIBRARIES) $(SIZE_NEEDS) $(O)/flags.link $(LAYOUT)
	$(say) LINK $(@D)/wcp-tiny
	$(Q)$(CC) $(filter-out -flto%,$(RELEASE_LINK)) -Wl,-Map=$@ -o $(@D)/wcp-tiny $(MUSL_START) $(SIZE_OBJECTS) \
	    $(SIZE_LIBRARIES) -Wl,--start-group $(MUSL_LIBRARY) -lgcc -Wl,--end-group $(MUSL_END)

# By rename, since the old one may be running.
ifeq ($(TARGET),$(HOST_TARGET))
AGENT := build/wcp-tiny
$(AGENT): $(O)/wcp-tiny
	$(Q)cp $< $@.new && mv -f $@.new $@
else
AGENT := $(O)/wcp-tiny
endif

ifneq ($(filter-out $(WITHOUT_COMPILER),$(GOALS)),)
$(call remember,build/gen/flags,$(SOURCE_DATE_EPOCH))
$(call remember,$(O)/flags,$(call compiler_of,$(CC)) $(CC) $(LANGUAGE) $(RELEASE_FLAGS) $(OUR_INCLUDES) \
    $(WARNINGS) $(MBEDTLS_FLAGS) $(CJSON_FLAGS))
$(call remember,$(O)/size/flags,$(file <$(O)/flags))
$(call remember,$(O)/flags.link,$(RELEASE_LINK))
$(call remember,$(O)/flags.musl,$(call compiler_of,$(CC)) $(CC) $(MUSL_CONFIGURE) $(MUSL_CFLAGS) $(BOARD_CFLAGS))
endif

# A source tree that only builds the program may be without tests.
-include tests/variants.mk

# --- goals -----------------------------------------------------------------------------------------------------------

SECONDS ?= 60

PREFIX ?= /usr
IN_PREFIX := s,/usr/\(sbin\|lib\|share\)/\(wcp-tiny\),$(PREFIX)/\1/\2,g
# For images. INIT: whose files are wanted, any of the two. DATA: where the data partition is mounted, for a root file
# system that is read-only (board/read-only/install); then nothing of ours is in /etc/aws-...
INIT := systemd busybox
DATA :=
# For packages: how theirs is removed.
PACKAGED :=
OF_OTHER_INITS := $(if $(filter systemd,$(INIT)),,! -path '*/systemd/*') \
    $(if $(filter busybox,$(INIT)),,! -path '*/init.d/*' ! -name inittab)
PLACES := s|^/usr/|$(PREFIX)/|;$(if $(DATA),s|^/etc/aws-workload-credentials-provider/|$(PREFIX)/share/wcp-tiny/|)

.PHONY: install
install: $(AGENT) ## put everything that belongs on a device below DESTDIR (PREFIX=/usr)
	$(Q)install -D -m 755 $(AGENT) $(DESTDIR)$(PREFIX)/sbin/wcp-tiny
	$(Q)ln -sf wcp-tiny $(DESTDIR)$(PREFIX)/sbin/aws-workload-credentials-provider
	$(Q)find rootfs -type f $(OF_OTHER_INITS) | while read -r file; do \
	    place=$(DESTDIR)$$(echo "$${file#rootfs}" | sed '$(PLACES)'); mode=644; test ! -x "$$file" || mode=755; \
	    mkdir -p "$${place%/*}" && sed '$(IN_PREFIX)' "$$file" >"$$place" && chmod $$mode "$$place" || exit 1; done
	$(if $(DATA),$(Q)board/read-only/install "$(DESTDIR)" "$(DATA)" "$(PREFIX)" "$(INIT)")
	$(if $(PACKAGED),@echo "$(PACKAGED)" >$(DESTDIR)$(PREFIX)/lib/wcp-tiny/package)

include tools/packages.mk

.PHONY: all-targets size-table
all-targets: $(TARGETS:%=all-targets/%) ## build the static binary for every target, each in build/TARGET/

.PHONY: $(TARGETS:%=all-targets/%)
$(TARGETS:%=all-targets/%): all-targets/%: $(FOR_ALL)
	@+$(MAKE) --no-print-directory TARGET=$(@F) build/$(@F)/wcp-tiny

size-table: all-targets ## sizes and budgets of all targets; fails when one is over its budget
	@$(PYTHON) tests/size-table $(if $(filter command,$(origin BOARD_BUDGET)),--budget=$(BOARD_BUDGET)) $(TARGETS)

.PHONY: all packages test build-checks unit asan e2e targets crash boot fuzz packaging lint format demo bench size clean distclean help
all: $(AGENT) ## build the host's static binary, build/wcp-tiny

packages: ## install the Debian packages that building and testing need (as root), or say which
	@tests/packages

test: packages ## install, build and run every test; the last line says how many passed and failed
	@tests/run

unit: ## unit tests (cmocka)
	@tests/run unit

asan: ## unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tests/run asan

e2e: ## the whole agent against a simulated AWS and a real nginx
	@tests/run e2e

targets: ## every target's unit tests and a full once, under an emulator
	@tests/packages targets
	@tests/run targets

crash: ## the agent killed at every system call, power cuts, full disks
	@tests/run crash

boot: ## boards with real kernels, booted in QEMU: the clock in 1970, link, web server, power cut (as root)
	@tests/packages boot
	@tests/run boot

fuzz: ## fuzz every parser for SECONDS (default 60) each
	@WCP_FUZZ_SECONDS=$(SECONDS) tests/run fuzz

packaging: ## the packages and recipes for images, built and installed
	@tests/run packaging

build-checks: ## the binary's hardening, two builds being equal, fetching with errors
	@tests/run build

lint: ## layout, static analysis, shell scripts, direction of includes, sizes of files and functions
	@tests/run lint

format: ## lay out the C sources as .clang-format says
	@find src tests third_party tools -name '*.[ch]' | xargs clang-format -i

demo: ## show the main job: a certificate from a simulated AWS into a running nginx
	@tests/packages demo
	@$(MAKE) --no-print-directory built-agent built-venv
	@build/venv/bin/python tests/e2e/demo.py

bench: built-agent built-venv build/bench/calibrate ## measure CPU time, memory, size, requests and connections
	@build/venv/bin/python tests/bench/bench.py

# How fast the machine is: always the same work, whatever becomes of our flags and the library's configuration.
CALIBRATED := $(patsubst %,build/src/mbedtls/library/%.c,sha256 md oid rsa rsa_alt_helpers asn1parse bignum bignum_core \
    constant_time platform_util ecp ecp_curves)

build/bench/calibrate: tests/bench/calibrate.c tests/bench/calibrate.h build/src/mbedtls.version
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) $(LANGUAGE) -Os -flto -w -DMBEDTLS_CONFIG_FILE='"tests/bench/calibrate.h"' -iquote . \
	    -isystem build/src/mbedtls/include -isystem build/src/mbedtls/library -o $@ $< $(CALIBRATED)

size: $(O)/wcp-tiny $(O)/size/map ## text, data, bss by library and by module; fails when the binary is over its budget
	@$(PYTHON) tests/size $(O)/wcp-tiny $(O)/size/map $(BOARD_BUDGET)

clean: ## remove what was built, keep what was downloaded
	rm -rf build/wcp-tiny build/gen build/test build/asan build/fuzz build/bench build/lint build/tests build/packages \
	    $(TARGETS:%=build/%) $(TOOLS:%=build/%)

distclean: ## remove everything that is not in the repository
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.* ## \(.*\)/  \1|\2/p' Makefile tools/packages.mk | while IFS='|' read -r goal text; do \
	    printf '  %-14s %s\n' "$$goal" "$$text"; done
