# Stands in for Buildroot, which is no package of Debian's: reads our external tree and takes our package through the
# steps of its infrastructure for generic packages with a local source, with its variables, in its order. The names are
# Buildroot's. The steps imitate package/pkg-generic.mk; DOWNLOAD package/pkg-download.mk and support/download/dl-wrapper; hashes
# support/download/check-hash; the compiler's wrapper toolchain/toolchain-wrapper.c; the tables fs/common.mk.
#
#   make -f stand_in_buildroot.mk WORK=DIRECTORY INTERNET=DIRECTORY COMPILER=GCC [wcp-tiny | wcp-tiny-source | …]
#
# Or with a source archive; its hash is in WORK/patches, the BR2_GLOBAL_PATCH_DIR.
#
# WORK holds the configuration (.config). INTERNET has, for a URL, a file of its name. COMPILER stands behind
# Buildroot's wrapper, which adds options to every call.

include $(WORK)/.config

.PHONY: world
world: wcp-tiny tables

qstrip = $(strip $(subst ",,$(1)))
define sep


endef

Q             := @
TOPDIR        := $(CURDIR)
BASE_DIR      := $(WORK)
BUILD_DIR     := $(WORK)/build
HOST_DIR      := $(WORK)/host
TARGET_DIR    := $(WORK)/target
DL_DIR        := $(WORK)/dl
BR_BUILDING   := y
HOSTCC        := /usr/bin/gcc
TARGET_CROSS  := $(HOST_DIR)/bin/
TARGET_CC     := $(TARGET_CROSS)gcc
TARGET_MAKE_ENV = PATH="$(HOST_DIR)/bin:$(PATH)"
INSTALL       := /usr/bin/install
SED           := /bin/sed -i -e
REDIST_SOURCES_DIR_TARGET := $(WORK)/legal-info/sources
# Buildroot's own release, older than ours; exported when an image is to be reproducible.
export SOURCE_DATE_EPOCH := 1707000000

BR2_EXTERNAL_WCP_TINY_PATH := $(abspath ../../board/buildroot)

pkgdir  = $(dir $(lastword $(MAKEFILE_LIST)))
pkgname = $(lastword $(subst /, ,$(pkgdir)))

# $(call DOWNLOAD,URL,PACKAGE): nothing without its hash is kept.
define DOWNLOAD
	$(Q)mkdir -p $($(2)_DL_DIR)
	$(Q)test -e $($(2)_DL_DIR)/$(notdir $(1)) || { \
		echo "$(1)" >>$(WORK)/asked; \
		cp $(INTERNET)/$(notdir $(1)) $(WORK)/downloaded && \
		$(call check_hash,$(WORK)/downloaded,$(notdir $(1)),$(2)) && \
		mv $(WORK)/downloaded $($(2)_DL_DIR)/$(notdir $(1)); \
	}
endef

# $(call check_hash,FILE,NAME,PACKAGE)
check_hash = { awk -v name=$(2) -v file=$(1) '$$1 == "sha256" && $$3 == name { print $$2 "  " file; found = 1 } \
	END { if (!found) { print "ERROR: No hash found for " name >"/dev/stderr"; exit 1 } }' \
	$(wildcard $(WORK)/patches/wcp-tiny/wcp-tiny.hash) $($(3)_PKGDIR)/wcp-tiny.hash | sha256sum --check --quiet -; }

hooks = $(foreach hook,$($(PKG)_$(1)_HOOKS),$(call $(hook))$(sep))

define generic-package
$(eval PKG := WCP_TINY)
$(eval WCP_TINY_NAME := $(pkgname))
$(eval WCP_TINY_PKGDIR := $(patsubst %/,%,$(pkgdir)))
$(eval WCP_TINY_DL_DIR := $(DL_DIR)/$(pkgname))
$(eval WCP_TINY_DIR := $(BUILD_DIR)/$(pkgname)-$(WCP_TINY_VERSION))
$(if $(filter local,$(WCP_TINY_SITE_METHOD)),$(eval WCP_TINY_OVERRIDE_SRCDIR := $(WCP_TINY_SITE)))
$(eval WCP_TINY_SOURCE := $(pkgname)-$(WCP_TINY_VERSION).tar.gz)
$(eval WCP_TINY_REDIST_SOURCES_DIR = $(REDIST_SOURCES_DIR_TARGET)/$(WCP_TINY_NAME)-$(WCP_TINY_VERSION))
endef

include $(BR2_EXTERNAL_WCP_TINY_PATH)/external.mk

wcp-tiny: $(WCP_TINY_DIR)/.stamp_target_installed
wcp-tiny-rsync: $(WCP_TINY_DIR)/.stamp_rsynced
wcp-tiny-configure: $(WCP_TINY_DIR)/.stamp_configured
wcp-tiny-source:

$(HOST_DIR)/bin/gcc:
	$(Q)mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nexec %s "$$@"\n' >$@ \
		"$(COMPILER) -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wl,-z,now -Wl,-z,relro -fPIE -pie"
	$(Q)chmod 755 $@

$(WCP_TINY_DIR)/.stamp_rsynced:
	$(Q)mkdir -p $(@D)
	$(call hooks,PRE_RSYNC)
	$(Q)rsync -au --chmod=u=rwX,go=rX $(WCP_TINY_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS) --exclude .git \
		$(call qstrip,$(WCP_TINY_OVERRIDE_SRCDIR))/ $(@D)
	$(call hooks,POST_RSYNC)
	$(Q)touch $@

$(WCP_TINY_DIR)/.stamp_extracted:
	$(foreach url,$(WCP_TINY_SITE)/$(WCP_TINY_SOURCE) $(WCP_TINY_EXTRA_DOWNLOADS),$(call DOWNLOAD,$(url),WCP_TINY)$(sep))
	$(Q)mkdir -p $(@D)
	$(Q)tar -xzf $(WCP_TINY_DL_DIR)/$(WCP_TINY_SOURCE) -C $(@D) --strip-components=1
	$(call hooks,POST_EXTRACT)
	$(Q)touch $@

WCP_TINY_SOURCES := $(WCP_TINY_DIR)/.stamp_$(if $(WCP_TINY_OVERRIDE_SRCDIR),rsynced,extracted)

$(WCP_TINY_DIR)/.stamp_configured: $(WCP_TINY_SOURCES) $(HOST_DIR)/bin/gcc
	$(Q)mkdir -p $(TARGET_DIR)
	$(call hooks,PRE_CONFIGURE)
	$(WCP_TINY_CONFIGURE_CMDS)
	$(call hooks,POST_CONFIGURE)
	$(Q)touch $@

$(WCP_TINY_DIR)/.stamp_built: $(WCP_TINY_DIR)/.stamp_configured
	$(call hooks,PRE_BUILD)
	+$(WCP_TINY_BUILD_CMDS)
	$(call hooks,POST_BUILD)
	$(Q)touch $@

$(WCP_TINY_DIR)/.stamp_target_installed: $(WCP_TINY_DIR)/.stamp_built
	$(call hooks,PRE_INSTALL_TARGET)
	+$(WCP_TINY_INSTALL_TARGET_CMDS)
	$(if $(BR2_INIT_SYSTEMD),$(WCP_TINY_INSTALL_INIT_SYSTEMD))
	$(if $(BR2_INIT_SYSV)$(BR2_INIT_BUSYBOX)$(BR2_INIT_OPENRC),$(WCP_TINY_INSTALL_INIT_SYSV))
	$(call hooks,POST_INSTALL_TARGET)
	$(Q)touch $@

# What the image's file system is given by, once everything is installed.
.PHONY: tables
tables: wcp-tiny
	$(file >$(WORK)/users,$(WCP_TINY_USERS))
	$(file >$(WORK)/permissions,$(WCP_TINY_PERMISSIONS))
	@:

# Not Buildroot's: how the Makefile is called.
.PHONY: wcp-tiny-show-make
wcp-tiny-show-make:
	@:$(info $(WCP_TINY_MAKE))

.PHONY: wcp-tiny-legal-info
wcp-tiny-legal-info: $(WCP_TINY_SOURCES)
	$(foreach license,$(WCP_TINY_LICENSE_FILES),$(call check_hash,$(WCP_TINY_DIR)/$(license),$(license),WCP_TINY)$(sep))
	$(if $(WCP_TINY_OVERRIDE_SRCDIR),,$(Q)mkdir -p $(WCP_TINY_REDIST_SOURCES_DIR) && \
		ln $(WCP_TINY_DL_DIR)/* $(WCP_TINY_REDIST_SOURCES_DIR))
	$(call hooks,POST_LEGAL_INFO)
