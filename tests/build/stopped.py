"""A program held at the end of its run, to look at its memory."""

import contextlib
import ctypes
import os
import signal
from pathlib import Path

import elf

PTRACE_TRACEME, PTRACE_CONT, PTRACE_SETOPTIONS = 0, 7, 0x4200
PTRACE_O_TRACEEXIT, PTRACE_O_EXITKILL = 0x40, 0x100000
PTRACE_EVENT_EXIT = 6
PAGE = 4096

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, pid=0, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace request {request:#x}")


def start_traced(program, arguments):
    pid = os.fork()
    if pid == 0:
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 1)
            ptrace(PTRACE_TRACEME)
            os.execv(program, [str(program), *arguments])
        finally:
            os._exit(127)
    return pid


def wait_for(pid, wanted):
    """Goes on past signals until the stop with this status comes; each one is an event, nothing is timed."""
    while True:
        _, status = os.waitpid(pid, 0)
        assert os.WIFSTOPPED(status), f"the program ended early, status {status:#x}"
        if status >> 8 == wanted:
            return
        ptrace(PTRACE_CONT, pid, os.WSTOPSIG(status))


@contextlib.contextmanager
def at_exit(program, *arguments):
    """The program, run until it exits: its memory is all there. Yields the text of its /proc/PID/maps."""
    pid = start_traced(program, arguments)
    try:
        wait_for(pid, signal.SIGTRAP)  # the exec
        ptrace(PTRACE_SETOPTIONS, pid, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)
        ptrace(PTRACE_CONT, pid)
        wait_for(pid, signal.SIGTRAP | PTRACE_EVENT_EXIT << 8)
        yield Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    finally:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            ptrace(PTRACE_CONT, pid)  # one that is exiting already is not woken by the signal
        os.waitpid(pid, 0)


def mappings(text):
    """(start, end, permissions, name) of each line of /proc/PID/maps."""
    for line in text.splitlines():
        fields = line.split(maxsplit=5)
        start, end = (int(address, 16) for address in fields[0].split("-"))
        yield start, end, fields[1], fields[5] if len(fields) > 5 else ""


def permissions_of_tables(binary, path, memory):
    """Of PT_GNU_RELRO's pages, wherever the kernel put the program this time: one or more."""
    relro, = binary.segments_of(elf.PT_GNU_RELRO)
    base = min(start for start, _, _, name in memory if name == str(path))
    first = (base + relro.address) & -PAGE
    last = (base + relro.address + relro.memory_size) & -PAGE
    assert first < last
    covering = [permissions for start, end, permissions, _ in memory if start < last and first < end]
    assert covering
    return covering
