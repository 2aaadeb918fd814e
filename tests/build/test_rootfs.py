"""What lands on a device: judged by the tools of those who will read it, and put below DESTDIR."""

import re
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOTFS = ROOT / "rootfs"
UNITS = sorted((ROOTFS / "usr/lib/systemd/system").iterdir())
PAGES = sorted(ROOTFS.rglob("man*/*.[58]"))
SETTINGS = {"/etc/default/wcp-tiny"}  # may hold the password of a proxy or an access key
SERVICE = ROOTFS / "usr/lib/systemd/system/aws-workload-credentials-provider-acm.service"


def run(*argv, **options):
    return subprocess.run([str(word) for word in argv], cwd=ROOT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def install(tmp_path, *variables):
    done = run("make", "--no-print-directory", "install", f"DESTDIR={tmp_path}", *variables)
    assert done.returncode == 0, done.stdout
    return {f"/{path.relative_to(tmp_path)}": path for path in tmp_path.rglob("*") if not path.is_dir()}


def test_every_file_is_installed_at_its_place(tmp_path):
    installed = install(tmp_path)

    expected = {f"/{file.relative_to(ROOTFS)}": file for file in ROOTFS.rglob("*") if file.is_file()}
    assert set(installed) - set(expected) == {"/usr/sbin/wcp-tiny", "/usr/sbin/aws-workload-credentials-provider"}
    for path, file in expected.items():
        assert installed[path].read_bytes() == file.read_bytes(), path
        executable = file.read_bytes().startswith(b"#!")
        mode = 0o755 if executable else 0o600 if path in SETTINGS else 0o644
        assert stat.S_IMODE(installed[path].stat().st_mode) == mode, path
    assert run(installed["/usr/sbin/aws-workload-credentials-provider"], "--version").stdout.startswith("wcp-tiny ")


def test_another_prefix_is_used_throughout(tmp_path):
    installed = install(tmp_path, "PREFIX=/opt/wcp")

    assert "/opt/wcp/sbin/wcp-tiny" in installed and "/etc/init.d/S49wcp-tiny" in installed
    for path, file in installed.items():
        if not path.startswith("/opt/wcp/sbin/"):
            assert not re.search(r"/usr/(sbin|lib|share)/wcp-tiny", file.read_text()), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_manual_page_is_sound(page):
    done = run("mandoc", "-Tlint", "-Wwarning", page)
    assert (done.returncode, done.stdout) == (0, "")


def words(section, name):
    text = run("mandoc", "-Tutf8", ROOTFS / f"usr/share/man/man{section}/{name}.{section}").stdout
    return re.sub(".\b", "", text)


def test_manual_page_names_every_command_and_option():
    page = words(8, "wcp-tiny")
    help_text = run("build/wcp-tiny", "--help").stdout
    commands = re.findall(r"^  ([a-z][a-z -]*?)(?: \[.*)? *$", help_text, re.MULTILINE)
    assert len(commands) > 8
    for word in [*commands, *re.findall(r"--[a-z-]+", help_text)]:
        assert word in page, word


def test_help_names_every_command_and_option():
    help_text = run("build/wcp-tiny", "--help").stdout
    commands = re.findall(r'^    {"([^"]+)",', (ROOT / "src/command/help.c").read_text(), re.MULTILINE)
    options = re.findall(r'^    {"(--[^"]+)",', (ROOT / "src/command/options.c").read_text(), re.MULTILINE)
    assert len(commands) > 8 and len(options) > 8
    for name in commands:
        assert re.search(rf"^  {name}( \[|$)", help_text, re.MULTILINE), name
    for name in options:
        assert name in help_text, name


def test_manual_page_names_every_key():
    page = words(5, "wcp-tiny.toml")
    sources = "".join((ROOT / "src/config" / name).read_text() for name in ("config_edge.c", "config_certificates.c"))
    keys = set(re.findall(r'\{"([a-z_]+)", FIELD_', sources))
    assert len(keys) > 20
    assert sorted(key for key in keys if key not in page) == []


@pytest.fixture
def root(tmp_path):
    """A root directory with what systemd looks for when it verifies a unit."""
    install(tmp_path)
    (tmp_path / "bin").mkdir()
    for name in ("kill", "sh"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_the_unit(unit, root):
    done = run("systemd-analyze", f"--root={root}", "--man=no", "--recursive-errors=no", "verify", unit.name)
    assert (done.returncode, done.stdout) == (0, "")


def test_unit_is_as_closed_as_sudo_lets_it_be(root):
    """systemd's own measure; what is open is what sudo and its commands need."""
    done = run("systemd-analyze", f"--root={root}", "--offline=yes", "--threshold=75", "security", SERVICE.name)
    assert done.returncode == 0, done.stdout


def test_unit_has_nothing_that_would_end_sudo():
    forbidden = ("NoNewPrivileges", "PrivateDevices", "SystemCall", "Restrict", "MemoryDenyWriteExecute",
                 "ProtectKernel", "ProtectClock", "ProtectHostname", "LockPersonality", "DynamicUser")
    directives = [line.split("=")[0] for line in SERVICE.read_text().splitlines() if not line.startswith("#")]
    assert [name for name in directives if name.startswith(forbidden)] == []


def test_recovery_comes_before_every_server():
    before = re.search("^Before=(.*)$", (SERVICE.parent / "wcp-tiny-recover.service").read_text(), re.MULTILINE)
    assert {f"{name}.service" for name in ("nginx", "apache2", "httpd", "haproxy", "lighttpd")} <= set(
        before.group(1).split())
