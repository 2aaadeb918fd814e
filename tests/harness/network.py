"""A network namespace with nothing but loopback, which can be taken down and up again."""

import ctypes
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

CLONE_NEWNET = 0x40000000


class OwnNetwork:
    """Functions called through `run` see it, and so do the threads and processes they start.

    A context manager. The namespace belongs to one thread of ours, and ends with what was started
    in it.
    """

    def __enter__(self):
        self._thread = ThreadPoolExecutor(max_workers=1)
        self.run(self._leave)
        self.up()
        return self

    def __exit__(self, *_):
        self._thread.shutdown()

    @staticmethod
    def _leave():
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def run(self, function, *arguments, **options):
        return self._thread.submit(function, *arguments, **options).result()

    def _set(self, state):
        self.run(subprocess.run, ["ip", "link", "set", "lo", state], check=True)

    def up(self):
        self._set("up")

    def down(self):
        self._set("down")

    def add_address(self, address):
        """One more address of its own."""
        nodad = ["nodad"] if ":" in address else []
        self.run(subprocess.run, ["ip", "address", "add", address, "dev", "lo", *nodad], check=True)

    def reach_ipv6_only(self):
        """A way to everywhere for IPv6, none for IPv4; nobody answers there."""
        for command in (
            "link add there type veth peer name here", "link set there up", "link set here up",
            "address add 2001:db8::2/64 dev here nodad",
            "-6 route add default via 2001:db8::1 dev here",
        ):
            self.run(subprocess.run, ["ip", *command.split()], check=True)
