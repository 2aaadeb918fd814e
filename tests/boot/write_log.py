"""What a guest wrote to a disk, as QEMU's driver blklogwrites keeps it, and what a power cut may leave of it.

The log is a superblock and entries, each a header of one sector and the data written. A disk holds a write for certain
once a flush came after it; of what came after the last flush, any part of any size may be missing. So a crash image is
what was flushed before the cut, and some of the rest.
"""

import struct
from dataclasses import dataclass

SUPERBLOCK = struct.Struct("<QQQI")
HEADER = struct.Struct("<QQQQ")
MAGIC, VERSION = 0x6A736677736872, 1
FLUSH, FORCE_UNIT_ACCESS, DISCARD, MARK = 1, 2, 4, 8
BLOCK, SECTOR = 4096, 512
EMPTY = bytes(BLOCK)
WHOLE = (1 << BLOCK // SECTOR) - 1  # every sector of a block


@dataclass(frozen=True)
class Entry:
    flags: int
    offset: int
    data: bytes

    @property
    def is_flush(self):
        return bool(self.flags & FLUSH)


def read_log(path):
    """The entries, in the order in which the disk was asked."""
    raw = path.read_bytes()
    magic, version, _count, sector = SUPERBLOCK.unpack_from(raw)
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError(f"{path} is no write log of version {VERSION}")
    return list(entries(raw, sector))


def entries(raw, sector):
    at = sector
    while at + HEADER.size <= len(raw):
        start, count, flags, extra = HEADER.unpack_from(raw, at)
        if not count and not flags:
            return  # the machine stopped before this header was written
        if flags & ~(FLUSH | FORCE_UNIT_ACCESS) or extra:
            raise ValueError(f"the guest asked for something else than writes and flushes: {flags:#x} at {at}")
        at += sector
        data = raw[at : at + count * sector]
        if len(data) < count * sector:
            return
        at += count * sector
        yield Entry(flags, start * sector, data)


class Disk:
    """A disk on its way through the log: `held` is what it holds for certain, `unflushed` what it may lose.

    Blocks go by their offset; one that was never written is not in `held`. cache: how many blocks the disk keeps to
    itself when nobody asks for a flush.
    """

    def __init__(self, contents, log, cache=64):
        self.held = dict(blocks_of(contents, 0))
        self.log, self.cache = log, cache
        self.unflushed = []  # (offset, data), in the order in which they were written
        self.position = 0

    def go_to(self, position):
        """The power fails after so many entries of the log; it cannot go back."""
        for entry in self.log[self.position : position]:
            self.unflushed += blocks_of(entry.data, entry.offset, empty=True)
            kept_back = 0 if entry.flags else self.cache
            surplus = max(0, len(self.unflushed) - kept_back)
            self.held.update(self.unflushed[:surplus])
            del self.unflushed[:surplus]
        self.position = position

    def image(self, masks):
        """What is there after the cut: of each unflushed block the sectors whose bits are set in its mask."""
        made = dict(self.held)
        for (offset, data), mask in zip(self.unflushed, masks, strict=True):
            if mask == WHOLE:
                made[offset] = data
            elif mask:
                made[offset] = torn(made.get(offset, EMPTY), data, mask)
        return made


def torn(old, new, mask):
    """A block of which only the sectors with their bits set were written anew."""
    starts = range(0, BLOCK, SECTOR)
    return b"".join((new if mask >> (start // SECTOR) & 1 else old)[start : start + SECTOR] for start in starts)


def blocks_of(data, offset, empty=False):
    """(offset, block) for each block; those without contents only when they are asked for."""
    assert offset % BLOCK == 0 and len(data) % BLOCK == 0, "a file system of other blocks"
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        if empty or block != EMPTY:
            yield offset + start, block
