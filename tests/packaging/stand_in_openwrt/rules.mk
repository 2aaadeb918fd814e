# Imitates rules.mk and, for STRIP, scripts/rstrip.sh: what they and .config set for one device, as far as a package's Makefile sees it. The test sets ARCH,
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
STRIP        := arm-linux-gnueabihf-strip --strip-unneeded
# OpenWrt's rstrip.sh asks file(1) which files are executables.
RSTRIP       = find $(1) -type f -perm -100 | while read -r file; do ! head -c 4 "$$file" | grep -q ELF || $(STRIP) "$$file"; done

export SOURCE_DATE_EPOCH := 1
export STAGING_DIR := $(BUILD_DIR)/staging
