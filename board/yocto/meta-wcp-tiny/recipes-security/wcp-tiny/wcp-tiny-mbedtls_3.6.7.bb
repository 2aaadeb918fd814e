# nooelint: oelint.var.suggestedvar.BUGTRACKER,oelint.var.bbclassextend - wcp-tiny's to fix first; for devices only
SUMMARY = "Mbed TLS inside of wcp-tiny"
DESCRIPTION = "TLS, X.509 and cryptography. It is part of wcp-tiny's binary: this package has no files, and says so."
HOMEPAGE = "https://www.trustedfirmware.org/projects/mbed-tls/"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://mbedtls-${PV}/LICENSE;md5=379d5819937a6c2f1ef1630d341e026d"
CVE_PRODUCT = "arm:mbed_tls"

SRC_URI = "https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-${PV}/mbedtls-${PV}.tar.bz2;subdir=${BP}"
SRC_URI[sha256sum] = "a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6"

require wcp-tiny-part.inc
