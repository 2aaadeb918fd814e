# Which target is built, and with which compiler.

TARGETS := $(patsubst board/%.mk,%,$(sort $(wildcard board/*.mk)))
# By the compiler, as a 32-bit system may run on a 64-bit kernel; without one, by the kernel.
HOST_TARGET := $(shell { $(HOST_CC) -dumpmachine || uname -m; } 2>/dev/null | sed 's/^x86_64.*/x86-64/; t; s/^i.86.*/i686/; \
    s/^armv[78].*/armv7/; t; s/^armv6.*hf$$/armv6/; t; s/^arm.*hf$$/armv7/; t; s/^arm.*/armv5/; s/^mips.*el-.*/mipsel/; s/-.*//')
TARGET ?= $(HOST_TARGET)
$(if $(filter 1,$(words $(TARGET))),,$(error TARGET is one of: $(TARGETS). For all of them: make all-targets))

# Goals for all targets, and those that leave the compiler to others.
EVERYWHERE := all-targets size-table
BY_OTHERS  := quick test test-long demo targets $(EVERYWHERE)
$(if $(or $(wildcard board/$(TARGET).mk),$(if $(filter-out $(EVERYWHERE),$(NEED_COMPILER)),,none)),,\
    $(error there is no board/$(TARGET).mk. Targets: $(TARGETS)))
include $(wildcard board/$(TARGET).mk)

CROSS_COMPILE ?= $(if $(filter-out $(HOST_TARGET),$(TARGET)),$(BOARD_TRIPLE)-)
$(if $(filter default,$(origin CC)),$(eval CC := $(CROSS_COMPILE)gcc))
$(if $(and $(filter $(EVERYWHERE),$(GOALS)),$(filter-out file,$(origin CC))),$(error CC names one compiler, and \
    $(firstword $(filter $(EVERYWHERE),$(GOALS))) takes one for each target: without CC, please))

# CPU_CFLAGS: flags for one processor, in place of those that the board's file has for its kind.
ifneq ($(CPU_CFLAGS),)
BOARD_CFLAGS := $(filter-out -march=% -mcpu=% -mtune=% -mfpu=% -mfloat-abi=%,$(BOARD_CFLAGS)) $(CPU_CFLAGS)
endif

# Nobody tried these.
TOO_OLD := $(addprefix GCC-,1 2 3 4 5 6 7 8 9 10 11) $(addprefix clang-,1 2 3 4 5 6 7 8 9 10 11 12 13)
# The compiler's own companions, whatever it is called.
tool_of = $(shell $(CC) -print-prog-name=$(1))
ifneq ($(NEED_COMPILER),)
ifneq ($(call compiler_of,$(CC)),)
# GCC or clang, and its number.
CC_VERSION := $(shell $(CC) -dM -E -x c /dev/null | LC_ALL=C sed -n 's/^$(hash)define __clang_major__ /clang /p; \
    s/^$(hash)define __GNUC__ /GCC /p' | LC_ALL=C sort | tail -n 1)
CC_KIND  := $(firstword $(CC_VERSION))
ifneq ($(filter $(subst $() $(),-,$(CC_VERSION)),$(TOO_OLD)),)
$(error $(CC) is $(CC_VERSION); the static binary needs GCC, 12 or later, or clang, 14 or later (tests/packages build: Debian's))
endif
OBJCOPY ?= $(call tool_of,objcopy)
else ifeq ($(filter $(BY_OTHERS),$(GOALS)),)
$(if $(filter $(HOST_TARGET),$(TARGET)),$(error $(CC) is missing. 'make packages' installs what the build needs, or says what to \
    install))
$(error $(CC), which compiles for $(TARGET), is missing. On Debian: apt-get install gcc-$(subst _,-,$(BOARD_TRIPLE)) \
    (tests/packages targets: those of all targets), or give a compiler of your own with CC=...)
endif
endif

# Where the static binary and its objects are; each compiler has a place of its own.
O   := build/$(TARGET)$(if $(filter clang,$(CC_KIND)),-clang)
GEN := build/gen
