"""Servers that never outlive the test that started them; and what /proc says of others."""

import ctypes
import os
import select
import signal
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def dies_with_parent(number=signal.SIGTERM):
    """For Popen's preexec_fn: even when the parent is killed, this process does not stay."""
    _libc.prctl(PR_SET_PDEATHSIG, number)


def is_killed_with_parent():
    """The same for those that do not end of SIGTERM."""
    dies_with_parent(signal.SIGKILL)


def wait_for_end(pid):
    """Waits for any process: it need not be a child."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with os.fdopen(descriptor) as process:
        select.select([process], [], [])


def memory(pid):
    """Every writable region of a process, as far as it can be read."""
    regions = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end = (int(bound, 16) for bound in line.split()[0].split("-"))
            if line.split()[1].startswith("rw"):
                mem.seek(start)
                regions.append(mem.read(end - start))
    return b"\0".join(regions)


def timer_of(agent):
    """Milliseconds until a resident agent wakes up by itself; 0: never."""
    for file in Path(f"/proc/{agent.pid}/fdinfo").iterdir():
        text = file.read_text()
        if "clockid: 7" in text:  # CLOCK_BOOTTIME
            seconds, rest = text.split("it_value: (")[1].split(")")[0].split(",")
            return int(seconds) * 1000 + int(rest) // 1000000
    raise AssertionError("it has no timer")
