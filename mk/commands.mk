# What the other files use: tools of the machine that builds, what was asked for, and how commands are run and shown.

HOST_CC ?= $(if $(SYSTEM_LIBS),cc,gcc)
CLANG   ?= clang
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)
GOALS   := $(or $(MAKECMDGOALS),all)
# Without those that need neither compilers nor sources.
NEED_COMPILER := $(filter-out help packages clean distclean dist-source,$(GOALS))
compiler_of    = $(shell $(1) --version 2>/dev/null | head -n 1)

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
