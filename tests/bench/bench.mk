# How fast the machine is: always the same work, whatever becomes of our flags and the library's configuration.
CALIBRATED := $(patsubst %,build/src/mbedtls/library/%.c,sha256 md oid rsa rsa_alt_helpers asn1parse bignum bignum_core \
    constant_time platform_util ecp ecp_curves)

build/bench/calibrate: tests/bench/calibrate.c tests/bench/calibrate.h build/src/mbedtls.version
	$(call run,CC,$(HOST_CC) $(LANGUAGE) -Os -flto -w -DMBEDTLS_CONFIG_FILE='"tests/bench/calibrate.h"' -iquote . \
	    -isystem build/src/mbedtls/include -isystem build/src/mbedtls/library -o $@ $< $(CALIBRATED))
