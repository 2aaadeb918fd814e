# Mbed TLS: which of its files are built, and how. The pinned release is 3.6; MBEDTLS_DIR names another unpacked source
# tree, of 3.6 or 4.x (docs/mbedtls-4.md).
MBEDTLS_PINNED := build/src/mbedtls
MBEDTLS_DIR    ?= $(MBEDTLS_PINNED)
# How sed finds the version in include/mbedtls/build_info.h.
MBEDTLS_SAYS   := 's/^.define MBEDTLS_VERSION_STRING *"\(.*\)"/\1/p'

ifeq ($(wildcard $(MBEDTLS_DIR)/tf-psa-crypto),)

# 3.6: the files that our configuration leaves code in.
MBEDTLS_SOURCES := \
    library/aes.c library/aesce.c library/aesni.c library/asn1parse.c library/asn1write.c library/base64.c \
    library/bignum.c library/bignum_core.c library/block_cipher.c library/chacha20.c library/chachapoly.c \
    library/cipher.c library/cipher_wrap.c library/constant_time.c library/ecdh.c library/ecdsa.c library/ecp.c \
    library/ecp_curves.c library/gcm.c library/md.c library/oid.c library/pk.c library/pk_ecc.c library/pk_wrap.c \
    library/pkparse.c library/pkwrite.c library/platform.c library/platform_util.c library/poly1305.c \
    library/psa_crypto.c library/psa_crypto_aead.c library/psa_crypto_cipher.c library/psa_crypto_client.c \
    library/psa_crypto_driver_wrappers_no_static.c library/psa_crypto_ecp.c library/psa_crypto_hash.c \
    library/psa_crypto_mac.c library/psa_crypto_rsa.c library/psa_crypto_slot_management.c library/psa_util.c \
    library/rsa.c library/rsa_alt_helpers.c library/sha1.c library/sha256.c library/sha512.c \
    library/ssl_ciphersuites.c library/ssl_client.c library/ssl_msg.c library/ssl_tls.c library/ssl_tls12_client.c \
    library/ssl_tls13_client.c library/ssl_tls13_generic.c library/ssl_tls13_keys.c library/x509.c library/x509_crt.c \
    3rdparty/everest/library/everest.c 3rdparty/everest/library/x25519.c \
    3rdparty/everest/library/Hacl_Curve25519_joined.c

MBEDTLS_CONFIG   := third_party/mbedtls/config.h third_party/mbedtls/psa_config.h

# For everyone who includes its headers, ourselves too.
MBEDTLS_INCLUDES := -isystem $(MBEDTLS_DIR)/include -isystem $(MBEDTLS_DIR)/3rdparty/everest/include \
    -DMBEDTLS_CONFIG_FILE='"third_party/mbedtls/config.h"' \
    -DMBEDTLS_PSA_CRYPTO_CONFIG_FILE='"third_party/mbedtls/psa_config.h"'

# For its own files.
MBEDTLS_FLAGS    := -I $(MBEDTLS_DIR)/library -I $(MBEDTLS_DIR)/3rdparty/everest/include/everest \
    -I $(MBEDTLS_DIR)/3rdparty/everest/include/everest/kremlib

else

# 4.x: every file, in the library's own default configuration. Includes are those of its CMake files.
MBEDTLS_CRYPTO  := tf-psa-crypto
MBEDTLS_SOURCES := $(patsubst $(MBEDTLS_DIR)/%,%,$(sort $(wildcard $(addprefix $(MBEDTLS_DIR)/,library/*.c \
    $(MBEDTLS_CRYPTO)/core/*.c $(MBEDTLS_CRYPTO)/drivers/builtin/src/*.c $(MBEDTLS_CRYPTO)/drivers/p256-m/*.c \
    $(MBEDTLS_CRYPTO)/drivers/p256-m/p256-m/*.c $(MBEDTLS_CRYPTO)/drivers/everest/library/everest.c \
    $(MBEDTLS_CRYPTO)/drivers/everest/library/x25519.c \
    $(MBEDTLS_CRYPTO)/drivers/everest/library/Hacl_Curve25519_joined.c))))
MBEDTLS_INCLUDES := $(addprefix -isystem $(MBEDTLS_DIR)/,include $(MBEDTLS_CRYPTO)/include \
    $(MBEDTLS_CRYPTO)/drivers/builtin/include $(MBEDTLS_CRYPTO)/drivers/everest/include $(MBEDTLS_CRYPTO)/drivers/p256-m)
MBEDTLS_FLAGS    := $(addprefix -I $(MBEDTLS_DIR)/,library $(MBEDTLS_CRYPTO)/core $(MBEDTLS_CRYPTO)/drivers/builtin/src \
    $(MBEDTLS_CRYPTO)/drivers/p256-m/p256-m \
    $(MBEDTLS_CRYPTO)/drivers/everest/include/tf-psa-crypto/private/everest \
    $(MBEDTLS_CRYPTO)/drivers/everest/include/tf-psa-crypto/private/everest/kremlib)

endif
