# nooelint: oelint.var.suggestedvar.BUGTRACKER,oelint.var.bbclassextend - wcp-tiny's to fix first; for devices only
SUMMARY = "cJSON inside of wcp-tiny"
DESCRIPTION = "Reads JSON. It is part of wcp-tiny's binary: this package has no files, and says so."
HOMEPAGE = "https://github.com/DaveGamble/cJSON"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=218947f77e8cb8e2fa02918dc41c50d0"
CVE_PRODUCT = "cjson_project:cjson davegamble:cjson"

SRC_URI = "git://github.com/DaveGamble/cJSON.git;protocol=https;branch=master;destsuffix=${BP}"
# v1.7.19
SRCREV = "c859b25da02955fef659d658b8f324b5cde87be3"

require wcp-tiny-part.inc
