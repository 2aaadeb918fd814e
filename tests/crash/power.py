"""A device whose two file systems are on disks of their own, which lose what was not synced."""

import contextlib
import shutil
import subprocess

from device import Device
from harness import namespace

MEGABYTES = 4
# Nothing is written on the file system's own account for as long as a test takes.
OPTIONS = "loop,noatime,commit=300"


def is_possible():
    return shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin:/bin") is not None


class PoweredDevice(Device):
    """ext4 in files. The kernel's cache lies above them: a copy of a file is what the disk held."""

    def mount(self):
        self.disks = {directory: self.root / f"{directory.name}.disk" for directory in self.directories}
        for directory, disk in self.disks.items():
            disk.write_bytes(bytes(MEGABYTES << 20))
            subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-b", "1024", "-m", "0", disk], check=True)
        self.start()
        for directory in self.directories:
            (directory / "lost+found").rmdir()

    def start(self):
        for directory, disk in self.disks.items():
            namespace.mount("-t", "ext4", "-o", OPTIONS, disk, directory)

    def stop(self):
        for directory in self.directories:
            subprocess.run(["umount", directory], check=True)

    def save(self):
        """The disks as they are when the device is shut down properly."""
        self.stop()
        self.saved = {disk: disk.read_bytes() for disk in self.disks.values()}
        self.start()

    def reset(self):
        """Back to what was saved; no command has run yet."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        for disk, contents in self.saved.items():
            disk.write_bytes(contents)
        self.start()
        self.forget()

    def cut_power(self):
        """What was only in memory is lost; then the device starts again."""
        held = {disk: disk.read_bytes() for disk in self.disks.values()}
        self.stop()
        for disk, contents in held.items():
            disk.write_bytes(contents)
        self.start()
