# nooelint: oelint.var.suggestedvar.BUGTRACKER,oelint.var.bbclassextend - there is none; it is for devices only
SUMMARY = "TLS certificates from AWS Certificate Manager"
DESCRIPTION = "Keeps the TLS certificates that a device serves equal to what AWS Certificate Manager holds, and \
               reloads the servers that use them. One static executable with its own C library and TLS."
HOMEPAGE = "https://aws.amazon.com/certificate-manager/"
SECTION = "net"
LICENSE = "Apache-2.0 & MIT"
LIC_FILES_CHKSUM = "\
    file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57 \
    file://build/src/mbedtls/LICENSE;md5=379d5819937a6c2f1ef1630d341e026d \
    file://build/src/cjson/LICENSE;md5=218947f77e8cb8e2fa02918dc41c50d0 \
    file://build/src/musl/COPYRIGHT;md5=0c2904cdc34777fb4067732bae145506 \
"
CVE_PRODUCT = "wcp-tiny:wcp-tiny"

# The layer is part of the repository: from there the sources are taken. Or from a released archive (make dist-source),
# whose top directory is ${BP}: WCP_TINY_SOURCES = "https://.../wcp-tiny-${PV}.tar.gz;name=wcp-tiny;sha256sum=...".
# nooelint: oelint.vars.fileextrapaths,oelint.vars.outofcontext - no append: see above
FILESEXTRAPATHS:prepend := "${THISDIR}/../../../../..:"

WCP_TINY_SOURCES ?= "\
    file://LICENSE;subdir=${BP} \
    file://Makefile;subdir=${BP} \
    file://mk;subdir=${BP} \
    file://VERSION;subdir=${BP} \
    file://board;subdir=${BP} \
    file://rootfs;subdir=${BP} \
    file://src;subdir=${BP} \
    file://third_party;subdir=${BP} \
    file://tools;subdir=${BP} \
"

# cJSON by git, as its project releases no archive, and GitHub may make the one of a tag of other bytes tomorrow.
# nooelint: oelint.vars.downloadfilename - they have versions of their own
SRC_URI = "\
    git://github.com/DaveGamble/cJSON.git;name=cjson;protocol=https;branch=master;destsuffix=${BP}/dl/cjson \
    https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-3.6.7/mbedtls-3.6.7.tar.bz2;name=mbedtls;unpack=0;subdir=${BP}/dl \
    https://musl.libc.org/releases/musl-1.2.6.tar.gz;name=musl;unpack=0;subdir=${BP}/dl \
    ${WCP_TINY_SOURCES} \
"
# v1.7.19
SRCREV_cjson = "c859b25da02955fef659d658b8f324b5cde87be3"
SRC_URI[mbedtls.sha256sum] = "a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6"
SRC_URI[musl.sha256sum] = "d585fd3b613c66151fc3249e8ed44f77020cb5e6c1e635a616d3f9f82460512a"

inherit useradd update-rc.d systemd

# S is where each release looks for it by default: below WORKDIR in scarthgap, below UNPACKDIR in wrynose.

# Which file of board/ says how to compile for the processor. One's own: the layer's README.
def wcp_tiny_board(d):
    features = set((d.getVar("TUNE_FEATURES") or "").split())
    arch = d.getVar("TARGET_ARCH")
    if arch == "arm":
        if "callconvention-hard" in features:
            # The tune of one core names the core, not its architecture.
            is_armv6 = features & {"armv6", "arm1176jzfs"}
            is_armv7 = features & {"armv7a", "armv7ve", "armv8a"} or any(f.startswith("cortexa") for f in features)
            return "armv7" if is_armv7 else "armv6" if is_armv6 else ""
        return "" if "armv4" in features else "armv5"
    if arch in ("mips", "mipsel"):
        return arch if "mips32r2" in features else ""
    return {"aarch64": "aarch64", "i686": "i686", "riscv64": "riscv64", "x86_64": "x86-64"}.get(arch, "")

WCP_TINY_BOARD ?= "${@wcp_tiny_board(d)}"

# Where a data partition is mounted, such as /data, when the root file system is read-only.
WCP_TINY_DATA ?= ""

WCP_TINY_INIT = "\
    ${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'systemd', '', d)} \
    ${@bb.utils.contains('DISTRO_FEATURES', 'sysvinit', 'busybox', '', d)} \
"

# Without the flags of the tune and the distribution, which the board file and the Makefile have their own in place of.
EXTRA_OEMAKE = "\
    CPPFLAGS= CFLAGS= LDFLAGS= \
    TARGET=${WCP_TINY_BOARD} \
    CC='${HOST_PREFIX}gcc ${TOOLCHAIN_OPTIONS}' \
    HOST_CC='${BUILD_CC}' \
    WCP_DL_DIR=${S}/dl \
"

# Early, as do_populate_lic wants their licenses.
unpack_pinned_archives() {
    for name in mbedtls musl; do
        WCP_DL_DIR=${S}/dl ${S}/third_party/fetch $name
    done
    ${S}/third_party/fetch cjson ${S}/dl/cjson
}
unpack_pinned_archives[doc] = "Unpacks the archives that the Makefile would otherwise fetch"
do_unpack[postfuncs] += "unpack_pinned_archives"

do_configure() {
    if [ -z "${WCP_TINY_BOARD}" ]; then
        bbfatal "no board file is for this processor: see WCP_TINY_BOARD in the recipe"
    fi
}

do_compile() {
    # The date in the binary is its release's: with a clock behind it the agent waits.
    unset SOURCE_DATE_EPOCH
    oe_runmake
}

do_install() {
    unset SOURCE_DATE_EPOCH
    oe_runmake install DESTDIR=${D} PREFIX=${prefix} INIT='${WCP_TINY_INIT}' DATA='${WCP_TINY_DATA}'
    if [ -e ${D}${sysconfdir}/init.d/S49wcp-tiny ]; then
        sed -i 's|/etc/init.d/S49\$DAEMON|/etc/init.d/$DAEMON|' ${D}${sysconfdir}/init.d/S49wcp-tiny
        mv ${D}${sysconfdir}/init.d/S49wcp-tiny ${D}${sysconfdir}/init.d/wcp-tiny
        sed -i 's|/etc/init.d/S49wcp-tiny|/etc/init.d/wcp-tiny|' ${D}${datadir}/wcp-tiny/inittab
    fi
    # A package registers one script: this one's links are made here.
    if [ -e ${D}${sysconfdir}/init.d/S48wcp-tiny-data ]; then
        mv ${D}${sysconfdir}/init.d/S48wcp-tiny-data ${D}${sysconfdir}/init.d/wcp-tiny-data
        for level in 2 3 4 5; do
            install -d ${D}${sysconfdir}/rc$level.d
            ln -s ../init.d/wcp-tiny-data ${D}${sysconfdir}/rc$level.d/S48wcp-tiny-data
        done
    fi
    # Where an image has both, systemd would make units of the scripts, too, and start a second agent.
    if [ -e ${D}${systemd_system_unitdir}/aws-workload-credentials-provider-acm.service ]; then
        ln -s aws-workload-credentials-provider-acm.service ${D}${systemd_system_unitdir}/wcp-tiny.service
        ln -s /dev/null ${D}${systemd_system_unitdir}/wcp-tiny-data.service
    fi
    install -d -m 0755 ${D}/opt/aws/workload-credentials-provider
    install -d -m 0750 -o aws-wcp -g awscreds ${D}/opt/aws/workload-credentials-provider/logs
}

FILES:${PN} += "${nonarch_libdir}/wcp-tiny ${nonarch_libdir}/tmpfiles.d ${systemd_system_unitdir} /opt/aws ${WCP_TINY_DATA}"
CONFFILES:${PN} = "${sysconfdir}/default/wcp-tiny"
# What is inside has versions of its own, and so each a recipe and a package without files: a bill of materials, a list of
# licenses and a search for vulnerabilities tell of it, too.
RDEPENDS:${PN} = "wcp-tiny-cjson wcp-tiny-mbedtls wcp-tiny-musl"
RRECOMMENDS:${PN} = "${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'sudo', '', d)}"

USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system awscreds; --system wcp-worker"
USERADD_PARAM:${PN} = "\
    --system --no-create-home --home-dir /opt/aws/workload-credentials-provider --gid awscreds --shell /bin/false aws-wcp; \
    --system --no-create-home --home-dir / --gid wcp-worker --shell /bin/false wcp-worker \
"
INITSCRIPT_NAME = "wcp-tiny"
INITSCRIPT_PARAMS = "start 49 2 3 4 5 . stop 20 0 1 6 ."
# wcp-tiny-first.service is for whoever wants boot to wait: systemctl enable wcp-tiny-first
SYSTEMD_SERVICE:${PN} = "aws-workload-credentials-provider-acm.service wcp-tiny-recover.service"

# Our own build splits the binary: what belongs to it is build/TARGET/wcp-tiny.debug.
INHIBIT_PACKAGE_STRIP = "1"
INHIBIT_PACKAGE_DEBUG_SPLIT = "1"
