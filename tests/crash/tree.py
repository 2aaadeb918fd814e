"""The files of some directories, kept in memory and put back in no time."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class File:
    mode: int
    owner: int
    group: int
    content: bytes

    @classmethod
    def read(cls, path):
        status = path.lstat()
        return cls(status.st_mode & 0o7777, status.st_uid, status.st_gid, path.read_bytes())

    def write(self, path):
        path.write_bytes(self.content)
        os.chown(path, self.owner, self.group)
        path.chmod(self.mode)


class Tree:
    """Regular files directly in the directories, as they were when this was made."""

    def __init__(self, *directories):
        self.directories = [Path(directory) for directory in directories]
        self.files = {
            path: File.read(path) for directory in self.directories for path in directory.iterdir()
        }

    def __eq__(self, other):
        return self.files == other.files

    def restore(self):
        """The directories hold these files and nothing else."""
        for directory in self.directories:
            for path in directory.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        for path, file in self.files.items():
            file.write(path)

    def names(self):
        return sorted(path.name for path in self.files)
