# Mbed TLS: the files of the library that our configuration leaves code in.
MBEDTLS_SOURCES := \
    library/aes.c library/aesce.c library/aesni.c library/asn1parse.c library/asn1write.c library/base64.c \
    library/bignum.c library/bignum_core.c library/block_cipher.c library/chacha20.c library/chachapoly.c \
    library/cipher.c library/cipher_wrap.c library/constant_time.c library/ecdh.c library/ecdsa.c library/ecp.c \
    library/ecp_curves.c library/gcm.c library/hkdf.c library/md.c library/oid.c library/pk.c library/pk_ecc.c \
    library/pk_wrap.c library/pkparse.c library/platform.c library/platform_util.c library/poly1305.c \
    library/psa_crypto.c library/psa_crypto_aead.c library/psa_crypto_cipher.c library/psa_crypto_client.c \
    library/psa_crypto_driver_wrappers_no_static.c library/psa_crypto_ecp.c library/psa_crypto_hash.c \
    library/psa_crypto_mac.c library/psa_crypto_rsa.c library/psa_crypto_slot_management.c library/psa_util.c \
    library/rsa.c library/rsa_alt_helpers.c library/sha256.c library/sha512.c \
    library/ssl_ciphersuites.c library/ssl_client.c library/ssl_msg.c library/ssl_tls.c library/ssl_tls12_client.c \
    library/ssl_tls13_client.c library/ssl_tls13_generic.c library/ssl_tls13_keys.c library/x509.c library/x509_crt.c \
    3rdparty/everest/library/Hacl_Curve25519_joined.c

# For everyone who includes its headers, ourselves too.
MBEDTLS_INCLUDES := -isystem build/src/mbedtls/include -isystem build/src/mbedtls/3rdparty/everest/include \
    -DMBEDTLS_CONFIG_FILE='"third_party/mbedtls/config.h"' \
    -DMBEDTLS_PSA_CRYPTO_CONFIG_FILE='"third_party/mbedtls/psa_config.h"'
MBEDTLS_CONFIG   := third_party/mbedtls/config.h third_party/mbedtls/psa_config.h third_party/mbedtls/verify_only.h \
    third_party/mbedtls/tls12_pss.h third_party/mbedtls/curve25519.h third_party/mbedtls/whole_rsa.h third_party/mbedtls/tls13_hkdf.h

# For its own files.
MBEDTLS_FLAGS    := -iquote build/src/mbedtls/library -I build/src/mbedtls/library \
    -I build/src/mbedtls/3rdparty/everest/include/everest \
    -I build/src/mbedtls/3rdparty/everest/include/everest/kremlin \
    -I build/src/mbedtls/3rdparty/everest/include/everest/kremlib

# What keys are not used for is kept out of the tables of their operations.
MBEDTLS_FLAGS_pk      := -include third_party/mbedtls/verify_only.h
MBEDTLS_FLAGS_pk_wrap := -include third_party/mbedtls/verify_only.h
MBEDTLS_FLAGS_rsa := -include third_party/mbedtls/whole_rsa.h

MBEDTLS_FLAGS_ssl_tls13_keys := -include third_party/mbedtls/tls13_hkdf.h
MBEDTLS_FLAGS_ssl_tls12_client := -include third_party/mbedtls/tls12_pss.h

# The one function of Everest's that is called, without the library's own way to call it.
MBEDTLS_FLAGS_Hacl_Curve25519_joined := -DMBEDTLS_ECDH_VARIANT_EVEREST_ENABLED
MBEDTLS_FLAGS_ecp := -include third_party/mbedtls/curve25519.h
