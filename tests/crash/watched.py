"""A run of the agent that is watched, and held, while it lasts."""

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

from faults import ALONE
from harness.box import TIMEOUT_SECONDS, Outcome

STOPPED = re.compile(r"--- stopped by SIGSTOP ---")
WAITING_FOR_A_LOCK = re.compile(r"flock\(.* EAGAIN ")
IS_IT_ALIVE = re.compile(r"kill\(\d+, 0\)")


class Watched:
    """A command of the agent below strace, whose log is read line by line. A context manager: what
    was held goes on at its end.

    wrapper: () for a run that is to see the processes of earlier ones.
    """

    def __init__(self, device, command, *options, environment=None, wrapper=ALONE):
        reading, writing = os.pipe()
        self.log = os.fdopen(reading)
        self.process = subprocess.Popen(
            device.argv(command, *wrapper, "strace", "-qq", "-o", f"/dev/fd/{writing}", *options),
            env=device.surroundings(environment), cwd=device.root, pass_fds=[writing],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        os.close(writing)
        self.outcome = None
        self.limit = threading.Timer(TIMEOUT_SECONDS, self.process.kill)
        self.limit.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.go_on()
        self.end()

    def until(self, pattern):
        """Reads the log up to a line that matches; False when the run ends without."""
        return any(pattern.search(line) for line in self.log)

    @property
    def agent_pid(self):
        """The child of strace, which is unshare's (ALONE)."""
        pid = self.process.pid
        for _ in range(2):
            pid = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        return pid

    def go_on(self):
        if self.process.poll() is None:
            try:
                os.kill(self.agent_pid, signal.SIGCONT)
            except (OSError, IndexError):
                pass  # it has just ended

    def end(self):
        """How it ended, once it has."""
        if self.outcome is None:
            for _ in self.log:
                pass
            out, err = self.process.communicate()
            self.limit.cancel()
            self.log.close()
            self.outcome = Outcome(self.process.returncode, out.decode(), err.decode())
        return self.outcome


def held_after(device, command, point, **options):
    """A run that stops after this call, for as long as it is not told to go on."""
    injection = f"inject={point.name}:signal=STOP:when={point.number}"
    return Watched(device, command, "-e", f"trace={point.name}", "-e", injection, **options)


def watched_locks(device, command, **options):
    """A run of which it is seen when it waits for a lock."""
    return Watched(device, command, "-e", "trace=flock", **options)
