"""Programs of other people that the agent meets: a proxy, a name server. Each runs for the length of a with block."""

import contextlib
import pwd
import shutil
import socket
import subprocess
import time

import pytest

from .processes import is_killed_with_parent

PATIENCE_SECONDS = 30


def program(name):
    """Its path; the test is skipped where it is not installed."""
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        pytest.skip(f"needs {name} (tests/packages installs it)")
    return path


def free_port(address="127.0.0.1"):
    with socket.create_server((address, 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(argv, ready):
    """The program, once `ready` does not raise OSError any more."""
    process = subprocess.Popen(
        [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, preexec_fn=is_killed_with_parent,
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                ready()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    raise AssertionError(f"{argv[0]}: {process.communicate()[0]}") from None
                time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.communicate()


def connects_to(port, address="127.0.0.1"):
    return lambda: socket.create_connection((address, port), PATIENCE_SECONDS).close()


@contextlib.contextmanager
def dnsmasq(upstream):
    """A forwarding name server before another one: gives its address."""
    address = f"{upstream.address.rsplit('.', 1)[0]}.54"
    argv = [
        program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
        "--bind-interfaces", "--except-interface=lo", f"--listen-address={address}", f"--server={upstream.address}",
        "--cache-size=0", "--user=root", "--pid-file=",
    ]
    with running(argv, connects_to(53, address)):
        yield address
