"""The state of a directory tree, precise enough to tell that nothing was written to it."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}


@dataclass(frozen=True)
class State:
    """A directory's change time tells even of a temporary file that came and went."""

    kind: str
    mode: int
    owner: int
    group: int
    inode: int
    modified: int
    changed: int
    content: bytes | str | None = None


def state(path):
    status = os.lstat(path)
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    content = None
    if kind == "file":
        content = Path(path).read_bytes()
    elif kind == "link":
        content = os.readlink(path)
    return State(
        kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid,
        status.st_ino, status.st_mtime_ns, status.st_ctime_ns, content,
    )


def snapshot(*roots):
    """Path to State, of everything in and under the roots."""
    found = {}
    for root in map(Path, roots):
        for path in [root, *sorted(root.rglob("*"))]:
            found[str(path)] = state(path)
    return found
