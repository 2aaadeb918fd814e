# nooelint: oelint.var.suggestedvar.BUGTRACKER,oelint.var.bbclassextend - wcp-tiny's to fix first; for devices only
SUMMARY = "musl inside of wcp-tiny"
DESCRIPTION = "The C library of a static binary. It is part of wcp-tiny's binary: this package has no files, and says so."
HOMEPAGE = "https://musl.libc.org/"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://musl-${PV}/COPYRIGHT;md5=0c2904cdc34777fb4067732bae145506"
CVE_PRODUCT = "musl-libc:musl"

SRC_URI = "https://musl.libc.org/releases/musl-${PV}.tar.gz;subdir=${BP}"
SRC_URI[sha256sum] = "d585fd3b613c66151fc3249e8ed44f77020cb5e6c1e635a616d3f9f82460512a"

require wcp-tiny-part.inc
