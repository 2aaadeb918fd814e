"""Servers that never outlive the test that started them."""

import ctypes
import signal

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def dies_with_parent(number=signal.SIGTERM):
    """For Popen's preexec_fn: even when the parent is killed, this process does not stay."""
    _libc.prctl(PR_SET_PDEATHSIG, number)


def is_killed_with_parent():
    """The same for those that do not end of SIGTERM."""
    dies_with_parent(signal.SIGKILL)
