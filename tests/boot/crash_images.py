"""Disks as power cuts leave them, looked at by a guest that mounts each one and has the agent recover (look.c)."""

import os
from dataclasses import replace
from pathlib import Path

from promises import File, Found
from qemu import X86_64, Guest, device
from recording import CONFIG

SLOTS = 12  # disks at a time
MACHINE = replace(X86_64, memory=192)


class Looker:
    """A context manager; its disks are below `directory`, which should be in memory."""

    def __init__(self, directory, file_system, size, kernel, initramfs):
        self.disks = [Path(directory) / f"slot-{number}" for number in range(SLOTS)]
        self.names = [f"/dev/vd{chr(ord('a') + number)}" for number in range(SLOTS)]
        self.file_system, self.size = file_system, size
        for disk in self.disks:
            write_image(disk, {}, size)
        # Others than the guest write to these files while the guest has them open, but not mounted.
        options = [word for number, disk in enumerate(self.disks) for word in (
            "-drive", f"if=none,id=disk{number},format=raw,cache=unsafe,file.locking=off,file={disk}",
            *device("blk", drive=f"disk{number}"))]
        self.guest = Guest(MACHINE, kernel, initramfs, append="rcupdate.rcu_expedited=1", options=options)

    def __enter__(self):
        self.guest.__enter__()
        self.guest.console.wait_for("tests: up")
        return self

    def __exit__(self, *exception):
        self.guest.__exit__(*exception)

    def configure(self, text):
        self.guest.must(f"mkdir -p {Path(CONFIG).parent} && cat > {CONFIG} <<'.'\n{text}\n.")

    def look(self, images):
        """Found for each of at most SLOTS images."""
        for disk, image in zip(self.disks, images, strict=False):
            write_image(disk, image, self.size)
        return self._look_at_slots(len(images))

    def look_after_repair(self, image):
        write_image(self.disks[0], image, self.size)
        self.file_system.repair(self.disks[0])
        return self._look_at_slots(1)[0]

    def _look_at_slots(self, count):
        said = self.guest.must(f"look {self.file_system.name} {' '.join(self.names[:count])}", shown=False)
        found = list(parse(said.splitlines()))
        assert len(found) == count, said
        return found


def write_image(path, image, size):
    """The file is this image; it takes little room where that is empty."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(0)
        file.truncate(size)
        for offset, block in image.items():
            os.pwrite(file.fileno(), block, offset)


def parse(lines):
    """What look said, disk by disk."""
    found = None
    for line in lines:
        kind, *words = line.split(" ")
        if kind == "disk":
            if found:
                yield found
            found = Found(int(words[1]))
        elif kind == "recover":
            found.recovered, found.words = int(words[0]), contents(words[1]).decode("utf-8", "replace")
        elif kind == "file":
            mode, user, path, hexadecimal = words
            found.files[path] = File(int(mode, 8), int(user), contents(hexadecimal))
    if found:
        yield found


def contents(hexadecimal):
    return None if "!" in hexadecimal else bytes.fromhex(hexadecimal)
