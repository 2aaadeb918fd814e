"""What a guest boots into: busybox and its init, furnished as Buildroot does it."""

import subprocess
from pathlib import Path

from initramfs import Initramfs

IMAGE = Path(__file__).resolve().parent / "image"
DEVICES = ("virtio_pci", "virtio_net", "virtio_blk", "virtio_console")
EMPTY_DIRECTORIES = ("/dev", "/proc", "/sys", "/run", "/tmp", "/root", "/data", "/mnt", "/system", "/opt", "/var/log",
                     "/var/lib")


def busybox_image(packages, kernel, modules=("crc32c_generic", "ext4"), more=()):
    """An Initramfs with a busybox init, image/, the directories `more` over it, and modules, loaded at boot."""
    made = Initramfs()
    made.link("/var/run", "../run")
    for path in EMPTY_DIRECTORIES:
        made.directory(path)
    (busybox,) = packages.unpacked("busybox-static")
    made.file("/bin/busybox", busybox / "bin/busybox", 0o755)
    for path in applets():
        made.link(path, "/bin/busybox")
    files = kernel.modules(*DEVICES, *modules)
    for file in files:
        made.file(f"/lib/modules/{file.name}", file)
    made.file("/lib/modules/order", "".join(f"{file.name}\n" for file in files))
    for top in (IMAGE, *more):
        made.tree(top)
    return made


def applets():
    """Paths under which busybox is called: this host's busybox-static is built as the guest's is."""
    listed = subprocess.run(["busybox", "--list-full"], capture_output=True, text=True, check=True)
    return [f"/{path}" for path in listed.stdout.split() if path != "bin/busybox"]
