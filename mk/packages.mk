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

# The archive that a recipe of board/ takes in place of the tree around it. The archives of third parties keep their names
# and sums, so that one file has all that is needed for a build.
SOURCES := wcp-tiny-$(VERSION).tar
PINNED  := awk '$$1 == "version" { n++ } n == 1 && $$1 == "from" && $$2 == "release" { print $$4 "  " $$3 }'

.PHONY: sbom dist deb dist-source
dist-source: ## source archive of the last commit for recipes, and SHA256SUMS: its own, and those of the pinned archives
	$(say) TAR $(PACKAGES)/$(SOURCES).gz
	$(Q)mkdir -p $(PACKAGES)
	$(Q)git -c tar.umask=0022 archive --format=tar --prefix=$(SOURCES:.tar=)/ -o $(PACKAGES)/$(SOURCES) HEAD || \
	    { echo "error: dist-source archives the last commit: it needs git, and the repository's own directory" >&2; exit 1; }
	$(Q)gzip -9nf $(PACKAGES)/$(SOURCES)
	$(Q)cd $(PACKAGES) && { sha256sum $(SOURCES).gz && \
	    for name in mbedtls cjson musl; do $(PINNED) $(CURDIR)/third_party/$$name/pin; done; } >SHA256SUMS

sbom: $(PACKAGES)/$(BUILT).cdx.json ## CycloneDX bill of materials of TARGET's binary, in build/packages
dist: $(PACKAGES)/$(BUILT).tar.gz ## tarball for TARGET: binary, rootfs files, licences, bill of materials

# Always made anew: it is a matter of a second.
deb: $(PACKAGES)/$(BUILT).cdx.json $(O)/wcp-tiny ## Debian package for TARGET (MAINTAINER="Name <mail>")
	$(Q)rm -rf $(O)/deb
	$(Q)$(MAKE) --no-print-directory install TARGET=$(TARGET) PREFIX=/usr INIT=systemd DESTDIR=$(O)/deb PACKAGED="apt-get remove wcp-tiny"
	$(Q)SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) VERSION=$(VERSION) ARCHITECTURE=$(DEBIAN_ARCHITECTURE) \
	    MAINTAINER="$(MAINTAINER)" board/debian/build $(O)/deb $< $(PACKAGES)
