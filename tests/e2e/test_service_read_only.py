"""An image whose root file system is read-only, with a data partition: what make install DATA=/data puts into it."""

import os
import stat
import subprocess

import pytest

from harness import box as boxes

DATA = "/data/wcp-tiny"
LINK = "/etc/aws-workload-credentials-provider"
PREPARE = "/etc/init.d/S48wcp-tiny-data"
SCRIPT = "/etc/init.d/S49wcp-tiny"
USERS = {"/etc/passwd": "aws-wcp:*:401:401::/:/bin/false\nwcp-worker:*:402:402::/:/bin/false\n",
         "/etc/group": "awscreds:*:401:\nwcp-worker:*:402:\n"}


def install(machine, init):
    """As a recipe for images does it."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "--no-print-directory", "install", "DATA=/data", f"INIT={init}",
                    f"DESTDIR={machine.path('')}"], cwd=boxes.REPOSITORY, env=environment, check=True)


@pytest.fixture
def site(box):
    box.edge["log_destination"] = "syslog"
    return box.manage(directory=f"{DATA}/tls")


@pytest.fixture
def board(busybox, box, site):
    """Its root file system is writable until `boot`."""
    install(busybox, "busybox")
    busybox.connect_to(box)
    for path, lines in USERS.items():
        busybox.path(path).write_text(busybox.read(path) + lines)
    busybox.path("/data").mkdir(exist_ok=True)
    return busybox


def mount(machine, *arguments):
    subprocess.run(["nsenter", "-t", str(machine.pid), "-m", "mount", *map(str, arguments)], check=True)


def boot(machine, partition=True):
    """A new data partition, /var/log in memory as on Buildroot's images, and the root file system read-only."""
    root = machine.directory / "root"
    for place in [root / "var/log", *([root / "data"] if partition else [])]:
        mount(machine, "-t", "tmpfs", "-o", "mode=755", "tests", place)
    mount(machine, "-o", "remount,ro", machine.directory)
    machine.must("syslogd", "-O", "/var/log/messages")


def owner(machine, path):
    status = machine.path(path).stat()
    return oct(stat.S_IMODE(status.st_mode)), status.st_uid, status.st_gid


def test_a_new_partition_gets_directories_and_a_configuration_that_is_not_enabled(board):
    boot(board)

    assert board.must(PREPARE, "start") == f"Preparing {DATA}: OK\n"

    assert owner(board, DATA) == ("0o755", 0, 401) and owner(board, f"{DATA}/tls") == ("0o755", 0, 0)
    assert owner(board, f"{DATA}/config.toml") == ("0o440", 0, 401)
    assert board.read(f"{DATA}/config.toml") == board.read("/usr/share/wcp-tiny/config.toml.example")
    outcome = board.run("wcp-tiny", "check")
    assert outcome.exit_code == 0 and "no problem found, but ACM is not enabled" in outcome.err
    outcome = board.run("wcp-tiny", "once")
    assert outcome.exit_code == 0 and "nothing to do" in outcome.err


def test_a_dropped_configuration_brings_the_certificate(board, box, site):
    boot(board)
    board.must(PREPARE, "start")
    board.must(SCRIPT, "start")
    with board.following("/var/log/messages") as wait_for:
        wait_for("ACM is not enabled")
        board.must("sh", "-c", f"cp /root/config.toml {LINK}/new && mv {LINK}/new {LINK}/config.toml")
        wait_for("Certificate refresh successful for")

    for path, text in site.expected().items():
        assert board.read(path) == text
    assert board.must(SCRIPT, "stop") == "Stopping wcp-tiny: OK\n"


def test_the_next_boot_leaves_everything_as_it_is(board):
    boot(board)
    board.must(PREPARE, "start")
    board.write(f"{DATA}/config.toml", "# mine\n")
    before = board.tree("/data")

    assert board.must(PREPARE, "start") == f"Preparing {DATA}: OK\n"

    assert board.tree("/data") == before


def test_an_image_without_example_starts_with_no_configuration(board):
    board.path("/usr/share/wcp-tiny/config.toml.example").unlink()
    boot(board)

    assert board.must(PREPARE, "start") == f"Preparing {DATA}: OK\n"

    assert [path.name for path in board.path(DATA).iterdir()] == ["tls"]


def test_certificates_directory_belongs_to_the_agents_user(board):
    board.write("/etc/default/wcp-tiny", "WCP_USER=aws-wcp\n")
    boot(board)
    board.must(PREPARE, "start")

    assert owner(board, f"{DATA}/tls") == ("0o755", 401, 0)


def test_a_partition_that_is_not_mounted_is_said(board):
    board.path(DATA).exists() and board.must("rm", "-r", DATA)
    boot(board, partition=False)

    outcome = board.run(PREPARE, "start")

    assert outcome.exit_code == 1
    assert f"Preparing {DATA}: FAIL\n" in outcome.out and "is the data partition mounted" in outcome.out


@pytest.fixture
def debian_image(debian):
    """A Debian with the files of an image with systemd."""
    install(debian, "systemd")
    debian.must("groupadd", "-g", "401", "awscreds")
    debian.must("useradd", "-u", "401", "-g", "401", "aws-wcp")
    return debian


def test_systemd_makes_the_same_on_a_new_partition(debian_image):
    debian_image.must("systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/wcp-tiny.conf")

    assert owner(debian_image, DATA) == ("0o755", 0, 401) and owner(debian_image, f"{DATA}/tls") == ("0o755", 0, 0)
    assert owner(debian_image, f"{DATA}/config.toml") == ("0o440", 0, 401)


def test_units_wait_for_the_partition(debian_image):
    for unit in ("aws-workload-credentials-provider-acm", "wcp-tiny-recover", "wcp-tiny-first"):
        said = debian_image.must("systemd-analyze", "cat-config", f"systemd/system/{unit}.service")
        assert f"RequiresMountsFor={DATA}" in said, unit


def test_what_the_agents_user_may_do_through_sudo_is_part_of_the_image(debian_image):
    rules = "/etc/sudoers.d/aws-workload-credentials-provider"
    assert owner(debian_image, rules) == ("0o440", 0, 0)
    debian_image.must("visudo", "-c", "-f", rules)
    said = debian_image.must("sudo", "-l", "-U", "aws-wcp")
    assert '(ALL) NOPASSWD: /usr/lib/wcp-tiny/reload-nginx ""' in said
