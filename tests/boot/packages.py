"""Debian packages of any architecture, unpacked and never installed.

They come through an apt of our own below build/boot, from the archive that this host's apt is configured for; nothing
on the host is changed. What was unpacked once is there for good: build/boot/ARCHITECTURE/PACKAGE.
"""

import fcntl
import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build/boot"
ARCHITECTURES = ("amd64", "armhf", "arm64")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def run(argv, what, **options):
    """Output of a program that must succeed; `what` it was for, for whoever reads that it did not."""
    done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{what} failed: {' '.join(map(str, argv))}\n{done.stdout}")
    return done.stdout


@contextmanager
def locked(directory):
    """One process at a time."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def host_archive():
    """(URI, release) of the Debian archive that this host uses; not its updates, not its security archive."""
    if mirror := os.environ.get("WCP_APT_MIRROR"):
        release = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.MULTILINE)
        return mirror, release.group(1)
    listed = run(["apt-get", "update", "--print-uris"], "asking apt for its sources")
    if found := re.search(r"^'(\S+/debian)/+dists/(\w+)/main/binary-", listed, re.MULTILINE):
        return found.groups()
    raise RuntimeError("no Debian archive with its component main among the sources of this host's apt (/etc/apt):"
                       " add one, or name a mirror with WCP_APT_MIRROR=http://mirror/debian")


class Apt:
    """An apt whose state is below `directory`."""

    def __init__(self, directory):
        self.directory = directory

    def options(self):
        settings = {
            "Dir::State": self.directory / "state",
            "Dir::State::status": self.directory / "status",
            "Dir::Cache": self.directory / "cache",
            "Dir::Cache::pkgcache": "packages.bin",  # slim images switch it off
            "Dir::Cache::srcpkgcache": "",
            "Dir::Etc::sourcelist": self.directory / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "APT::Architecture": ARCHITECTURES[0],
            "APT::Architectures": ",".join(ARCHITECTURES),
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    def run(self, program, *arguments, **options):
        return run([program, "-q", *self.options(), *arguments], "apt", **options)

    def update(self):
        for place in ("state/lists/partial", "cache/archives/partial"):
            (self.directory / place).mkdir(parents=True, exist_ok=True)
        (self.directory / "status").touch()
        uri, release = host_archive()
        signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        (self.directory / "sources.list").write_text(f"deb {signed}{uri} {release} main\n")
        self.run("apt-get", "update", "--error-on=any")

    def dependencies(self, package):
        """Names that the package's Depends has."""
        shown = self.run("apt-cache", "show", "--no-all-versions", package)
        depends = re.search(r"^Depends: (.*)$", shown, re.MULTILINE)
        return re.findall(r"[a-z0-9][a-z0-9.+-]+(?=[ ,|]|$)", re.sub(r"\([^)]*\)", "", depends.group(1)))

    def download(self, packages, directory):
        """Their archives, into a directory that is emptied first."""
        run(["rm", "-rf", directory], "making room")
        directory.mkdir(parents=True)
        self.run("apt-get", "download", *packages, cwd=directory)
        return {archive.name.split("_")[0]: archive for archive in directory.glob("*.deb")}


class Packages:
    """Those of one architecture."""

    def __init__(self, architecture):
        self.architecture = architecture
        self.directory = CACHE / architecture
        self.apt = Apt(CACHE / "apt")

    def unpacked(self, *names):
        """The directories with what these packages hold."""
        directories = [self.directory / name for name in names]
        with locked(CACHE / "apt"):
            self._fetch([name for name, directory in zip(names, directories) if not directory.exists()])
        return directories

    def kernel(self, flavour):
        """The directory of the kernel proper; the metapackage only names it, as its name changes with every update."""
        link = self.directory / f"linux-image-{flavour}"
        with locked(CACHE / "apt"):
            if not link.exists():
                self._update()
                (name,) = [name for name in self.apt.dependencies(f"{link.name}:{self.architecture}")
                           if name.endswith(f"-{flavour}")]
                self._fetch([name])
                link.symlink_to(name)
        return link.resolve()

    def _update(self):
        if not (self.apt.directory / "sources.list").exists():
            self.apt.update()

    def _fetch(self, names):
        if not names:
            return
        self._update()
        print(f"fetching Debian's packages for {self.architecture}: {' '.join(names)}")
        wanted = [f"{name}:{self.architecture}" for name in names]
        waiting = self.apt.directory / "download"
        try:
            archives = self.apt.download(wanted, waiting)
        except RuntimeError:
            self.apt.update()  # the archive has moved on
            archives = self.apt.download(wanted, waiting)
        for name in names:
            half = self.directory / f"{name}.part"
            run(["rm", "-rf", half], "making room")
            half.mkdir(parents=True)
            run(["dpkg-deb", "--extract", archives[name], half], "unpacking")
            half.rename(self.directory / name)
        run(["rm", "-rf", waiting], "making room")
