"""Hundreds of power cuts of one recorded run, and what was wrong after each."""

import shutil
import tempfile
from dataclasses import dataclass, field

from crash_images import SLOTS, Looker
from cuts import choose
from promises import Promises
from write_log import Disk

SHOWN = 8
MEMORY = "/dev/shm"
ROOM = 1 << 29  # what the disks of three file systems may take together


@dataclass
class Outcome:
    """seed: chooses the same cuts of the same recording again. problems: (cut, sentence, what was found)."""

    file_system: object
    seed: int
    cuts: int = 0
    completed: int = 0  # disks on which `recover` finished a replacement
    pending: int = 0  # on which a command was to run
    repaired: int = 0  # which the kernel refused to mount before fsck(8)
    problems: list = field(default_factory=list)

    def add(self, cut, found, problems):
        self.cuts += 1
        self.completed += "Completed an interrupted replacement" in found.words
        self.pending += any(path.endswith(".wcp-journal") for path in found.files)
        self.problems += [(cut, problem, found) for problem in problems]

    @property
    def summary(self):
        bad = len({cut for cut, _, _ in self.problems})
        return (f"{self.file_system}: {self.cuts} power cuts, {bad} with problems; recover completed {self.completed},"
                f" commands pending in {self.pending}, fsck needed in {self.repaired} (seed {self.seed})")

    def __str__(self):
        shown = "".join(f"\n{cut}: {problem}\n{found}" for cut, problem, found in self.problems[:SHOWN])
        return f"{self.summary}\nThe same cuts again: WCP_CUTS_SEED={self.seed}{shown}"


def cut_power(recording, count, seed, kernel, initramfs):
    promises, outcome = Promises(recording), Outcome(recording.file_system, seed)
    cuts = choose(recording.log, recording.first, count, seed)
    disk = Disk(recording.before, recording.log)
    place = MEMORY if shutil.disk_usage(MEMORY).free >= ROOM else None
    with tempfile.TemporaryDirectory(dir=place) as directory:
        with Looker(directory, recording.file_system, len(recording.before), kernel, initramfs) as looker:
            looker.configure(recording.config)
            for start in range(0, len(cuts), SLOTS):
                batch = [(cut, image_after(cut, disk)) for cut in cuts[start : start + SLOTS]]
                for (cut, image), found in zip(batch, looker.look([image for _, image in batch]), strict=True):
                    # Linux before 6.13 does not mount an ext4 with a torn block at the end of its journal.
                    if found.mounted != 0 and cut.tears:
                        found = looker.look_after_repair(image)
                        outcome.repaired += 1
                    outcome.add(cut, found, promises.problems(cut.position, found))
    return outcome


def image_after(cut, disk):
    disk.go_to(cut.position)
    return disk.image(cut.masks(len(disk.unflushed)))
