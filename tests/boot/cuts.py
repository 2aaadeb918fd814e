"""Where in a write log the power fails, and what is lost: at random, and oftener where a set of files is replaced."""

import random
from dataclasses import dataclass

from write_log import BLOCK, SECTOR, WHOLE, Disk

# What a write holds that is about a replacement: the journal itself, or the name of it or of a temporary file.
TELLTALES = (b"wcp-journal", b".wcp-new")


@dataclass(frozen=True)
class Cut:
    """The power fails after `position` entries; `seed` decides what of the unflushed blocks is there."""

    position: int
    seed: int

    def __str__(self):
        return f"cut after {self.position} writes, seed {self.seed}{', in the middle of a block' * self.tears}"

    @property
    def tears(self):
        """Whether a block was written in part. Most disks do not do that to blocks of 4 KiB."""
        return random.Random(self.seed).choice(MANNERS) is one_torn

    def masks(self, count):
        """For each of so many unflushed blocks, the sectors of it that reached the disk."""
        choice = random.Random(self.seed)
        manner = choice.choice(MANNERS)
        return manner(choice, count)


def nothing_kept(_choice, count):
    return [0] * count


def everything_kept(_choice, count):
    return [WHOLE] * count


def some_kept(choice, count):
    chance = choice.choice([0.1, 0.5, 0.5, 0.9])
    return [WHOLE if choice.random() < chance else 0 for _ in range(count)]


def one_kept(choice, count):
    kept = choice.randrange(count) if count else None
    return [WHOLE if number == kept else 0 for number in range(count)]


def one_lost(choice, count):
    lost = choice.randrange(count) if count else None
    return [0 if number == lost else WHOLE for number in range(count)]


def one_torn(choice, count):
    """Some sectors of a block that was being written."""
    masks = some_kept(choice, count)
    if count:
        masks[choice.randrange(count)] = choice.randrange(1, 1 << BLOCK // SECTOR)
    return masks


MANNERS = [nothing_kept, everything_kept, some_kept, some_kept, one_kept, one_lost, one_torn]


def choose(log, first, count, seed):
    """`count` cuts after the entry `first`, in the order of the log, no two of them the same.

    Half of them are within a replacement, where something is not yet flushed; most others where anything is not.
    """
    choice = random.Random(seed)
    unflushed, replacing = unflushed_blocks(log, first)
    places = [[*replacing], [*replacing], [position for position, blocks in unflushed.items() if blocks], [*unflushed]]
    chosen = {}
    while len(chosen) < count:
        cut = Cut(choice.choice(choice.choice(places)), choice.randrange(1 << 32))
        chosen.setdefault((cut.position, *cut.masks(unflushed[cut.position])), cut)
    return sorted(chosen.values(), key=lambda cut: (cut.position, cut.seed))


def unflushed_blocks(log, first):
    """How many blocks are not flushed, for each position; and the positions where a replacement is among them."""
    unflushed, replacing = {}, []
    disk = Disk(b"", log)
    for position in range(first + 1, len(log) + 1):
        disk.go_to(position)
        unflushed[position] = len(disk.unflushed)
        if any(word in data for _, data in disk.unflushed for word in TELLTALES):
            replacing.append(position)
    return unflushed, replacing
