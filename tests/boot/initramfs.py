"""An archive that the kernel unpacks into its first file system: cpio's format newc, in a gzip."""

import gzip
import stat
from pathlib import Path, PurePosixPath

TYPE_DIRECTORY, TYPE_FILE, TYPE_LINK = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK


class Initramfs:
    """Members are added under the paths that they get; directories come by themselves. Everything is root's."""

    def __init__(self):
        self._data = bytearray()
        self._count = 0
        self._directories = {"/"}
        self._add(".", TYPE_DIRECTORY | 0o755)  # the kernel's own is open to everyone

    def directory(self, path, mode=0o755):
        path = str(PurePosixPath("/") / path)
        if path not in self._directories:
            self._directories.add(path)
            self._need_parent(path)
            self._add(path, TYPE_DIRECTORY | mode)

    def file(self, path, contents, mode=0o644):
        """contents: bytes, text, or the path of a file here."""
        if isinstance(contents, Path):
            contents = contents.read_bytes()
        self._need_parent(path)
        self._add(path, TYPE_FILE | mode, contents.encode() if isinstance(contents, str) else contents)

    def link(self, path, target):
        self._need_parent(path)
        self._add(path, TYPE_LINK | 0o777, str(target).encode())

    def tree(self, top):
        """Everything below a directory here, with its modes."""
        for found in sorted(Path(top).rglob("*")):
            path = f"/{found.relative_to(top)}"
            if found.is_symlink():
                self.link(path, found.readlink())
            elif found.is_dir():
                self.directory(path, stat.S_IMODE(found.stat().st_mode))
            else:
                self.file(path, found, stat.S_IMODE(found.stat().st_mode))

    def write(self, path):
        packed = gzip.compress(bytes(self._data) + self._member("TRAILER!!!", 0), 1, mtime=0)
        Path(path).write_bytes(packed)
        return Path(path)

    def _need_parent(self, path):
        self.directory(str(PurePosixPath("/") / PurePosixPath(path).parent))

    def _add(self, path, mode, data=b""):
        self._data += self._member(str(path).lstrip("/"), mode, data)

    def _member(self, name, mode, data=b""):
        self._count += 1
        name = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        numbers = (self._count, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % number for number in numbers) + name
        return padded(head) + padded(data)


def padded(data):
    return data + b"\0" * (-len(data) % 4)
