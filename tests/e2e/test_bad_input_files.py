"""Directories and files that are not what the configuration takes them for."""

import os

import pytest

from harness.explained import assert_failed
from harness.namespace import SERVICE, mounted

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
def test_target_that_is_a_link(box, neighbour, member):
    site = box.manage("target.example.com")
    victim = box.root / "victim"
    victim.write_text("precious")
    site.path(member).symlink_to(victim)

    fails_alone(box, site, neighbour, "link", "remove|delete|replace|path")
    assert victim.read_text() == "precious"
    assert site.path(member).is_symlink()


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
