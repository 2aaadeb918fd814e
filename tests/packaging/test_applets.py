"""Scripts that are installed on devices call nothing that the default busybox of an image they are for does not have. The
applets of each are in applets/, as its project's configuration switches them on; what else a script may call comes with
its package or its init."""

import re
from pathlib import Path

import pytest

import shell_commands
import tree

LISTS = {path.name: {word for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
                     for word in line.split()}
         for path in (Path(__file__).parent / "applets").iterdir()}
IMAGES = ("buildroot", "buildroot-minimal", "oe-core")
OURS = {"/usr/sbin/wcp-tiny", "/usr/lib/wcp-tiny/first-certificates"}
# Called where systemd runs only.
SYSTEMD = {"systemctl"}
# Functions of /etc/rc.common and of what it reads.
PROCD = {"config_get", "config_get_bool", "config_list_foreach", "config_load", "procd_add_reload_trigger", "procd_append_param",
         "procd_close_instance", "procd_open_instance", "procd_send_signal", "procd_set_param", "start"}

# Script to the images that it is for, and what it may call besides.
SCRIPTS = {
    "rootfs/etc/init.d/S49wcp-tiny": (IMAGES, set()),
    "board/read-only/S48wcp-tiny-data": (IMAGES, set()),
    "board/openwrt/wcp-tiny/files/wcp-tiny.init": (("openwrt",), PROCD),
    # In every image: what reload-* read, too.
    "rootfs/usr/lib/wcp-tiny/first-certificates": (LISTS, set()),
    "rootfs/usr/lib/wcp-tiny/reload-server": (LISTS, SYSTEMD),
    # wcp-tiny install, for machines that a person sets up; an image gets its files by make install. groupadd: with useradd.
    "src/command/setup.sh": (set(LISTS) - {"buildroot-minimal"}, SYSTEMD | {"groupadd"}),
}
# Their systems' own tools: openrc-run's functions and Alpine's busybox; Debian's packages, below.
ALPINE = {"after", "before", "checkpath", "ebegin", "eend", "need", "supervise-daemon", "use", "addgroup", "adduser"}
DEBIAN = ["postinst", "postrm", "prerm"]
# They run where packages and images are made.
BUILDERS = {"board/debian/build", "board/read-only/install"}


def commands(path):
    return shell_commands.read(tree.ROOT / path).foreign - OURS


@pytest.mark.parametrize("path", SCRIPTS)
def test_a_script_calls_only_what_every_image_has(path):
    images, besides = SCRIPTS[path]
    missing = {name: sorted(commands(path) - besides - LISTS[name]) for name in images}
    assert not any(missing.values()), missing


def test_a_start_under_openrc_calls_what_alpine_has():
    for name in ("wcp-tiny.initd", "wcp-tiny.pre-install"):
        assert commands(f"board/alpine/{name}") <= ALPINE


@pytest.mark.parametrize("name", DEBIAN)
def test_a_maintainer_script_calls_what_its_package_depends_on(name):
    depends = re.search(r"^Depends: (.*)$", (tree.BOARD / "debian/control").read_text(), re.MULTILINE).group(1)
    depends = {word.split()[0] for word in depends.split(", ")}
    for command in commands(f"board/debian/{name}") - SYSTEMD - {"wcp-tiny"}:
        owner = tree.must("dpkg-query", "-S", f"*bin/{command}").split(":")[0]
        essential = tree.must("dpkg-query", "-W", "-f", "${Essential}", owner) == "yes"
        assert essential or owner in depends, f"{command}: {owner}"


def test_every_script_that_is_installed_is_looked_at():
    known = {*SCRIPTS, *BUILDERS, *(f"board/debian/{name}" for name in DEBIAN)}
    for top in ("rootfs", "board"):
        for path in sorted((tree.ROOT / top).rglob("*")):
            if not path.is_file() or not path.read_bytes().startswith(b"#!/bin/sh"):
                continue
            relative = str(path.relative_to(tree.ROOT))
            reads_another = "/reload-" in relative and ". /usr/lib/wcp-tiny/reload-server" in path.read_text()
            same = relative == "board/buildroot/package/wcp-tiny/S49wcp-tiny"  # test_buildroot compares it
            assert relative in known or reads_another or same or "/alpine/" in relative, relative


@pytest.mark.parametrize("name", LISTS)
def test_a_list_says_where_it_comes_from(name):
    text = (Path(__file__).parent / "applets" / name).read_text(encoding="utf-8")
    assert re.match(r"# (Buildroot|OpenEmbedded-Core|OpenWrt)\b.*\(([0-9a-f]{10})\)", text)
    assert {"sh", "cat", "sed"} <= LISTS[name] and "timeout" not in LISTS[name]


def test_commands_of_a_script_are_found_where_they_hide(tmp_path):
    script = tmp_path / "script"
    script.write_text("""#!/bin/sh
# a comment: comment-only
own() { local x=1; inside "$@"; }
case "$1" in
	a|b) branch "$(substituted "${x#$(deep)}")";;
	'#'*|*) quoted 'not-me; nor-me' > "$(target)" 2>&1 || { grouped; } ;;
esac
for name in not-a-command neither; do looped; done
if ! negated | piped && own; then VAR=x prefixed; fi
(sub shell)
command -v guarded > /dev/null && guarded
exec execed "$((1 + $(counted)))"
""", encoding="utf-8")
    assert shell_commands.read(script).foreign == {
        "inside", "branch", "substituted", "deep", "quoted", "target", "grouped", "looped", "negated", "piped", "prefixed", "sub",
        "execed", "counted"}
