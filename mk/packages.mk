# What is handed to others: the bill of materials, the tarball, the Debian package. Of TARGET, in build/packages; the same
# bytes for the same commit and compiler.

PACKAGES := build/packages
BUILT    := wcp-tiny-$(VERSION)-$(TARGET)
MAINTAINER ?= wcp-tiny maintainers <wcp-tiny@example.com>

# Packages are for distributions; not every processor has a board's name there.
DEBIAN_ARCHITECTURE := $(or $(word 2,$(subst :, ,$(filter $(TARGET):%,x86-64:amd64 i686:i386 armv7:armhf armv6:armhf armv5:armel \
    aarch64:arm64))),$(TARGET))

$(PACKAGES)/$(BUILT).cdx.json: $(O)/wcp-tiny tools/sbom $(wildcard third_party/*/pin) $(ROOTS)
	$(call run,SBOM,$(PYTHON) tools/sbom $< $(O)/wcp-tiny.map --version $(VERSION) --target $(TARGET) --epoch $(SOURCE_DATE_EPOCH) \
	    --compiler "$$($(CC) -dumpfullversion 2>/dev/null || $(CC) -dumpversion)" --sources build/src >$@)

$(PACKAGES)/$(BUILT).tar.gz: $(PACKAGES)/$(BUILT).cdx.json $(O)/wcp-tiny tools/dist tools/notices tools/INSTALL LICENSE $(ROOTFS)
	$(say) TAR $@
	$(Q)rm -rf $(O)/dist && mkdir -p $(O)/dist/$(BUILT)
	$(Q)$(MAKE) --no-print-directory install TARGET=$(TARGET) PREFIX=/usr DESTDIR=$(O)/dist/$(BUILT)/rootfs
	$(Q)SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) tools/dist $(O)/dist/$(BUILT) $< $@

.PHONY: sbom dist deb
sbom: $(PACKAGES)/$(BUILT).cdx.json ## CycloneDX bill of materials of TARGET's binary, in build/packages
dist: $(PACKAGES)/$(BUILT).tar.gz ## tarball for TARGET: binary, rootfs files, licences, bill of materials

# Always made anew: it is a matter of a second.
deb: $(PACKAGES)/$(BUILT).cdx.json $(O)/wcp-tiny ## Debian package for TARGET (MAINTAINER="Name <mail>")
	$(Q)rm -rf $(O)/deb
	$(Q)$(MAKE) --no-print-directory install TARGET=$(TARGET) PREFIX=/usr INIT=systemd DESTDIR=$(O)/deb PACKAGED="apt-get remove wcp-tiny"
	$(Q)SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) VERSION=$(VERSION) ARCHITECTURE=$(DEBIAN_ARCHITECTURE) \
	    MAINTAINER="$(MAINTAINER)" board/debian/build $(O)/deb $< $(PACKAGES)
