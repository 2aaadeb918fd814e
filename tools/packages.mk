# What is handed to others: the bill of materials, the tarball. Of TARGET, in build/packages; the same
# bytes for the same commit and compiler.

PACKAGES := build/packages
BUILT    := wcp-tiny-$(VERSION)-$(TARGET)

.PHONY: sbom dist

$(PACKAGES)/$(BUILT).cdx.json: $(O)/wcp-tiny tools/sbom $(wildcard third_party/*/pin) $(ROOTS)
	$(say) SBOM $@
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/sbom $< $(O)/wcp-tiny.map --version $(VERSION) --target $(TARGET) --epoch $(SOURCE_DATE_EPOCH) \
	    --compiler "$$($(CC) -dumpfullversion -dumpversion)" --sources build/src >$@

$(PACKAGES)/$(BUILT).tar.gz: $(PACKAGES)/$(BUILT).cdx.json $(O)/wcp-tiny tools/dist tools/notices tools/INSTALL LICENSE $(ROOTFS)
	$(say) TAR $@
	$(Q)rm -rf $(O)/dist && mkdir -p $(O)/dist/$(BUILT)
	$(Q)$(MAKE) --no-print-directory install TARGET=$(TARGET) PREFIX=/usr DESTDIR=$(O)/dist/$(BUILT)/rootfs
	$(Q)SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) tools/dist $(O)/dist/$(BUILT) $< $@

sbom: $(PACKAGES)/$(BUILT).cdx.json ## CycloneDX bill of materials of TARGET's binary, in build/packages
dist: $(PACKAGES)/$(BUILT).tar.gz ## tarball for TARGET: binary, rootfs files, licences, bill of materials
