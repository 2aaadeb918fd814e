"""As process 1, in a container without an init: orphans are reaped, signals and exit codes passed on."""

import os
import signal
import time
from pathlib import Path

import pytest

from harness.box import agent
from harness.resident import Resident

CONTAINER = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
# The command leaves a process behind, which ends when somebody writes to the FIFO.
ORPHAN = """
mkfifo {fifo}
sh -c 'read -r line < {fifo}' > /dev/null 2>&1 &
"""


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Contained(Resident):
    """The agent in a process namespace of its own."""

    def __init__(self, box, **options):
        super().__init__(box, **options)
        self.arguments = [*CONTAINER, *self.arguments]

    @property
    def pid(self):
        """Of the namespace's process 1, as we see it."""
        return children_of(self.process.pid)[0]

    def send(self, number):
        os.kill(self.pid, number)

    def child(self, word):
        """The child of process 1 that has this word in its command line, once it executes it."""
        for _ in range(1000):
            for pid in children_of(self.pid):
                if word in Path(f"/proc/{pid}/cmdline").read_text():
                    return pid
            time.sleep(0.02)
        raise AssertionError(f"no child {word!r}")


@pytest.fixture
def contained(box, site):
    with Contained(box) as resident:
        resident.wait_until_fresh()
        yield resident


def assert_vanishes(pid):
    """It neither runs nor is a zombie."""
    for _ in range(1000):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is still there: {Path(f'/proc/{pid}/stat').read_text()}")


def test_orphan_of_a_command_is_reaped(box, site):
    fifo = box.root / "fifo"
    site.table["refresh_command"] = box.recorder(body=ORPHAN.format(fifo=fifo)).command
    with Contained(box) as contained:
        contained.wait_until_fresh()
        orphan = contained.child("read -r")
        fifo.write_text("end\n")
        assert_vanishes(orphan)
        contained.send(signal.SIGTERM)
        assert contained.end() == 0


def test_signals_reach_the_agent(contained):
    contained.send(signal.SIGUSR1)
    contained.wait_for("Asked to refresh now")
    contained.wait_until_fresh()
    contained.send(signal.SIGTERM)
    assert contained.end() == 0


def test_killed_agent_is_an_exit_code(contained):
    os.kill(contained.child("wcp-tiny"), signal.SIGKILL)
    assert contained.end() == 128 + signal.SIGKILL


@pytest.mark.parametrize("works", [True, False])
def test_exit_code_of_once_is_passed_on(box, site, works):
    if not works:
        box.forget_keys()
    box.write_config()
    outcome = box.run_program(*CONTAINER, agent(), "once", "-c", box.config)
    assert outcome.exit_code == (0 if works else 1)
