"""What a power cut leaves, by a log that is written here."""

import struct

import pytest

from cuts import Cut, choose
from write_log import BLOCK, EMPTY, FLUSH, MAGIC, SECTOR, WHOLE, Disk, Entry, read_log

A, B, C = (bytes([letter]) * BLOCK for letter in b"abc")
DISCARD = 4


def write(number, data):
    return Entry(0, number * BLOCK, data)


FLUSHED = Entry(FLUSH, 0, b"")


def disk_after(*log, contents=EMPTY * 3):
    disk = Disk(contents, log)
    disk.go_to(len(log))
    return disk


def test_what_was_flushed_is_there_whatever_else_is_lost():
    disk = disk_after(write(0, A), FLUSHED, write(1, B))
    assert disk.image([0]) == {0: A}


def test_what_was_not_flushed_may_be_there():
    disk = disk_after(write(0, A), FLUSHED, write(1, B + C))
    assert disk.image([0, WHOLE]) == {0: A, 2 * BLOCK: C}


def test_torn_block_has_old_sectors():
    disk = disk_after(write(0, A), FLUSHED, write(0, B))
    assert disk.image([0b10])[0] == A[:SECTOR] + B[:SECTOR] + A[2 * SECTOR :]


def test_later_write_of_a_block_wins():
    disk = disk_after(write(0, A), write(0, B))
    assert disk.image([WHOLE, WHOLE]) == {0: B}
    assert disk.image([WHOLE, 0]) == {0: A}


def test_disk_that_is_never_told_to_flush_keeps_the_last_blocks_only_to_itself():
    log = [write(number, A) for number in range(10)]
    disk = Disk(b"", log, cache=4)
    disk.go_to(len(log))
    assert sorted(disk.image([0] * 4)) == [number * BLOCK for number in range(6)]


def test_same_cut_loses_the_same():
    assert Cut(5, seed=7).masks(20) == Cut(5, seed=7).masks(20)
    assert len({tuple(Cut(5, seed).masks(20)) for seed in range(50)}) > 30


def test_chosen_cuts_are_many_all_different_and_the_same_for_a_seed():
    log = [write(1, B".wcp-new".ljust(BLOCK)), write(2, A * 4), FLUSHED] * 20
    cuts = choose(log, 3, 100, seed=1)
    assert len({(cut.position, cut.seed) for cut in cuts}) == 100
    assert cuts == choose(log, 3, 100, seed=1) != choose(log, 3, 100, seed=2)
    assert all(3 < cut.position <= len(log) for cut in cuts)


def written(path, *entries):
    """A log as QEMU writes it, with the last entry cut off in its middle."""
    raw = struct.pack("<QQQI", MAGIC, 1, 0, SECTOR).ljust(SECTOR, b"\0")
    for flags, block, data in entries:
        header = struct.pack("<QQQQ", block * BLOCK // SECTOR, len(data) // SECTOR, flags, 0)
        raw += header.ljust(SECTOR, b"\0") + data
    path.write_bytes(raw + struct.pack("<QQQQ", 0, 8, 0, 0).ljust(SECTOR, b"\0") + A[:SECTOR])
    return path


def test_log_is_read_up_to_where_the_machine_stopped(tmp_path):
    assert read_log(written(tmp_path / "log", (0, 2, A), (FLUSH, 0, b""))) == [write(2, A), FLUSHED]


def test_log_with_discards_is_refused(tmp_path):
    with pytest.raises(ValueError, match="something else than writes"):
        read_log(written(tmp_path / "log", (DISCARD, 0, b"")))
