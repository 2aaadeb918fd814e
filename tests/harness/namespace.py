"""A mount namespace of the tests' own: what they mount or replace in /etc is seen by nobody else
and is gone with them, however they end.

Boxes live on a tmpfs over /srv: every directory above them is root's, as on a device. /run is
empty, as after a boot.
"""

import contextlib
import ctypes
import os
import subprocess
import tempfile
from pathlib import Path

CLONE_NEWNS = 0x00020000
ROOT = Path("/srv")

WORKER, SERVICE = "wcp-worker", "aws-wcp"
WORKER_ID, SERVICE_ID = 64801, 64802


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def enter_with_empty_run():
    """Call once, before any thread exists. What is kept in /run from now on ends with us."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNS) needs root")
    mount("--make-rprivate", "/")
    mount("-t", "tmpfs", "-o", "mode=0755,size=16m", "wcp-tiny-tests", "/run")


def enter():
    """The same for the tests: with a place for boxes, and the users that an installation makes."""
    enter_with_empty_run()
    mount("-t", "tmpfs", "-o", "mode=0755,size=256m", "wcp-tiny-tests", ROOT)
    replace("/etc/passwd", without_users("/etc/passwd") + "".join(
        f"{name}:*:{number}:{number}::/nonexistent:/bin/sh\n"
        for name, number in [(WORKER, WORKER_ID), (SERVICE, SERVICE_ID)]
    ))
    replace("/etc/group", without_users("/etc/group") + "".join(
        f"{name}:*:{number}:\n" for name, number in [(WORKER, WORKER_ID), (SERVICE, SERVICE_ID)]
    ))


def without_users(path):
    """The file's lines, but for those of the agent's own users."""
    lines = Path(path).read_text().splitlines(keepends=True)
    return "".join(line for line in lines if line.split(":")[0] not in (WORKER, SERVICE))


def replace(path, text):
    """From now on this file has this text, in this namespace."""
    with tempfile.NamedTemporaryFile("w", dir=ROOT, prefix="replaced.", delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    mount("--bind", file.name, path)


@contextlib.contextmanager
def mounted(*arguments):
    """A mount for the length of a with block: mount's arguments, the mount point last."""
    mount(*arguments)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(arguments[-1])], check=True)


@contextlib.contextmanager
def replaced(path, text):
    replace(path, text)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


@contextlib.contextmanager
def sudo_rules(*rules):
    """The only rules in sudoers.d; sudo refuses files that others may write."""
    directory = tempfile.mkdtemp(dir=ROOT, prefix="sudoers.")
    os.chmod(directory, 0o755)
    file = Path(directory, "wcp-tiny-tests")
    file.write_text("".join(f"{rule}\n" for rule in rules))
    file.chmod(0o440)
    with mounted("--bind", directory, "/etc/sudoers.d"):
        yield
