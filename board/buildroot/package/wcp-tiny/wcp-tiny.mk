################################################################################
#
# wcp-tiny
#
################################################################################

WCP_TINY_VERSION = 0.1.0
# Released sources, or the repository that this package is part of.
WCP_TINY_SITE = $(or $(call qstrip,$(BR2_PACKAGE_WCP_TINY_SITE)),\
	$(abspath $(BR2_EXTERNAL_WCP_TINY_PATH)/../..))
ifeq ($(call qstrip,$(BR2_PACKAGE_WCP_TINY_SITE)),)
WCP_TINY_SITE_METHOD = local
WCP_TINY_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /build
endif
WCP_TINY_LICENSE = Apache-2.0, Apache-2.0 (Mbed TLS), MIT (cJSON, musl)
WCP_TINY_LICENSE_FILES = \
	LICENSE \
	build/src/mbedtls/LICENSE \
	build/src/cjson/LICENSE \
	build/src/musl/COPYRIGHT
WCP_TINY_CPE_ID_VENDOR = wcp-tiny

WCP_TINY_EXTRA_DOWNLOADS = \
	https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-3.6.7/mbedtls-3.6.7.tar.bz2 \
	https://github.com/DaveGamble/cJSON/archive/v1.7.19/cjson-1.7.19.tar.gz \
	https://musl.libc.org/releases/musl-1.2.6.tar.gz

# A local source has no download step, so what belongs to it is asked for.
define WCP_TINY_DOWNLOAD_ARCHIVES
	$(foreach url,$(WCP_TINY_EXTRA_DOWNLOADS),\
		$(call DOWNLOAD,$(url),WCP_TINY)$(sep))
endef
WCP_TINY_PRE_RSYNC_HOOKS += WCP_TINY_DOWNLOAD_ARCHIVES

# Early: legal-info wants their licenses. Again only when another is wanted.
define WCP_TINY_UNPACK_ARCHIVES
	for name in mbedtls cjson musl; do \
		test $(@D)/build/src/$$name.version -nt $(@D)/third_party/$$name/pin || \
		WCP_DL_DIR=$(WCP_TINY_DL_DIR) $(@D)/third_party/fetch $$name || exit 1; \
	done
endef
WCP_TINY_POST_RSYNC_HOOKS += WCP_TINY_UNPACK_ARCHIVES
WCP_TINY_POST_EXTRACT_HOOKS += WCP_TINY_UNPACK_ARCHIVES

# Of a download, Buildroot saves them itself.
ifeq ($(WCP_TINY_SITE_METHOD),local)
define WCP_TINY_SAVE_ARCHIVES
	mkdir -p $(WCP_TINY_REDIST_SOURCES_DIR)
	cp $(addprefix $(WCP_TINY_DL_DIR)/,$(notdir $(WCP_TINY_EXTRA_DOWNLOADS))) \
		$(WCP_TINY_REDIST_SOURCES_DIR)
endef
WCP_TINY_POST_LEGAL_INFO_HOOKS += WCP_TINY_SAVE_ARCHIVES
endif

WCP_TINY_BOARD = $(call qstrip,$(BR2_PACKAGE_WCP_TINY_BOARD))
ifeq ($(BR2_PACKAGE_WCP_TINY)$(BR_BUILDING)$(WCP_TINY_BOARD),yy)
$(error wcp-tiny has no board file for this processor: copy the nearest of \
	wcp-tiny's board/*.mk, adapt it, and set \
	BR2_PACKAGE_WCP_TINY_BOARD to its path)
endif
ifneq ($(findstring /,$(WCP_TINY_BOARD)),)
define WCP_TINY_ADD_BOARD
	cp $(WCP_TINY_BOARD) $(@D)/board/
endef
WCP_TINY_PRE_CONFIGURE_HOOKS += WCP_TINY_ADD_BOARD
endif

# The date in the binary is its release's, not Buildroot's: with a clock behind
# it the agent waits.
WCP_TINY_MAKE = \
	$(TARGET_MAKE_ENV) env -u SOURCE_DATE_EPOCH \
	$(MAKE) -C $(@D) WCP_DL_DIR=$(WCP_TINY_DL_DIR) \
	TARGET=$(basename $(notdir $(WCP_TINY_BOARD))) \
	CC="$(TARGET_CC)" HOST_CC="$(HOSTCC)"

define WCP_TINY_BUILD_CMDS
	$(WCP_TINY_MAKE)
endef

WCP_TINY_DATA = $(call qstrip,$(BR2_PACKAGE_WCP_TINY_DATA))
WCP_TINY_INSTALL = \
	$(WCP_TINY_MAKE) install DESTDIR=$(TARGET_DIR) PREFIX=/usr \
	DATA=$(WCP_TINY_DATA)

define WCP_TINY_INSTALL_TARGET_CMDS
	$(WCP_TINY_INSTALL) INIT=
endef

ifeq ($(BR2_PACKAGE_WCP_TINY_INIT),y)
define WCP_TINY_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(WCP_TINY_PKGDIR)/S49wcp-tiny \
		$(TARGET_DIR)/etc/init.d/S49wcp-tiny
	$(INSTALL) -D -m 0644 $(@D)/rootfs/usr/share/wcp-tiny/inittab \
		$(TARGET_DIR)/usr/share/wcp-tiny/inittab
	$(if $(WCP_TINY_DATA),\
		$(INSTALL) -D -m 0755 $(@D)/board/read-only/S48wcp-tiny-data \
			$(TARGET_DIR)/etc/init.d/S48wcp-tiny-data)
endef

# Buildroot enables every unit that no preset names. Waiting for the first
# certificates is for whoever wants that.
define WCP_TINY_INSTALL_INIT_SYSTEMD
	$(WCP_TINY_INSTALL) INIT=systemd
	mkdir -p $(TARGET_DIR)/usr/lib/systemd/system-preset
	echo "disable wcp-tiny-first.service" \
		>$(TARGET_DIR)/usr/lib/systemd/system-preset/50-wcp-tiny.preset
endef
endif

ifeq ($(BR2_PACKAGE_WCP_TINY_UNPRIVILEGED),y)
define WCP_TINY_SET_USER
	$(SED) 's/^#WCP_USER=.*/WCP_USER=aws-wcp/' \
		$(TARGET_DIR)/etc/default/wcp-tiny
endef
WCP_TINY_POST_INSTALL_TARGET_HOOKS += WCP_TINY_SET_USER
endif

ifeq ($(BR2_PACKAGE_WCP_TINY_EXAMPLE),)
define WCP_TINY_REMOVE_EXAMPLE
	rm -f $(TARGET_DIR)/usr/share/wcp-tiny/config.toml.example \
		$(TARGET_DIR)/etc/aws-workload-credentials-provider/config.toml.example
endef
WCP_TINY_POST_INSTALL_TARGET_HOOKS += WCP_TINY_REMOVE_EXAMPLE
endif

define WCP_TINY_USERS
	aws-wcp -1 awscreds -1 * /opt/aws/workload-credentials-provider - - Certificates from AWS
	wcp-worker -1 wcp-worker -1 * - - - Certificates from AWS, network
endef

# Only the logs belong to the user whose home it is.
define WCP_TINY_PERMISSIONS
	/opt/aws/workload-credentials-provider d 755 0 0 - - - - -
	/opt/aws/workload-credentials-provider/logs d 750 aws-wcp awscreds - - - - -
endef

$(eval $(generic-package))

# So that "make source" leaves nothing to be downloaded later.
ifneq ($(WCP_TINY_OVERRIDE_SRCDIR),)
wcp-tiny-source: wcp-tiny-rsync
endif
