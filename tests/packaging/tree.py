"""The repository as the packaging tests see it: its version, its pins, its rootfs/, and programs run in it."""

import hashlib
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOARD = ROOT / "board"
DOWNLOADS = Path(os.environ.get("WCP_DL_DIR", ROOT / "build/dl"))
HOST = {"x86_64": "x86-64"}.get(platform.machine(), platform.machine())
VERSION = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
LINKED = ("mbedtls", "cjson", "musl")  # what is in the binary; the rest of third_party/ is for tests


@dataclass(frozen=True)
class Pin:
    """The wanted release of a third party."""

    name: str
    version: str
    url: str  # where the project released it
    archives: tuple  # names of one file: the project's own, then others'
    sha256: str

    @property
    def archive(self):
        return self.archives[0]

    @property
    def file(self):
        places = [DOWNLOADS / name for name in self.archives]
        return next((place for place in places if place.exists()), places[0])


def pin(name):
    text = (ROOT / f"third_party/{name}/pin").read_text(encoding="utf-8")
    version = re.search(r"^version (\S+)$", text, re.MULTILINE)
    wanted = text[version.end():].split("\nversion ")[0]
    url = re.search(r"^url (\S+)$", wanted, re.MULTILINE).group(1)
    places = re.findall(r"^from +\S+ +(\S+) ([0-9a-f]{64})$", wanted, re.MULTILINE)
    sha256, = {digest for _, digest in places}
    return Pin(name, version.group(1), url, tuple(archive for archive, _ in places), sha256)


def pins():
    """Name to pin of everything that is linked in."""
    return {name: pin(name) for name in LINKED}


def rootfs():
    """Everything that belongs on a device: its path there to the file in the repository."""
    top = ROOT / "rootfs"
    return {f"/{path.relative_to(top)}": path for path in sorted(top.rglob("*")) if path.is_file()}


def hash_of(path, algorithm="sha256"):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def environment(**variables):
    """Ours, without what a make above us left in it, and with the archives that are here already."""
    kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return {**kept, "WCP_DL_DIR": str(DOWNLOADS), **variables}


def run(*argv, cwd=ROOT, variables=None, **options):
    """A program's exit status and what it said, on both streams."""
    done = subprocess.run([str(word) for word in argv], cwd=cwd, env=environment(**(variables or {})), check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return done.returncode, done.stdout


def must(*argv, **options):
    """The same; it must succeed. Returns what it said."""
    status, said = run(*argv, **options)
    assert status == 0, f"{' '.join(map(str, argv))}: exit status {status}\n{said[-6000:]}"
    return said


def make(*arguments, cwd=ROOT, **variables):
    return must("make", "--no-print-directory", "-j2", *arguments, cwd=cwd, variables=variables)
