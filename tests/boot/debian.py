"""A Debian system with systemd, sudo and nginx on a disk of its own, made by mmdebstrap once and kept in build/boot."""

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import qemu
from boards import AWS, CONFIG, HTTPS
from harness.box import agent
from harness.stub_aws import ACCESS_KEY, SECRET_KEY
from harness.toml_text import config_text
from image import IMAGE, busybox_image
from kernel import Kernel
from packages import CACHE, KEYRING, Packages, host_archive, locked, run

FURNISHING = Path(__file__).resolve().parent / "debian"
INCLUDED = ("systemd", "systemd-sysv", "udev", "sudo", "nginx-light")
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
MEGABYTES = 384
MACHINE = replace(qemu.X86_64, memory=256)


def installed_disk():
    """The system as Debian's packages make it: an ext4 that nobody must change."""
    recipe = repr((INCLUDED, LEFT_OUT, MEGABYTES, host_archive()))
    image = CACHE / f"debian-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.img"
    with locked(CACHE / "debian"):
        if not image.exists():
            make_disk(image)
    return image


def make_disk(image):
    uri, release = host_archive()
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    print(f"making a Debian system of {' '.join(INCLUDED)}")
    top = CACHE / "debian/root"
    subprocess.run(["rm", "-rf", top], check=True)
    run(["mmdebstrap", "--variant=minbase", f"--include={','.join(INCLUDED)}", '--aptopt=Acquire::Languages "none"',
         *(f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT),
         release, top, f"deb {signed}{uri} {release} main"], "making a Debian system")
    part = image.with_suffix(".part")
    run(["mkfs.ext4", "-q", "-F", "-d", top, part, f"{MEGABYTES}M"], "making its disk")
    subprocess.run(["rm", "-rf", top], check=True)
    part.rename(image)


class Debian:
    """One machine: what is written to its disk stays from boot to boot. box: its certificates and its AWS."""

    def __init__(self, directory, box):
        self.directory, self.box = directory, box
        packages = Packages("amd64")
        self.kernel = Kernel(packages, "cloud-amd64")
        self.disk = directory / "debian.qcow2"
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", installed_disk(), "-F", "raw", self.disk],
            "making a disk on top of the installed one")
        self.box.edge.update(credentials_file=f"{CONFIG}/credentials", ca_bundle=f"{CONFIG}/aws-ca.pem",
                             startup_jitter_seconds=0)
        top = directory / "tree"
        self._put_in_place(top / "system")
        image = busybox_image(packages, self.kernel, more=[FURNISHING / "initramfs", top])
        self.initramfs = image.write(directory / "initramfs.gz")

    def _put_in_place(self, top):
        """What a site has on its machine before the agent comes, and the tests' way into it."""
        shutil.copytree(FURNISHING / "system", top, symlinks=True)
        shutil.copytree(IMAGE / "usr/lib/tests", top / "usr/lib/tests", dirs_exist_ok=True)
        for place in ("root", "etc/nginx/tls", "var/log/journal", CONFIG[1:]):
            (top / place).mkdir(parents=True)
        shutil.copy(agent(), top / "root/wcp-tiny")
        (top / "root").chmod(0o700)
        (top / "root/config.toml").write_text(self.config())
        (top / CONFIG[1:] / "aws-ca.pem").write_text(self.box.authority.root.pem)
        credentials = top / CONFIG[1:] / "credentials"
        credentials.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        credentials.chmod(0o600)

    def config(self):
        return config_text(self.box.acm, self.box.tables, self.box.edge, self.box.logging)

    def boot(self, furnish=False):
        """The machine switched on: a context manager."""
        disk = ["-drive", f"if=none,id=root,format=qcow2,cache=unsafe,file={self.disk}",
                *qemu.device("blk", drive="root")]
        return qemu.Guest(MACHINE, self.kernel, self.initramfs, qemu.Network({AWS: self.box.aws.port}, served=(HTTPS,)),
                          append="tests.furnish" * furnish, options=["-smp", "2", *disk])
