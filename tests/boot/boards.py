"""The boards: what each is made of, the image it boots, and the site it stands at."""

import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import qemu
from harness.box import Box
from harness.stub_aws import ACCESS_KEY, SECRET_KEY
from harness.toml_text import config_text
from image import busybox_image
from kernel import Kernel
from packages import ROOT, Packages, run

FURNISHING = Path(__file__).resolve().parent / "board"
CONFIG = "/etc/aws-workload-credentials-provider"
FILES = "/data/tls"
LOG = "/data/log/acm_provider.log"
AWS = "10.0.2.100:443"  # in /etc/hosts, under AWS's own names
AWS_NAMES = ("sts.eu-central-1.amazonaws.com", "acm.eu-central-1.amazonaws.com")
HTTPS = 443
# Programs of Debian's that busybox has not, by package, and the packages with the libraries that they are linked with.
PROGRAMS = {"nginx": "/usr/sbin/nginx", "e2fsprogs": "/usr/bin/chattr"}
LIBRARIES = ("libc6", "libcrypt1", "libpcre2-8-0", "libssl3", "zlib1g", "libext2fs2", "libcom-err2")
DATA_MEGABYTES = 16


@dataclass(frozen=True)
class Board:
    """name: also the target's, in board/ of the repository. architecture, kernel: Debian's names."""

    name: str
    machine: qemu.Machine
    architecture: str
    kernel_flavour: str

    def __str__(self):
        return self.name

    def kernel_and_image(self, directory):
        """What QEMU boots, and the partition with the web server. The files are made in the directory."""
        packages = Packages(self.architecture)
        kernel = Kernel(packages, self.kernel_flavour)
        installed = directory / "installed"
        run(["make", "--no-print-directory", f"TARGET={self.name}", "install", f"DESTDIR={installed}"],
            "installing into an image", cwd=ROOT)
        image = busybox_image(packages, kernel, more=[FURNISHING, installed])
        system = add_programs(image, packages, directory)
        return kernel, image.write(directory / "initramfs.gz"), system


BOARDS = (
    Board("x86-64", qemu.X86_64, "amd64", "cloud-amd64"),
    Board("armv7", qemu.ARMV7, "armhf", "armmp"),
    Board("aarch64", qemu.AARCH64, "arm64", "cloud-arm64"),
)


def add_programs(image, packages, directory):
    """Programs and their libraries: links to a read-only partition, /dev/vdb, which is returned.

    In the initramfs itself, always in memory and for a moment twice, they would be the half of what a board with 64 MB
    has.
    """
    programs = packages.unpacked(*PROGRAMS)
    libraries = packages.unpacked(*LIBRARIES)
    places = {place: top / place[1:] for top, place in zip(programs, PROGRAMS.values())}
    waiting = list(places.values())
    while waiting:
        for place in needed_libraries(waiting.pop()):
            if place not in places:
                places[place] = file_named(Path(place).name, libraries)
                waiting.append(places[place])
    top = directory / "system"
    top.mkdir()
    for place, file in places.items():
        shutil.copy(file, top / Path(place).name)
        image.link(place, f"/system/{Path(place).name}")
    return made_file_system(directory / "system.img", top, 12)


def made_file_system(path, top, megabytes):
    """A new ext4 with the contents of the directory."""
    path.unlink(missing_ok=True)
    run(["mkfs.ext4", "-q", "-d", top, path, f"{megabytes}M"], "making a file system")
    return path


def needed_libraries(path):
    """Where a program or library looks for its dynamic loader and the libraries that it is linked with."""
    shown = run(["readelf", "--wide", "--program-headers", "--dynamic", path], "looking for libraries")
    loader = re.findall(r"program interpreter: (.*)]", shown)
    names = re.findall(r"\(NEEDED\).*\[(.*)]", shown)
    return loader + [f"/lib/{name}" for name in names if not name.startswith("ld-")]


def file_named(name, directories):
    """The file itself: a link may lead into this host's libraries."""
    found = [path for top in directories for path in top.rglob(name)]
    return next((path for path in found if not path.is_symlink()), found[0].resolve())


class Site:
    """A simulated AWS, what the board knows of it, and the board's data partition."""

    def __init__(self, board, directory, aws, authority):
        self.board, self.directory, self.aws = board, directory, aws
        self.box = Box(directory / "box", aws, authority)
        self.box.edge.update(credentials_file=f"{CONFIG}/credentials", ca_bundle=f"{CONFIG}/aws-ca.pem",
                             log_directory=str(Path(LOG).parent), startup_jitter_seconds=0)
        self.kernel, self.initramfs, self.system = board.kernel_and_image(directory)
        self.disk = directory / "data.img"

    def manage(self, name, **table):
        """A certificate for the board, in one file with its chain."""
        return self.box.manage(name, directory=FILES, certificate_path=f"{FILES}/{name}.pem", chain_path=None, **table)

    def config(self):
        return config_text(self.box.acm, self.box.tables, self.box.edge, self.box.logging)

    def make_disk(self, more=()):
        """A new data partition: configuration, settings, credentials, and files (name to path) that the tests need."""
        top = self.directory / "data"
        shutil.rmtree(top, ignore_errors=True)
        for name in ("config", "tls", "log", "tests"):
            (top / name).mkdir(parents=True)
        shutil.copytree(ROOT / "rootfs/etc/default", top / "default")
        (top / "config/config.toml").write_text(self.config())
        (top / "config/aws-ca.pem").write_text(self.box.authority.root.pem)
        credentials = top / "config/credentials"
        credentials.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        credentials.chmod(0o600)
        for name, path in dict(more).items():
            shutil.copy(path, top / name)
        made_file_system(self.disk, top, DATA_MEGABYTES)

    def boot(self, aws_port=None, **options):
        """The board with its data partition, switched on: a context manager. aws_port: another AWS than the site's."""
        network = qemu.Network({AWS: aws_port or self.aws.port}, served=(HTTPS,))
        return qemu.Guest(self.board.machine, self.kernel, self.initramfs, network, [self.disk, self.system], **options)

    def unused_port(self):
        """Nobody listens there: it is bound for as long as the site is there, and no more."""
        if not hasattr(self, "_bound"):
            self._bound = socket.socket()
            self._bound.bind(("127.0.0.1", 0))
        return self._bound.getsockname()[1]

    def read(self, path):
        """A file of the data partition while the board is off."""
        command = f"cat {Path(path).relative_to('/data')}"
        return subprocess.run(["debugfs", "-R", command, self.disk], capture_output=True, text=True, check=True).stdout
