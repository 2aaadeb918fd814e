"""OpenWrt's package: built by its Makefile, and its init script on a machine that has busybox and what procd shows."""

import re
import shutil
import stat

import pytest
from elf import PT_INTERP, Elf

import stand_in_openwrt as openwrt
import tree

CONFIG = "/etc/aws-workload-credentials-provider/config.toml"
SCRIPT = "/etc/init.d/wcp-tiny"
FILES = openwrt.PACKAGE / "files"
CERTIFICATES = "/etc/ssl/wcp-tiny"


@pytest.fixture(name="package", scope="module")
def fixture_package(tmp_path_factory, pins):
    buildroot = openwrt.Buildroot(tmp_path_factory.mktemp("openwrt"), pins)
    status, said = buildroot.make("compile")
    assert status == 0, said[-6000:]
    return buildroot


def recipe():
    return (openwrt.PACKAGE / "Makefile").read_text(encoding="utf-8")


def test_version_is_ours():
    assert re.search(r"^PKG_VERSION:=(.*)$", recipe(), re.MULTILINE).group(1) == tree.VERSION


@pytest.mark.parametrize("name", tree.LINKED)
def test_archives_are_the_pinned_ones(name, pins):
    block = re.search(rf"define Download/wcp-tiny-{name}\n(.*?)endef", recipe(), re.DOTALL).group(1)
    fields = dict(re.findall(r"^  (\w+):=(\S+)$", block, re.MULTILINE))
    assert (fields["FILE"], fields["HASH"]) == (pins[name].archive, pins[name].sha256)
    assert f"{fields['URL']}/{fields['FILE']}" == pins[name].url
    assert f"$(eval $(call Download,wcp-tiny-{name}))" in recipe()


def test_every_archive_comes_through_openwrt_s_downloads(package, pins):
    urls = (package.directory / "downloads").read_text().split()
    assert sorted(urls) == sorted(pin.url for pin in pins.values())


@pytest.mark.parametrize("architecture", re.search(r"DEPENDS:=@\((.*)\)", recipe()).group(1).split("||"))
def test_every_architecture_that_may_be_chosen_has_a_board(architecture, tmp_path, pins):
    buildroot = openwrt.Buildroot(tmp_path, pins)
    board, flags = flags_for(buildroot, ARCH=architecture, TARGET_OPTIMIZATION="-Os -pipe -mcpu=device")
    assert (tree.BOARD / f"{board}.mk").exists()
    assert flags == ["-mcpu=device"]


def flags_for(buildroot, **device):
    """Board file and flags for a device."""
    status, said = buildroot.make("--silent", "--eval", "show: ; @echo '$(WCP_TINY_BOARD):$(WCP_TINY_CPU)'", "show",
                                  device={"TARGET_CC": "gcc", **device})
    assert status == 0, said
    board, flags = said.strip().splitlines()[-1].split(":")
    return board, flags.split()


# include/target.mk: what OpenWrt's own toolchain is told of some processors, and nothing of an external one.
@pytest.mark.parametrize(("device", "board", "flags"), [
    ({"ARCH": "mips", "TARGET_OPTIMIZATION": "-Os -pipe -mno-branch-likely -mips32r2 -mtune=24kc"}, "mips",
     ["-mno-branch-likely", "-mips32r2", "-mtune=24kc"]),
    ({"ARCH": "arm", "TARGET_OPTIMIZATION": "-Os -mcpu=arm1176jzf-s -mfpu=vfp"}, "armv6",
     ["-mcpu=arm1176jzf-s", "-mfpu=vfp"]),
    ({"ARCH": "arm", "TARGET_OPTIMIZATION": "-Os -mcpu=mpcore"}, "armv5", ["-mcpu=mpcore"]),
    ({"ARCH": "arm", "CONFIG_arm_v7": "y", "TARGET_OPTIMIZATION": "-O2 -pipe"}, "armv7", []),
    ({"ARCH": "x86_64", "TARGET_OPTIMIZATION": ""}, "x86-64", []),
])
def test_flags_are_the_processor_s_or_else_those_of_the_board_s_file(tmp_path, pins, device, board, flags):
    assert flags_for(openwrt.Buildroot(tmp_path, pins), **device) == (board, flags)


def test_a_released_archive_takes_the_tree_s_place(released, tmp_path, pins):
    buildroot = openwrt.Buildroot(tmp_path, pins)
    shutil.copy(released, tmp_path / "mirror")
    release = {"WCP_TINY_RELEASES": "https://example.com", "WCP_TINY_HASH": tree.hash_of(released)}

    status, said = buildroot.make(tmp_path / ".prepared", **release)

    assert status == 0, said
    assert (buildroot.built / "src/main.c").exists() and not (buildroot.built / "build").exists()
    assert f"https://example.com/{released.name}" in (tmp_path / "downloads").read_text().split()
    (tmp_path / ".prepared").unlink()
    (tmp_path / f"dl/{released.name}").unlink()
    assert buildroot.make(tmp_path / ".prepared", **{**release, "WCP_TINY_HASH": "0" * 64})[0] != 0


def test_binary_is_static_and_for_the_device(package):
    binary = Elf(package.path("/usr/sbin/wcp-tiny"))
    assert binary.machine == 40 and not [segment for segment in binary.segments if segment.kind == PT_INTERP]
    attributes = tree.must("readelf", "-A", package.built / "build/armv7/wcp-tiny.unstripped")
    assert "v7-A with integer division extension" in attributes  # a Cortex-A7 has it, the board's flags do not promise it


def test_binary_bears_the_release_s_date(package):
    epoch = re.search(r"^SOURCE_DATE_EPOCH \?= (\d+)$", (tree.ROOT / "Makefile").read_text(), re.MULTILINE).group(1)
    assert f"WCP_BUILD_EPOCH {epoch}LL" in (package.built / "build/gen/build_info.h").read_text()


def test_package_has_what_belongs_on_a_router(package, rootfs):
    found = {f"/{path.relative_to(package.path('/'))}": path for path in package.path("/").rglob("*") if path.is_file()}
    helpers = {path for path in rootfs if path.startswith("/usr/lib/wcp-tiny/")}
    ours = {"/usr/sbin/wcp-tiny", "/usr/sbin/aws-workload-credentials-provider", "/usr/lib/wcp-tiny/package", SCRIPT,
            "/etc/config/wcp-tiny", f"{CONFIG}.example", "/lib/upgrade/keep.d/wcp-tiny"}
    assert set(found) == helpers | ours | {"/CONTROL/control", "/CONTROL/conffiles"}
    for path in helpers:
        assert found[path].read_bytes() == rootfs[path].read_bytes()
    modes = {path: stat.S_IMODE(found[path].stat().st_mode) for path in ours}
    assert {path for path, mode in modes.items() if mode == 0o755} >= {"/usr/sbin/wcp-tiny", SCRIPT}
    assert modes["/etc/config/wcp-tiny"] == 0o600


def test_control_names_version_user_and_files_that_a_person_changes(package):
    control = package.path("/CONTROL/control").read_text()
    assert f"Version: {tree.VERSION}-r1\n" in control and "Require-User: wcp-worker:wcp-worker\n" in control
    # Only what the package brings: opkg and apk know no other. What else a person writes, sysupgrade keeps by its own list.
    assert package.path("/CONTROL/conffiles").read_text().split() == ["/etc/config/wcp-tiny"]
    assert re.search(r"^PKG_MAINTAINER:=\S.* <\S+@\S+\.\S+>$", recipe(), re.MULTILINE)
    assert re.search(r"^  URL:=https://", recipe(), re.MULTILINE)


def test_sysupgrade_keeps_what_the_example_names():
    kept = (FILES / "wcp-tiny.keep").read_text().split()
    named = re.findall(r'^(?:certificate_path|private_key_path|credentials_file) = "(.*)"$',
                       (FILES / "config.toml.example").read_text(), re.MULTILINE)
    assert len(named) == 3
    for path in [*named, CONFIG, "/etc/config/wcp-tiny"]:
        assert any(path == entry or path.startswith(entry) for entry in kept if entry.endswith("/") or path == entry), path


def test_example_is_a_sound_configuration(tmp_path):
    """What its machine lacks is another matter."""
    example = tmp_path / "config.toml"
    shutil.copy(FILES / "config.toml.example", example)
    _, said = tree.run(tree.ROOT / "build/wcp-tiny", "check", "-c", example)
    assert "config.toml: the configuration is valid" in said


@pytest.fixture(name="machine")
def fixture_machine(busybox):
    """A board with busybox, where the package's files are, and no procd but its functions."""
    for source, path, mode in ((openwrt.HARNESS / "rc.common", "/etc/rc.common", 0o755),
                               (FILES / "wcp-tiny.init", SCRIPT, 0o755),
                               (FILES / "wcp-tiny.config", "/etc/config/wcp-tiny", 0o600)):
        busybox.write(path, source.read_text(), mode)
    for path, file in tree.rootfs().items():
        if path.startswith("/usr/lib/wcp-tiny/"):
            busybox.write(path, file.read_text(), 0o755)
    busybox.write("/usr/lib/wcp-tiny/package", "opkg remove wcp-tiny\n")
    shutil.copy(tree.ROOT / "build/wcp-tiny", busybox.path("/usr/sbin/wcp-tiny"))
    return busybox


def set_options(machine, *lines):
    text = (FILES / "wcp-tiny.config").read_text() + "".join(f"\t{line}\n" for line in lines)
    machine.write("/etc/config/wcp-tiny", text, 0o600)


def asked_of_procd(machine):
    return machine.read("/tmp/procd").splitlines() if machine.path("/tmp/procd").exists() else []


def test_procd_gets_an_instance_that_is_started_again_for_ever(machine):
    set_options(machine, "list env 'HTTPS_PROXY=http://proxy:3128'", "list env 'AWS_REGION=eu-central-1'")

    machine.must(SCRIPT, "start")

    assert asked_of_procd(machine) == [
        "open_instance",
        "set_param|command|/bin/sh|-c|cd /var/run/wcp-tiny && exec /usr/sbin/wcp-tiny run",
        "set_param|env|HOME=/root",
        "append_param|env|HTTPS_PROXY=http://proxy:3128",
        "append_param|env|AWS_REGION=eu-central-1",
        "set_param|respawn|3600|30|0",
        "set_param|stdout|1",
        "set_param|stderr|1",
        "close_instance",
        "add_reload_trigger|wcp-tiny",
    ]


def test_reload_has_a_running_agent_read_its_configuration_before_procd_compares(machine):
    machine.must(SCRIPT, "reload")

    asked = asked_of_procd(machine)
    assert asked[0] == "send_signal|wcp-tiny" and "open_instance" in asked and "kill" not in " ".join(asked)


@pytest.mark.parametrize(("server", "calls"), [
    ("nginx", ["init.d/nginx reload"]),  # no nginx.conf to be tested
    ("haproxy", ["haproxy -c -q -f /etc/haproxy.cfg", "init.d/haproxy reload"]),
])
def test_reload_helpers_leave_procd_s_servers_to_their_scripts(machine, server, calls):
    machine.write("/etc/openwrt_release", "DISTRIB_ID='OpenWrt'\n")
    record = '#!/bin/sh\necho "%s $*" >>/tmp/procd\n'
    machine.write(f"/etc/init.d/{server}", record % f"init.d/{server}", 0o755)
    machine.write(f"/usr/sbin/{server}", record % server + '[ "$1" != -db ] || sleep 1000\n', 0o755)
    machine.must("setsid", "sh", "-c", f"{server} -db </dev/null >/dev/null 2>&1 &")
    wait_until_called(machine, f"{server} -db")

    machine.must(f"/usr/lib/wcp-tiny/reload-{server}")

    assert asked_of_procd(machine)[1:] == calls


def wait_until_called(machine, call):
    with machine.following("/tmp/procd") as wait_for:
        wait_for(call)


def test_at_boot_recovery_and_first_certificates_come_before_the_agent(machine):
    set_options(machine, "option first_wait '7'", "list env 'AWS_REGION=eu-central-1'")
    record = '#!/bin/sh\necho "${0##*/} $* $WCP_FIRST_WAIT $AWS_REGION" >>/tmp/procd\n'
    for program in ("/usr/sbin/wcp-tiny", "/usr/lib/wcp-tiny/first-certificates"):
        machine.write(program, record, 0o755)

    machine.must(SCRIPT, "boot")

    calls = asked_of_procd(machine)
    assert calls[:3] == ["wcp-tiny recover  ", "first-certificates  7 eu-central-1", "open_instance"]


def test_switched_off_it_does_not_start(machine):
    set_options(machine, "option enabled '0'")

    machine.must(SCRIPT, "boot")

    assert asked_of_procd(machine) == ["add_reload_trigger|wcp-tiny"]


def test_started_as_procd_would_it_installs_certificates(machine, box):
    site = box.manage(directory=CERTIFICATES)
    machine.write(CONFIG, machine.read(machine.connect_to(box)), 0o600)
    set_options(machine, f"list env 'AWS_ENDPOINT_URL={box.environment['AWS_ENDPOINT_URL']}'")
    machine.must(SCRIPT, "start")
    asked = [call.split("|") for call in asked_of_procd(machine)]
    command, = [call[2:] for call in asked if call[1:2] == ["command"]]
    variables = [call[2] for call in asked if call[1:2] == ["env"]]

    machine.must("setsid", "sh", "-c", '"$@" </dev/null >/dev/null 2>&1 &', "sh", "env", *variables, *command)

    with machine.following("/run/wcp-tiny/logs/acm_provider.log") as wait_for:
        wait_for("Certificate refresh successful for")
    for path, text in site.expected().items():
        assert machine.read(path) == text


def test_install_asks_the_package_s_script_to_start_it(machine, box):
    box.manage(directory=CERTIFICATES, refresh_command="/bin/true")

    said = machine.must("wcp-tiny", "install", "-c", machine.connect_to(box))

    assert "program and service: unchanged: they belong to the package\n" in said and f"{CONFIG}: written" in said
    assert "open_instance" in asked_of_procd(machine)
