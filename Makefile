# The only way to build, test, demonstrate and package wcp-tiny. `make help` lists what there is; mk/ has the rules.
#
#   make [TARGET=armv7] [CC=...] [CPPFLAGS=...] [CFLAGS=...] [LDFLAGS=...] [V=1]
#
# TARGET is a file of board/, else the host; CC a compiler of one's own for it: GCC 12 or later, or clang 14 or later. The
# flags come after ours. V=1 shows the commands. With SYSTEM_LIBS=1, all, install, check and clean are for a program that is
# linked with the system's libraries (mk/system.mk), in build/system/.
#
# Where things land: build/wcp-tiny (the host's binary), build/TARGET/ (the static binary, wcp-tiny.debug beside it for
# debuggers, and objects; clang has build/TARGET-clang/), build/test, build/asan, build/fuzz (objects of the same sources for
# the host's C library), build/gen (generated sources), build/src and build/dl (sources of third parties), build/venv (Python
# for the tests).

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
comma := ,
hash := \#

VERSION := $(file <VERSION)
# The build date compiled into the program: a constant, so that two builds of a commit are identical. Raise it with each
# release. The agent takes a clock before this date for one that was never set.
SOURCE_DATE_EPOCH ?= 1780272000

include mk/commands.mk
ifneq ($(SYSTEM_LIBS),)
include mk/system.mk
else
include mk/toolchain.mk $(patsubst %,third_party/%.mk,fetch mbedtls/mbedtls cjson/cjson musl/musl)
include mk/objects.mk mk/release.mk mk/packages.mk
# A source tree that only builds the program may be without tests.
include $(if $(wildcard tests),mk/tests.mk)
endif

.PHONY: all install all-targets $(TARGETS:%=all-targets/%) size-table size packages quick test test-long demo bench simulate fleet format clean distclean help
NEXT = make $(if $(SYSTEM_LIBS),SYSTEM_LIBS=1 check,demo, or make quick); make help lists the rest
all: $(AGENT) ## build TARGET's static binary, the host's as build/wcp-tiny
	@echo "$(AGENT) ($$(($$(wc -c <$(AGENT)) / 1024)) KB, $(if $(SYSTEM_LIBS),with the system's libraries,static)). Next: $(NEXT)"

packages: ## install the Debian packages that building and testing need (as root), or say which
	@tests/packages

PREFIX ?= /usr
IN_PREFIX := s,/usr/\(sbin\|lib\|share\)/\(wcp-tiny\),$(PREFIX)/\1/\2,g
# For images and packages. INIT: the init systems to install files for: systemd, busybox or both. DATA: the mount point of the data
# partition when / is read-only (board/read-only/install); what belongs into /etc/aws-... then goes to PREFIX/share/wcp-tiny.
# Settings may hold the password of a proxy or an access key: only root reads them. PACKAGED: the command that removes this package, such as apt-get remove wcp-tiny.
INIT := systemd busybox
DATA :=
PACKAGED :=
EXCLUDE_OTHER_INITS := $(if $(filter systemd,$(INIT)),,! -path '*/systemd/*') \
    $(if $(filter busybox,$(INIT)),,! -path '*/init.d/*' ! -name inittab)
PLACES := s|^/usr/|$(PREFIX)/|;$(if $(DATA),s|^/etc/aws-workload-credentials-provider/|$(PREFIX)/share/wcp-tiny/|)

install: $(AGENT) ## put everything that belongs on a device below DESTDIR (PREFIX=/usr)
	$(Q)install -D -m 755 $(AGENT) $(DESTDIR)$(PREFIX)/sbin/wcp-tiny
	$(Q)ln -sf wcp-tiny $(DESTDIR)$(PREFIX)/sbin/aws-workload-credentials-provider
	$(Q)find rootfs -type f $(EXCLUDE_OTHER_INITS) | while read -r file; do \
	    place=$(DESTDIR)$$(echo "$${file#rootfs}" | sed '$(PLACES)'); mode=644; test ! -x "$$file" || mode=755; \
	    case $$file in */etc/default/*) mode=600 ;; esac; \
	    mkdir -p "$${place%/*}" && sed '$(IN_PREFIX)' "$$file" >"$$place" && chmod $$mode "$$place" || exit 1; done
	$(if $(DATA),$(Q)board/read-only/install "$(DESTDIR)" "$(DATA)" "$(PREFIX)" "$(INIT)")
	$(if $(PACKAGED),@echo "$(PACKAGED)" >$(DESTDIR)$(PREFIX)/lib/wcp-tiny/package)

all-targets: $(TARGETS:%=all-targets/%) ## build the static binary for every target, each in build/TARGET/

$(TARGETS:%=all-targets/%): all-targets/%: $(FOR_ALL)
	@+$(MAKE) --no-print-directory TARGET=$(@F) build/$(@F)/wcp-tiny

size-table: all-targets ## sizes and budgets of all targets; fails when one is over its budget
	@$(PYTHON) tests/size-table $(if $(filter command,$(origin BOARD_BUDGET)),--budget=$(BOARD_BUDGET)) $(TARGETS)

size: $(O)/wcp-tiny $(O)/size/wcp-tiny ## text, data, bss by library and by module; fails when the binary is over its budget
	@$(PYTHON) tests/size $(O)/wcp-tiny $(O)/size/map $(BOARD_BUDGET)

quick: ## install, build and run what finds most mistakes: lint, unit tests, the heart of e2e (three minutes)
	@tests/packages quick
	@tests/run --level quick

test: $(if $(SYSTEM_LIBS),check,packages) ## install, build and run every test; the last line says how many passed and failed
	@$(if $(SYSTEM_LIBS),,tests/run)

test-long: packages ## the same at full length: every target's unit tests, a minute for each fuzzer, hundreds of power cuts
	@tests/run --level long

# The parts of tests/run.
unit: ## unit tests (cmocka)
asan: ## unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
e2e: ## the whole agent against a simulated AWS and a real nginx
targets: ## other processors: unit tests and a full once, under an emulator
crash: ## the agent killed at every system call, power cuts, full disks
boot: ## boards with real kernels, booted in QEMU: the clock in 1970, link, web server, power cut (as root)
simulation: ## the agent in a simulated world: power cuts, errors, kills, other agents
fuzz: ## fuzz every parser for SECONDS (default 60) each
packaging: ## the packages and recipes for images, built and installed
build-checks: ## the binary's hardening, two builds being equal, fetching with errors
lint: ## layout, static analysis, shell scripts, direction of includes, sizes of files and functions

PARTS := unit asan e2e targets crash boot simulation fuzz packaging build-checks lint
.PHONY: $(PARTS)
$(PARTS):
	$(if $(filter targets boot,$@),@tests/packages $@)
	@WCP_FUZZ_SECONDS=$(or $(SECONDS),60) tests/run $(@:build-checks=build)

# These goals accept an older release of a library when the pinned one cannot be fetched. A plain make does not.
quick test test-long demo $(PARTS): export ALLOW_OLDER ?= 1

demo: ## show the main job: a certificate from a simulated AWS into a running nginx
	@tests/packages demo
	@$(MAKE) --no-print-directory built-agent built-venv
	@build/venv/bin/python tests/e2e/demo.py

bench: built-agent built-venv ## measure CPU time, memory, size, requests and connections (UPSTREAM=, BEFORE=: beside other binaries)
	@UPSTREAM="$(UPSTREAM)" BEFORE="$(BEFORE)" build/venv/bin/python tests/bench/bench.py

simulate: built-simulation ## histories in a simulated world: SEEDS= how many, or SEED= one, call by call
	@build/simulation/simulate $(if $(SEED),--seed $(SEED) --smaller,--from $(or $(FROM),1) --seeds $(or $(SEEDS),10000) --jobs $$(nproc))

fleet: built-fleet ## fleets of up to 10,000 boxes that share AWS's quotas: a table, and the plot docs/fleet.svg
	@$(PYTHON) tests/fleet/report.py

format: ## lay out the C sources as .clang-format says
	@find src tests third_party tools -name '*.[ch]' | xargs clang-format -i

clean: ## remove what was built, keep what was downloaded
	rm -rf build/wcp-tiny build/gen build/system build/test build/clang build/asan build/fuzz build/simulation build/fleet build/lint build/tests build/packages \
	    $(TARGETS:%=build/%) $(TARGETS:%=build/%-clang) $(TOOLS:%=build/%)

distclean: ## remove everything that is not in the repository
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.* ## \(.*\)/  \1|\2/p' Makefile mk/packages.mk mk/system.mk | while IFS='|' read -r goal text; do \
	    printf '  %-14s %s\n' "$$goal" "$$text"; done
