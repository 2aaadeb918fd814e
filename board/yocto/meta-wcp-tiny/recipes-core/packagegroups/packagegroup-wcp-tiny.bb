# nooelint: oelint.var.suggestedvar.BUGTRACKER - there is none
SUMMARY = "TLS certificates from AWS Certificate Manager, and the server that uses them"
DESCRIPTION = "wcp-tiny with what its refresh commands need: sudo under systemd, and nginx where its layer, \
               meta-webserver, is among the image's."
SECTION = "net"

inherit packagegroup

RDEPENDS:${PN} = "\
    ${@bb.utils.contains('BBFILE_COLLECTIONS', 'webserver', 'nginx', '', d)} \
    ${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'sudo', '', d)} \
    wcp-tiny \
"
