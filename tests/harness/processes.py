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


def timer_of(agent):
    """Milliseconds until a resident agent wakes up by itself; 0: never."""
    for file in Path(f"/proc/{agent.pid}/fdinfo").iterdir():
        text = file.read_text()
        if "clockid: 7" in text:  # CLOCK_BOOTTIME
            seconds, rest = text.split("it_value: (")[1].split(")")[0].split(",")
            return int(seconds) * 1000 + int(rest) // 1000000
    raise AssertionError("it has no timer")
