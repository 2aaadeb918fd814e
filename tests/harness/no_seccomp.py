"""A kernel without seccomp filters, as far as a program can tell: prctl(PR_SET_SECCOMP) fails with EINVAL."""

import ctypes
import errno
import platform
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PRCTL = {"x86_64": 157, "aarch64": 167}.get(platform.machine())
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, FIRST_ARGUMENT = 0, 16
ALLOW, FAIL = 0x7FFF0000, 0x00050000 | errno.EINVAL


def instruction(code, value, when_true=0, when_false=0):
    return struct.pack("=HBBI", code, when_true, when_false, value)


def hide_seccomp():
    """For preexec_fn. Needs root, as it leaves new privileges possible."""
    program = b"".join([
        instruction(LOAD, NUMBER),
        instruction(JUMP_EQUAL, PRCTL, when_false=3),
        instruction(LOAD, FIRST_ARGUMENT),
        instruction(JUMP_EQUAL, PR_SET_SECCOMP, when_false=1),
        instruction(RETURN, FAIL),
        instruction(RETURN, ALLOW),
    ])
    text = ctypes.create_string_buffer(program, len(program))
    filter_ = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no filter")
