"""Alpine's package: its APKBUILD as abuild reads it, and its init script under a real OpenRC."""

import os
import re
import shutil
import stat

import pytest
from license_expression import get_spdx_licensing

import stand_in_abuild as alpine
import tree

CONFIG = "/etc/aws-workload-credentials-provider/config.toml"
LOG = "/opt/aws/workload-credentials-provider/logs/acm_provider.log"
LOCAL = ("wcp-tiny.initd", "wcp-tiny.confd")


@pytest.fixture(name="recipe", scope="module")
def fixture_recipe(tmp_path_factory):
    """The values of the APKBUILD."""
    return alpine.fields(tmp_path_factory.mktemp("recipe"))


def test_version_is_ours(recipe):
    assert recipe["pkgver"] == tree.VERSION and recipe["pkgrel"].isdigit()


def test_sources_are_the_pinned_archives_and_the_files_beside_it(recipe, pins):
    assert recipe["source"].split() == [pin.url for pin in pins.values()] + list(LOCAL)
    listed = alpine.sums(recipe["sha512sums"])
    expected = {pin.archive: tree.hash_of(pin.file, "sha512") for pin in pins.values()}
    expected |= {name: tree.hash_of(alpine.RECIPE / name, "sha512") for name in LOCAL}
    assert listed == expected


def test_fields_are_as_abuild_wants_them(recipe):
    assert len(recipe["pkgdesc"]) < 128 and "\n" not in recipe["pkgdesc"] and not recipe["pkgdesc"].endswith(".")
    assert recipe["url"].startswith("https://")
    assert get_spdx_licensing().validate(recipe["license"]).errors == []
    maintainer, = re.findall(r"^# Maintainer: (.*)$", (alpine.RECIPE / "APKBUILD").read_text(), re.MULTILINE)
    assert re.fullmatch(r"[^\s\"].* <\S*@\S*\.\S*>", maintainer)  # abuild's check_maintainer wants a domain with a dot
    assert "!strip" not in recipe.get("options", "").split()
    script = (alpine.RECIPE / "wcp-tiny.pre-install").read_text()
    for field, program in (("pkgusers", "adduser"), ("pkggroups", "addgroup")):
        assert recipe[field].split() == re.findall(rf"^{program} .* (\S+) 2>/dev/null$", script, re.MULTILINE)


def test_every_file_beside_it_is_used(recipe):
    used = {"APKBUILD", *LOCAL, *recipe["install"].split()}
    assert {path.name for path in alpine.RECIPE.iterdir()} - {"src", "pkg"} == used


def test_recipe_is_shell_in_alpine_s_form():
    text = (alpine.RECIPE / "APKBUILD").read_text()
    assert not re.search(r"^ +\S|[ \t]+$", text, re.MULTILINE)  # tabs only, and none at the end of a line
    unset = "SC2034,SC2154"  # variables that abuild reads, and sets
    tree.must("shellcheck", "--shell=busybox" if shellcheck_knows("busybox") else "--shell=dash", f"--exclude={unset}",
              alpine.RECIPE / "APKBUILD")
    tree.must("shellcheck", *[alpine.RECIPE / name for name in ("wcp-tiny.initd", "wcp-tiny.pre-install")])


def shellcheck_knows(shell):
    return tree.run("shellcheck", f"--shell={shell}", "/dev/null")[0] == 0


def test_every_architecture_has_a_board(recipe, tmp_path):
    for architecture in recipe["arch"].split():
        target = alpine.fields(tmp_path, architecture)["_target"]
        assert (tree.BOARD / f"{target}.mk").exists(), architecture


def test_sources_are_unpacked_without_what_was_built(tmp_path):
    alpine.must(tmp_path, "unpack")
    unpacked = tmp_path / "src" / f"wcp-tiny-{tree.VERSION}"
    assert (unpacked / "Makefile").exists() and (unpacked / "src/main.c").exists()
    assert not (unpacked / "build").exists() and not (unpacked / ".git").exists()


def test_a_released_archive_takes_the_tree_s_place(released, tmp_path):
    address = {"WCP_TINY_RELEASES": "https://example.com/releases"}
    sources = alpine.must(tmp_path, 'echo "$source"', **address).split()
    (tmp_path / "src").mkdir()
    shutil.copy(released, tmp_path / "src")

    alpine.must(tmp_path, "unpack", **address)

    assert sources[0] == f"https://example.com/releases/{released.name}"
    assert (tmp_path / "src" / f"wcp-tiny-{tree.VERSION}/src/main.c").exists()


@pytest.fixture(name="package", scope="module")
def fixture_package(tmp_path_factory):
    """Path on the machine to the file that package() put there."""
    directory = tmp_path_factory.mktemp("package")
    alpine.must(directory, "unpack")
    alpine.bring_objects(directory)
    for step in ("build", "check", "package"):
        alpine.must(directory, step)
    return {f"/{file.relative_to(directory / 'pkg')}": file for file in (directory / "pkg").rglob("*") if not file.is_dir()}


def test_package_has_the_program_its_helpers_and_openrc_s_files(package, rootfs):
    kept = {path for path in rootfs if "/man/" in path or path.startswith("/usr/lib/wcp-tiny/") or path.endswith(".example")}
    ours = {"/usr/sbin/wcp-tiny", "/usr/sbin/aws-workload-credentials-provider", "/usr/lib/wcp-tiny/package",
            "/etc/init.d/wcp-tiny", "/etc/conf.d/wcp-tiny"}
    assert set(package) == kept | ours
    for path in kept:
        assert package[path].read_bytes() == rootfs[path].read_bytes()
    assert package["/usr/sbin/wcp-tiny"].read_bytes() == (tree.ROOT / "build/wcp-tiny").read_bytes()
    modes = [stat.S_IMODE(package[path].stat().st_mode) for path in ("/etc/init.d/wcp-tiny", "/etc/conf.d/wcp-tiny")]
    assert modes == [0o755, 0o600]
    assert package["/usr/lib/wcp-tiny/package"].read_text() == "apk del wcp-tiny\n"


def test_users_are_made_in_busybox_s_way_and_again_without_complaint(tmp_path):
    """The applets are not in every busybox: what they would be told."""
    for name in ("addgroup", "adduser"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{tmp_path}/calls\nexit 1\n')
        (tmp_path / name).chmod(0o755)
    tree.must(alpine.RECIPE / "wcp-tiny.pre-install", variables={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (tmp_path / "calls").read_text().splitlines() == [
        "addgroup -S wcp-worker",
        "adduser -S -D -H -h /var/empty -s /sbin/nologin -G wcp-worker -g wcp-worker wcp-worker"]


@pytest.fixture(name="machine")
def fixture_machine(debian):
    """OpenRC, as after a boot, and the package's files, the agent not started."""
    alpine.install_openrc(debian)
    for source, path, mode in (("wcp-tiny.initd", "/etc/init.d/wcp-tiny", 0o755),
                               ("wcp-tiny.confd", "/etc/conf.d/wcp-tiny", 0o600)):
        debian.write(path, (alpine.RECIPE / source).read_text(), mode)
    debian.path("/usr/lib/wcp-tiny").mkdir()
    for path, file in tree.rootfs().items():
        if path.startswith("/usr/lib/wcp-tiny/"):
            debian.write(path, file.read_text(), 0o755)
    shutil.copy(tree.ROOT / "build/wcp-tiny", debian.path("/usr/sbin/wcp-tiny"))
    return debian


@pytest.fixture(name="site")
def fixture_site(box, machine):
    """A certificate that the agent is configured for."""
    site = box.manage(directory="/etc/ssl/wcp-tiny")
    machine.write(CONFIG, machine.read(machine.connect_to(box)), 0o600)
    settings(machine, f"export AWS_ENDPOINT_URL={box.environment['AWS_ENDPOINT_URL']}")
    return site


def settings(machine, *lines):
    path = machine.path("/etc/conf.d/wcp-tiny")
    path.write_text(path.read_text() + "".join(f"{line}\n" for line in lines))


def service(machine, action):
    """Without what it depends on: file systems and such are there."""
    return machine.must("rc-service", "--nodeps", "wcp-tiny", action)


def pids(machine):
    return machine.run("pidof", "wcp-tiny").out.split()


def test_started_it_installs_certificates_and_stopped_it_is_gone(machine, site):
    service(machine, "start")

    with machine.following(LOG) as wait_for:
        wait_for("Certificate refresh successful for")
    for path, text in site.expected().items():
        assert machine.read(path) == text
    assert "started" in service(machine, "status")
    service(machine, "stop")
    assert pids(machine) == []


def test_killed_it_is_started_again(machine, site):
    settings(machine, "respawn_delay=1")
    service(machine, "start")
    with machine.following(LOG) as wait_for:
        wait_for("Certificate refresh successful for")
        machine.must("sh", "-c", "kill -KILL $(pidof wcp-tiny)")
        wait_for("ACM Scheduler starting")
    service(machine, "stop")


def test_reload_has_the_configuration_read_again(machine, site, box):
    machine.write(CONFIG, machine.read(CONFIG).replace("[edge]", "[edge]\nwatch_config = false"), 0o600)
    service(machine, "start")
    with machine.following(LOG) as wait_for:
        wait_for("Certificate refresh successful for")
        box.manage("second.example.com", directory="/etc/ssl/wcp-tiny")
        machine.write(CONFIG, machine.read(machine.connect_to(box)), 0o600)
        service(machine, "reload")
        wait_for("Certificate refresh successful for")
    assert machine.path("/etc/ssl/wcp-tiny/second.example.com.crt").exists()
    service(machine, "stop")


def test_a_start_first_recovers_and_then_waits_for_the_first_certificates(machine):
    settings(machine, "first_wait=7")
    record = '#!/bin/sh\necho "${0##*/} $* $WCP_FIRST_WAIT" >>/tmp/calls\nexec sleep 1000\n'
    machine.write("/usr/sbin/wcp-tiny", record.replace("exec sleep 1000", '[ "$1" = recover ] || exec sleep 1000'), 0o755)
    machine.write("/usr/lib/wcp-tiny/first-certificates", record.replace("exec sleep 1000\n", ""), 0o755)

    service(machine, "start")
    service(machine, "stop")

    assert machine.read("/tmp/calls").splitlines()[:2] == ["wcp-tiny recover ", "first-certificates  7"]


def test_it_comes_before_every_server():
    script = (alpine.RECIPE / "wcp-tiny.initd").read_text()
    servers = re.search(r"^\tbefore (.*)$", script, re.MULTILINE).group(1).split()
    assert sorted(servers) == ["apache2", "haproxy", "lighttpd", "nginx"]
