# The sources of third parties, for what links them in.
FETCHED   := build/src/mbedtls.version build/src/cjson.version build/src/musl.version
# What --version says of them, and what they lack: a string of C for each.
LIBRARIES  = Mbed TLS $$(sed -n $(MBEDTLS_SAYS) $(MBEDTLS_DIR)/include/mbedtls/build_info.h), cJSON $$(cat \
    build/src/cjson.version), musl $$(cat build/src/musl.version)
LACKS      = $(shell cat $(FETCHED:.version=.lacks) | sed 's/.*/"&", /')

# With ALLOW_OLDER=1, a release that the pin calls a fallback may be built; without it, one that lies here from such a
# build is not good enough.
export ALLOW_OLDER
wanted = $(shell sed -n 's/^version //p' third_party/$(1)/pin | head -n 1)
OLDER := $(if $(ALLOW_OLDER),,$(foreach file,$(wildcard $(FETCHED)),\
    $(if $(call same,$(file <$(file)),$(call wanted,$(basename $(notdir $(file))))),,$(file))))
.PHONY: fetched-anew
$(OLDER): fetched-anew
$(FETCHED) build/src/cmocka.version: build/src/%.version: third_party/%/pin
	$(say) FETCH $*
	$(Q)third_party/fetch $*
