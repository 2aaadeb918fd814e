"""A file system that is full at one moment or another of a replacement."""

import os

import pytest

from sweep import finished

PAGE = os.sysconf("SC_PAGE_SIZE")


def fill(directory, pages_left):
    """Leaves so many pages free on the file system; returns what fills it."""
    filler = directory / "filler"
    status = os.statvfs(directory)
    filler.write_bytes(bytes((status.f_bavail - pages_left) * PAGE))
    return filler


# The left one needs three pages (certificate, chain, journal), the right one one.
@pytest.mark.parametrize("side, pages", [("left", 0), ("left", 1), ("left", 2), ("right", 0)])
def test_full_disk_leaves_the_old_set(device, side, pages):
    device.install("old")
    device.forget()
    device.aws_holds("new")
    filler = fill(getattr(device, side), pages)

    outcome = device.agent("once")

    assert outcome.exit_code == 1 and "No space left" in outcome.err
    assert device.installed() == "old" and device.leftovers() == [] and device.seen() == []
    filler.unlink()
    assert list(finished(device, "new")) == []


def test_full_disk_still_lets_a_half_renamed_set_be_completed(interrupted):
    filler = fill(interrupted.left, 0)

    assert interrupted.agent("recover").exit_code == 0
    assert interrupted.installed() == "new"

    # AWS holds "newer", for which there is no space: the command of what is there runs all the same.
    outcome = interrupted.agent("once")
    assert outcome.exit_code == 1 and "No space left" in outcome.err
    assert interrupted.installed() == "new" and interrupted.command_ran_for("new")
    assert interrupted.leftovers() == []
    filler.unlink()
    assert list(finished(interrupted, "newer")) == []
