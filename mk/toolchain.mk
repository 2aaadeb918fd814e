# Which target is built, with which compiler, and how commands are shown.

HOST_CC ?= gcc
CLANG   ?= clang
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)

TARGETS := $(patsubst board/%.mk,%,$(sort $(wildcard board/*.mk)))
# By the compiler, as a 32-bit system may run on a 64-bit kernel; without one, by the kernel.
HOST_TARGET := $(shell { $(HOST_CC) -dumpmachine || uname -m; } 2>/dev/null | sed 's/^x86_64.*/x86-64/; t; s/^i.86.*/i686/; \
    s/^armv[78].*/armv7/; t; s/^arm.*hf$$/armv7/; t; s/^arm.*/armv5/; s/^mips.*el-.*/mipsel/; s/-.*//')
TARGET ?= $(HOST_TARGET)
$(if $(filter 1,$(words $(TARGET))),,$(error TARGET is one of: $(TARGETS). For all of them: make all-targets))

# Goals that need neither compilers nor sources, those that leave the compiler to others, and those for all targets.
WITHOUT_COMPILER := help packages clean distclean
EVERYWHERE       := all-targets size-table
BY_OTHERS        := quick test test-long demo targets $(EVERYWHERE)
GOALS            := $(or $(MAKECMDGOALS),all)
NEED_COMPILER    := $(filter-out $(WITHOUT_COMPILER),$(GOALS))
$(if $(or $(wildcard board/$(TARGET).mk),$(if $(filter-out $(EVERYWHERE),$(NEED_COMPILER)),,none)),,\
    $(error there is no board/$(TARGET).mk. Targets: $(TARGETS)))
include $(wildcard board/$(TARGET).mk)

CROSS_COMPILE ?= $(if $(filter-out $(HOST_TARGET),$(TARGET)),$(BOARD_TRIPLE)-)
$(if $(filter default,$(origin CC)),$(eval CC := $(CROSS_COMPILE)gcc))
$(if $(and $(filter $(EVERYWHERE),$(GOALS)),$(filter-out file,$(origin CC))),$(error CC names one compiler, and \
    $(firstword $(filter $(EVERYWHERE),$(GOALS))) takes one for each target: without CC, please))

# Nobody tried these.
TOO_OLD     := $(addprefix GCC-,1 2 3 4 5 6 7 8 9 10 11) $(addprefix clang-,1 2 3 4 5 6 7 8 9 10 11 12 13)
compiler_of = $(shell $(1) --version 2>/dev/null | head -n 1)
# The compiler's own companions, whatever it is called.
tool_of     = $(shell $(CC) -print-prog-name=$(1))
ifneq ($(NEED_COMPILER),)
ifneq ($(call compiler_of,$(CC)),)
# GCC or clang, and its number.
COMPILER := $(shell $(CC) -dM -E -x c /dev/null | LC_ALL=C sed -n 's/^$(hash)define __clang_major__ /clang /p; \
    s/^$(hash)define __GNUC__ /GCC /p' | LC_ALL=C sort | tail -n 1)
KIND     := $(firstword $(COMPILER))
ifneq ($(filter $(subst $() $(),-,$(COMPILER)),$(TOO_OLD)),)
$(error $(CC) is $(COMPILER); the static binary needs GCC, 12 or later, or clang, 14 or later (tests/packages build: Debian's))
endif
OBJCOPY ?= $(call tool_of,objcopy)
COMPILER_INCLUDE := $(shell $(CC) -print-file-name=include)
COMPILER_LIBRARY := $(shell $(CC) -print-libgcc-file-name)
else ifeq ($(filter $(BY_OTHERS),$(GOALS)),)
$(if $(filter $(HOST_TARGET),$(TARGET)),$(error $(CC) is missing. 'make packages' installs what the build needs, or says what to \
    install))
$(error $(CC), which compiles for $(TARGET), is missing. On Debian: apt-get install gcc-$(subst _,-,$(BOARD_TRIPLE)) \
    (tests/packages targets: those of all targets), or give a compiler of your own with CC=...)
endif
endif

# Where the static binary and its objects are; each compiler has a place of its own.
O := build/$(TARGET)$(if $(filter clang,$(KIND)),-clang)

# What is said: with V=1 the commands, else a line for each.
Q   := $(if $(filter 1,$(V)),,@)
say := $(if $(filter 1,$(V)),@:,@printf '  %-6s %s\n')

# $(call run,WORD,COMMAND): a recipe of one command that makes $@.
define run
$(say) $(1) $@
@mkdir -p $(@D)
$(Q)$(2)
endef

# $(call remember,FILE,TEXT): FILE holds TEXT, and is only touched when it did not. What depends on it is rebuilt when
# flags change.
same     = $(if $(subst x$(1),,x$(2))$(subst x$(2),,x$(1)),,yes)
remember = $(if $(call same,$(strip $(file <$(1))),$(strip $(2))),,$(shell mkdir -p $(dir $(1)))$(file >$(1),$(strip $(2))))
