"""The Debian package: read by lintian; installed, upgraded, removed and purged on a machine with systemd."""

import gzip
import os
import re
import stat
import subprocess

import pytest

import targets
import tree

AGENT = "aws-workload-credentials-provider-acm.service"
RECOVER = "wcp-tiny-recover.service"
ETC = "/etc/aws-workload-credentials-provider"
CONFIG = f"{ETC}/config.toml"
HOME = "/opt/aws/workload-credentials-provider"
SETTINGS = "/etc/default/wcp-tiny"
RIGHTS = "/etc/sudoers.d/aws-workload-credentials-provider"
CERTIFICATES = "/etc/ssl/wcp-tiny"
# Not on Debian: what is for busybox's init; and the example, which is among the documentation there.
ELSEWHERE = {"/etc/init.d/S49wcp-tiny", "/usr/share/wcp-tiny/inittab", f"{ETC}/config.toml.example"}


@pytest.fixture(name="package", scope="module")
def fixture_package():
    tree.make("deb")
    architecture = tree.must("dpkg", "--print-architecture").strip()
    return tree.ROOT / f"build/packages/wcp-tiny_{tree.VERSION}_{architecture}.deb"


@pytest.fixture(name="newer", scope="module")
def fixture_newer(package, tmp_path_factory):
    """The same package as its next version."""
    directory = tmp_path_factory.mktemp("newer")
    tree.must("dpkg-deb", "--raw-extract", package, directory / "tree")
    control = directory / "tree/DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {tree.VERSION}", f"Version: {tree.VERSION}+1"))
    tree.must("dpkg-deb", "--root-owner-group", "-Znone", "--build", directory / "tree", directory / "newer.deb")
    return directory / "newer.deb"


@pytest.fixture(name="content", scope="module")
def fixture_content(package, tmp_path_factory):
    """Path on the machine to the unpacked file."""
    top = tmp_path_factory.mktemp("unpacked")
    tree.must("dpkg-deb", "--extract", package, top)
    return {f"/{path.relative_to(top)}": path for path in top.rglob("*")}


def field(package, name):
    return tree.must("dpkg-deb", "--field", package, name).strip()


def test_lintian_finds_nothing(package):
    said = tree.must("lintian", "--allow-root", "--no-tag-display-limit", "--display-info", "--pedantic",
                     "--fail-on=error,warning,info,pedantic", package)
    assert not re.search("^[EWIP]:", said, re.MULTILINE), said


def test_every_override_has_a_reason():
    lines = (tree.BOARD / "debian/lintian-overrides").read_text().splitlines()
    for before, line in zip([None, *lines], lines):
        assert line.startswith("#") or before.startswith("#"), line


def test_has_everything_of_rootfs_that_is_for_debian(content, rootfs):
    for path, file in rootfs.items():
        if "/man/" in path:
            assert gzip.decompress(content[f"{path}.gz"].read_bytes()) == file.read_bytes(), path
        elif path in ELSEWHERE:
            assert path not in content
        else:
            assert content[path].read_bytes() == file.read_bytes(), path
            mode = 0o755 if os.access(file, os.X_OK) else 0o600 if path == SETTINGS else 0o644
            assert stat.S_IMODE(content[path].stat().st_mode) == mode, path
    example = content["/usr/share/doc/wcp-tiny/examples/config.toml"]
    assert example.read_bytes() == rootfs[f"{ETC}/config.toml.example"].read_bytes()
    assert content["/usr/sbin/wcp-tiny"].read_bytes() == (tree.ROOT / "build/wcp-tiny").read_bytes()


def test_says_what_it_is(package):
    assert field(package, "Version") == tree.VERSION
    assert field(package, "Conflicts") == "aws-workload-credentials-provider"  # it has the same unit and configuration
    assert "libc" not in field(package, "Depends")


def test_every_board_has_debian_s_name_for_its_processor():
    rules = (tree.ROOT / "mk/packages.mk").read_text()
    named = dict(re.findall(r"\b([\w-]+):(\w+)\b", rules.split("DEBIAN_ARCHITECTURE :=")[1].split(",$(TARGET))")[0]))
    for board in targets.BOARDS:
        triple = targets.Target(board.stem).settings["TRIPLE"]
        done = subprocess.run(["dpkg-architecture", f"-t{triple}", "-qDEB_HOST_ARCH"], check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        # Raspberry Pi OS, which is the Debian for an ARM1176, calls it armhf.
        expected = "armhf" if board.stem == "armv6" else done.stdout.strip()
        assert named.get(board.stem, board.stem) == expected


def test_made_again_it_is_the_same_bytes(package):
    before = tree.hash_of(package)
    package.unlink()
    tree.must("sh", "-c", "umask 077 && exec make -s deb", variables={"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"})
    assert tree.hash_of(package) == before


@pytest.fixture(name="machine")
def fixture_machine(debian_with_systemd):
    machine = debian_with_systemd
    machine.path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)  # of a container that we may be in
    machine.environment["DEBIAN_FRONTEND"] = "noninteractive"
    return machine


def install(machine, package):
    machine.path("/root/package.deb").write_bytes(package.read_bytes())
    return machine.run("dpkg", "--no-triggers", "--install", "/root/package.deb")


@pytest.fixture(name="installed")
def fixture_installed(machine, package):
    outcome = install(machine, package)
    assert outcome.exit_code == 0
    machine.said = outcome
    return machine


@pytest.fixture(name="site")
def fixture_site(box):
    return box.manage(directory=CERTIFICATES, refresh_command="/bin/true")


@pytest.fixture(name="serving")
def fixture_serving(installed, box, site):
    """Installed, configured as the message of the package says, and the first certificate is in place."""
    config = installed.connect_to(box)
    installed.must("wcp-tiny", "reload", "-c", config)
    installed.must("systemctl", "restart", AGENT)  # for the environment in /etc/default
    with installed.following() as wait_for:
        wait_for("Certificate refresh successful for")
    assert installed.read(f"{CERTIFICATES}/www.example.com.crt").startswith(site.issued.leaf_pem.strip())
    return installed


def enabled(machine, *units):
    return machine.run("systemctl", "is-enabled", *units).out.split()


def main_pid(machine):
    return machine.must("systemctl", "show", "-P", "MainPID", AGENT).strip()


def test_installed_the_agent_runs_as_its_user_and_waits_for_a_configuration(installed):
    assert installed.must("systemctl", "is-active", AGENT) == "active\n"
    assert enabled(installed, AGENT, RECOVER, "wcp-tiny-first") == ["enabled", "enabled", "disabled"]
    owners = installed.must("stat", "-c", "%a %U:%G", CONFIG, f"{HOME}/logs", f"/proc/{main_pid(installed)}").split("\n")
    assert owners[:2] == ["440 root:awscreds", "750 aws-wcp:awscreds"] and owners[2].endswith("aws-wcp:awscreds")
    assert installed.must("id", "-gn", "wcp-worker") == "wcp-worker\n"
    assert f"becomes {CONFIG}; edit it, then run: wcp-tiny reload" in installed.said.out
    assert [line for line in installed.said.err.splitlines() if not line.startswith("Created symlink ")] == []
    assert installed.must("dpkg", "--verify", "wcp-tiny") == ""


def test_an_upgrade_restarts_the_agent_and_keeps_what_a_person_chose(serving, newer):
    serving.must("systemctl", "disable", RECOVER)
    settings, configuration, pid = serving.read(SETTINGS), serving.read(CONFIG), main_pid(serving)

    assert install(serving, newer).exit_code == 0

    assert (serving.read(SETTINGS), serving.read(CONFIG)) == (settings, configuration)
    assert enabled(serving, AGENT, RECOVER) == ["enabled", "disabled"]
    assert main_pid(serving) not in (pid, "0")
    assert serving.must("wcp-tiny", "status").count("fresh") >= 1


def test_removed_it_leaves_configuration_and_certificates_and_no_rights(serving, package):
    before = serving.tree(CERTIFICATES)

    serving.must("dpkg", "--remove", "wcp-tiny")

    assert not serving.path("/usr/sbin/wcp-tiny").exists() and not serving.path(RIGHTS).exists()
    assert serving.run("systemctl", "is-active", AGENT).out == "inactive\n"
    assert serving.path(CONFIG).exists() and serving.path(SETTINGS).exists()
    assert serving.tree(CERTIFICATES) == before

    assert install(serving, package).exit_code == 0
    assert serving.path(RIGHTS).exists() and serving.must("systemctl", "is-active", AGENT) == "active\n"


def test_purged_it_leaves_nothing_but_certificates(serving):
    serving.write(f"{ETC}/credentials", "[default]\n", 0o600)
    before = serving.tree(CERTIFICATES)

    serving.must("dpkg", "--purge", "wcp-tiny")

    places = "/etc /opt /run /var/lib/systemd /usr/sbin /usr/lib/systemd /usr/lib/wcp-tiny"
    names = serving.run("sh", "-c", f"find {places} -name '*wcp-tiny*' -o -path '*workload-credentials*'").out.split()
    assert [name for name in names if not name.startswith(CERTIFICATES)] == []
    assert serving.tree(CERTIFICATES) == before
    assert serving.run("dpkg-query", "-W", "wcp-tiny").exit_code != 0


def test_a_configuration_with_mistakes_is_said_and_does_not_stop_the_installation(machine, package):
    machine.write(CONFIG, "[capabilities.acm]\nenabled = 1\n", 0o640)

    outcome = install(machine, package)

    assert outcome.exit_code == 0
    assert "capabilities.acm.enabled" in outcome.err and "then run: wcp-tiny install" in outcome.err
    assert machine.must("systemctl", "is-active", AGENT) == "active\n"


def test_install_brings_a_configuration_and_leaves_program_and_service_to_the_package(installed, box, site):
    config = installed.connect_to(box)
    packaged = ("/usr/sbin", "/usr/lib/wcp-tiny", "/usr/lib/systemd/system")
    before = installed.tree(*packaged)

    said = installed.must("wcp-tiny", "install", "-c", config)

    assert "program and service: unchanged: they belong to the package\n" in said and f"{CONFIG}: written\n" in said
    with installed.following() as wait_for:
        wait_for("Refresh command succeeded")  # the agent was restarted, and may use sudo
    assert installed.read(f"{CERTIFICATES}/www.example.com.crt").startswith(site.issued.leaf_pem.strip())
    assert installed.tree(*packaged) == before


def test_what_would_fight_the_package_is_refused(installed):
    """Another program than the package's; removing what dpkg believes to be there."""
    installed.path("/root/other").write_bytes(installed.path("/usr/sbin/wcp-tiny").read_bytes() + b"\n")
    installed.path("/root/other").chmod(0o755)
    before = installed.tree("/etc", "/usr/sbin", "/usr/lib/wcp-tiny")

    for command in (["/root/other", "install"], ["wcp-tiny", "uninstall", "--purge"]):
        outcome = installed.run(*command)

        assert outcome.exit_code == 1
        assert "a package installed wcp-tiny; nothing was changed. To remove it: apt-get remove wcp-tiny" in outcome.err
        assert installed.tree("/etc", "/usr/sbin", "/usr/lib/wcp-tiny") == before
