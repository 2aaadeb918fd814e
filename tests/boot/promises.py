"""What must be on a disk after a power cut and `recover`: what had been promised by then."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

MARK = re.compile(rb"(in-place|done) ([0-9a-f]{64})\s")
KEY_MODE, MODE = 0o600, 0o644
ABSENT = -1  # the version of a set of which there is no file


@dataclass(frozen=True)
class File:
    mode: int
    user: int
    contents: bytes  # None: it cannot be read


@dataclass
class Found:
    """What was on a disk: see look.c. mounted: 0, or errno."""

    mounted: int
    recovered: int = 0
    words: str = ""
    files: dict = field(default_factory=dict)

    def __str__(self):
        files = "\n".join(f"    {file.mode:o} {path}" for path, file in sorted(self.files.items()))
        return f"mounted {self.mounted}, recover {self.recovered}\n{self.words}{files}"


class Promises:
    """Per certificate, as the log goes on: the version that was last in place for certain, and those whose command was
    done."""

    def __init__(self, recording):
        self.sites = recording.histories
        self._versions = {site.digest(version): (site, version)
                          for site in self.sites for version in range(len(site.versions))}
        self._marks = list(self._read(recording.log))

    def _read(self, log):
        for position, entry in enumerate(log, 1):
            if match := MARK.match(entry.data):
                digest = match[2].decode()
                assert digest in self._versions, f"the refresh command found a mixture of files: write {position}"
                yield position, match[1].decode(), *self._versions[digest]

    def at(self, position, kind, site):
        """Versions that were marked as "in-place" or "done" before this position of the log."""
        return [version for place, what, whose, version in self._marks
                if place <= position and what == kind and whose is site]

    def problems(self, position, found):
        """What is wrong on a disk whose power failed after so many writes, as sentences."""
        if found.mounted != 0:
            yield f"the file system is not mounted: error {found.mounted}"
            return
        if found.recovered != 0:
            yield f"recover failed with {found.recovered}"
        known = set()
        for site in self.sites:
            journal = journal_path(site)
            known |= {*site.paths, journal}
            for problem in self._problems_of(site, position, found, journal):
                yield f"{site.name}: {problem}"
        for path in sorted(set(found.files) - known):
            if ".wcp-mounts" in path:  # the record of mount points stays
                continue
            if path.replace(".wcp-hook", ".wcp-journal") in found.files:  # a hook's goes with its journal
                continue
            yield f"{path} is left over"

    def _problems_of(self, site, position, found, journal):
        version = installed(site, found.files)
        if version is None:
            yield "the files do not belong together"
            return
        promised = max(self.at(position, "in-place", site), default=ABSENT)
        if version not in (promised, promised + 1):
            yield f"version {promised} was in place, and {version} is found"
        if version == ABSENT:
            if journal in found.files:
                yield "there is a journal, and no file"
            return
        if journal not in found.files and version not in self.at(position, "done", site):
            yield f"the command for version {version} is neither pending nor done"
        yield from wrong_modes(site, found.files)


def journal_path(site):
    path = PurePosixPath(site.table["certificate_path"])
    return str(path.with_name(f".{path.name}.wcp-journal"))


def installed(site, files):
    """The version that all files of the set have; ABSENT; None: they are of several."""
    there = {path: files[path].contents for path in site.paths if path in files}
    if not there:
        return ABSENT
    for version, texts in enumerate(site.versions):
        if there == {path: text.encode() for path, text in texts.items()}:
            return version
    return None


def wrong_modes(site, files):
    secret = {site.table["private_key_path"], site.table.get("combined_path")}
    for path in site.paths:
        if files[path].mode & 0o7777 != (KEY_MODE if path in secret else MODE):
            yield f"{path} has the mode {files[path].mode & 0o7777:o}"
