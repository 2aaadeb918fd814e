"""Servers that never outlive the test that started them."""

import ctypes
import signal

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def dies_with_parent():
    """For Popen's preexec_fn: even when the parent is killed, this process does not stay."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
