# What OpenWrt's rules.mk and .config set for one device, as far as a package's Makefile sees it. The test sets ARCH,
# TARGET_CC, TARGET_OPTIMIZATION, CONFIG_..., BUILD_DIR, DL_DIR and MIRROR.

INCLUDE_DIR  := $(TOPDIR)/include
HOSTCC       := gcc
TAR          := tar
CP           := cp -fpR
INSTALL_DIR  := install -d -m0755
INSTALL_BIN  := install -m0755
INSTALL_DATA := install -m0644
INSTALL_CONF := install -m0600
PKG_JOBS     := -j2
# Would spoil what it touches, so that a package which does not refuse it fails.
STRIP        := truncate -s 0
RSTRIP       = find $(1) -type f -perm -100 -exec $(STRIP) {} +

export SOURCE_DATE_EPOCH := 1
export STAGING_DIR := $(BUILD_DIR)/staging
