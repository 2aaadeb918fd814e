"""Directories and files that are not what the configuration takes them for."""

import os
import subprocess

import pytest

from harness.explained import assert_failed
from harness.namespace import SERVICE, SERVICE_ID, WORKER_ID, mounted
from harness.stub_aws import ACCESS_KEY, SECRET_KEY

MEMBERS = ["certificate", "private_key", "chain"]


@pytest.fixture
def neighbour(box):
    """Another certificate of the same box: it must not suffer."""
    return box.manage("neighbour.example.com", directory=box.directory("etc/neighbour"))


def fails_alone(box, site, neighbour, cause, advice=".", **options):
    before = box.installed_files()
    outcome = box.once(**options)
    assert_failed(outcome, site, cause, advice)
    assert outcome.certificates[neighbour.arn]["result"] in ("updated", "unchanged")
    neighbour.assert_installed()
    assert box.installed_files() == before
    assert box.leftovers() == []
    return outcome


@pytest.mark.heart
def test_missing_directory(box, neighbour):
    missing = box.root / "not-mounted-yet"
    site = box.manage("lost.example.com", directory=missing)

    outcome = fails_alone(box, site, neighbour, "No such file|does not exist", "mount|create|mkdir")
    assert str(missing) in outcome.err


@pytest.mark.parametrize("depth", ["etc/link", "etc/link/below"])
def test_directory_that_is_reached_through_a_link(box, neighbour, depth):
    box.directory("etc/real/below")
    (box.root / "etc/link").symlink_to(box.root / "etc/real")
    site = box.manage("linked.example.com", directory=box.root / depth)

    fails_alone(box, site, neighbour, "link", "canonical|real path|path")
    assert list((box.root / "etc/real").rglob("*.crt")) == []


@pytest.mark.heart
def test_read_only_file_system(box, neighbour):
    data = box.directory("etc/data")
    site = box.manage("readonly.example.com", directory=data)

    with mounted("-t", "tmpfs", "-o", "ro", "none", data):
        fails_alone(box, site, neighbour, "read-only", "mount|writable")


def test_full_file_system(box, neighbour):
    data = box.directory("etc/data")
    site = box.manage("full.example.com", directory=data)
    with mounted("-t", "tmpfs", "-o", "size=16k,mode=755", "none", data):
        with open(data / "filler", "wb") as filler, pytest.raises(OSError):
            while True:
                os.write(filler.fileno(), b"x" * 4096)

        fails_alone(box, site, neighbour, "No space left", "free|space|delete")
        assert [path.name for path in data.iterdir()] == ["filler"]


def test_file_system_that_fills_up_half_way_keeps_the_old_set(box, neighbour):
    """Room for some of the new files, not for all: the old ones stay, nothing is left over."""
    data = box.directory("etc/data")
    site = box.manage("tight.example.com", directory=data)
    with mounted("-t", "tmpfs", "-o", "size=20k,mode=755", "none", data):
        assert box.once().exit_code == 0
        before = box.installed_files()
        site.renew()

        outcome = box.once()

        assert_failed(outcome, site, "No space left", "free|space|delete")
        after = box.installed_files()
        assert {p: after[p].content for p in after} == {p: before[p].content for p in before}
        assert sorted(path.name for path in data.iterdir()) == sorted(
            path.name for path in site.paths
        )


@pytest.mark.heart
@pytest.mark.parametrize("member", MEMBERS)
def test_target_that_is_a_link_is_replaced_with_a_warning(box, neighbour, member):
    """As AWS's agent does it: the link goes, what it pointed to stays as it is."""
    site = box.manage("target.example.com")
    victim = box.root / "victim"
    victim.write_text("precious")
    os.chown(victim, SERVICE_ID, SERVICE_ID)
    site.path(member).symlink_to(victim)

    outcome = box.once()

    assert outcome.exit_code == 0, outcome
    (said,) = [line for line in outcome.err.splitlines() if "symbolic link" in line]
    assert site.arn in said and str(site.path(member)) in said and str(victim) in said
    site.assert_installed()
    neighbour.assert_installed()
    assert victim.read_text() == "precious"
    assert not site.path(member).is_symlink()
    assert site.owner(member) == (0, 0)  # as for a file that was not there
    assert box.leftovers() == []


@pytest.fixture
def flags(box):
    """Sets a flag of chattr(1), which is taken away again."""
    flagged = []

    def flag(letter, path):
        if subprocess.run(["chattr", f"+{letter}", path], check=False).returncode != 0:
            pytest.skip("this file system has no such flag")
        flagged.append((letter, path))

    yield flag
    for letter, path in flagged:
        subprocess.run(["chattr", f"-{letter}", path], check=True)


@pytest.mark.parametrize("letter", "ia")
@pytest.mark.parametrize("of", ["file", "directory"])
def test_flag_that_forbids_a_replacement_keeps_the_set_as_it_is(box, neighbour, flags, letter, of):
    site = box.manage("flagged.example.com", directory=box.directory("etc/flagged"))
    assert box.once().exit_code == 0
    site.renew()
    key = site.path("private_key")
    flags(letter, key if of == "file" else key.parent)

    checked = box.run("check")
    assert checked.exit_code == 1 and f"chattr -{letter} {key if of == 'file' else key.parent}" in checked.err
    before = box.installed_files()
    outcome = box.once()
    assert_failed(outcome, site, "immutable|appended", f"chattr -{letter}")
    assert box.installed_files() == before
    assert box.leftovers() == []


def test_foreign_file_in_a_sticky_directory_keeps_the_set_as_it_is(box):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)
    shared = box.directory("etc/shared")
    site = box.manage("sticky.example.com", private_key_path=str(shared / "www.key"))
    shared.chmod(0o777)
    assert box.once(user=SERVICE).exit_code == 0
    site.renew()
    os.chown(site.path("private_key"), WORKER_ID, WORKER_ID)
    shared.chmod(0o1777)

    before = box.installed_files()
    outcome = box.once(user=SERVICE)

    assert_failed(outcome, site, "sticky", "chown|chmod -t")
    assert box.installed_files() == before
    assert "sticky" in box.run("check", user=SERVICE).err


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["directory", "fifo"])
@pytest.mark.parametrize("member", MEMBERS)
def test_target_that_is_no_regular_file(box, neighbour, member, make):
    site = box.manage("target.example.com")
    make(site.path(member))

    fails_alone(box, site, neighbour, "directory|regular file", "remove|delete|path")


@pytest.mark.parametrize("member", MEMBERS)
def test_target_that_is_a_mount_point(box, neighbour, member):
    site = box.manage("target.example.com")
    site.path(member).write_text("mounted over")
    elsewhere = box.root / "elsewhere"
    elsewhere.write_text("from the host")
    with mounted("--bind", elsewhere, site.path(member)):
        fails_alone(box, site, neighbour, "mount", "directory|mount|path")


def test_directory_that_the_agents_user_may_not_write(box, neighbour):
    os.chmod(neighbour.path("certificate").parent, 0o777)
    locked = box.directory("etc/locked")
    site = box.manage("locked.example.com", directory=locked)

    outcome = box.once(user=SERVICE)

    assert_failed(outcome, site, "Permission denied", "permission|owner|writ")
    neighbour.assert_installed()
    assert list(locked.iterdir()) == []


def test_what_was_judged_is_what_is_read(box, site):
    """Configuration, credentials and CA bundle are opened by their name in a directory that was opened and judged,
    so that nobody can exchange anything on the way between the check and the use."""
    box.forget_keys()
    box.edge["credentials_file"] = str(box.root / "keys")
    (box.root / "keys").write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
    (box.root / "keys").chmod(0o600)
    box.write_config()
    outcome = box.run("once", traced="%file")

    assert outcome.exit_code == 0
    for path in (box.config, box.root / "keys", box.ca_bundle):
        calls = [call for call in outcome.calls if path.name in call.arguments and call.name != "execve"]
        assert any(call.name == "openat" and f', "{path.name}"' in call.arguments for call in calls)
        assert not any(f'"{path}"' in call.arguments for call in calls), calls
