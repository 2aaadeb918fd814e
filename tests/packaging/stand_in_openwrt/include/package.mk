# Imitates include/package.mk, include/download.mk and include/package-pack.mk, the order of things there: download and check, prepare, configure, compile, install into a tree for
# the package, with its control files beside. `make compile`.

.DEFAULT_GOAL   := compile
PKG_BUILD_DIR   ?= $(BUILD_DIR)/$(PKG_NAME)-$(PKG_VERSION)
PKG_INSTALL_DIR ?= $(PKG_BUILD_DIR)/ipkg-install
PACKAGE_TREE    := $(BUILD_DIR)/package

# From MIRROR, a directory, in place of the address; the address itself is for the test to see.
define Download
$(eval FILE :=)$(eval URL :=)$(eval HASH :=)$(eval $(Download/$(1)))
$(foreach field,FILE URL HASH,$(if $($(field)),,$(error Download/$(1) is missing the $(field) field.)))
$(DL_DIR)/$(FILE):
	mkdir -p $(DL_DIR)
	echo "$(URL)/$(FILE)" >>$(BUILD_DIR)/downloads
	cp $(MIRROR)/$(FILE) $$@.dl
	echo "$(HASH)  $$@.dl" | sha256sum --check --quiet
	mv $$@.dl $$@
$(BUILD_DIR)/.prepared: $(DL_DIR)/$(FILE)
endef

# A package with a source archive: before this file was read, PKG_SOURCE was set.
ifneq ($(PKG_SOURCE),)
define Download/default
  FILE:=$(PKG_SOURCE)
  URL:=$(PKG_SOURCE_URL)
  HASH:=$(PKG_HASH)
endef
$(eval $(call Download,default))
Build/Prepare = tar -xzf $(DL_DIR)/$(PKG_SOURCE) -C $(PKG_BUILD_DIR)/..
endif

$(BUILD_DIR)/.prepared:
	rm -rf $(PKG_BUILD_DIR)
	mkdir -p $(PKG_BUILD_DIR)
	$(Build/Prepare)
	touch $@

$(BUILD_DIR)/.configured: $(BUILD_DIR)/.prepared
	$(Build/Configure)
	touch $@

$(BUILD_DIR)/.built: $(BUILD_DIR)/.configured
	$(Build/Compile)
	touch $@

define BuildPackage
$(eval $(Package/$(1)))
$(foreach field,TITLE CATEGORY SECTION,$(if $($(field)),,$(error Package/$(1) is missing the $(field) field)))
export DESCRIPTION := $$(Package/$(1)/description)
export CONFFILES := $$(Package/$(1)/conffiles)
compile: $(BUILD_DIR)/.built
	rm -rf $(PACKAGE_TREE) && mkdir -p $(PACKAGE_TREE)/CONTROL
	$$(call Package/$(1)/install,$(PACKAGE_TREE))
	$$(call RSTRIP,$(PACKAGE_TREE))
	printf '%s\n' "Package: $(1)" "Version: $(PKG_VERSION)-r$(PKG_RELEASE)" "License: $(PKG_LICENSE)" \
	    "Section: $(SECTION)" "Require-User: $(USERID)" "Depends: $(filter-out @%,$(DEPENDS))" \
	    "Description: $$$$DESCRIPTION" >$(PACKAGE_TREE)/CONTROL/control
	echo "$$$$CONFFILES" >$(PACKAGE_TREE)/CONTROL/conffiles
endef
