"""The resident agent and a file that cannot be renamed, for a while or for good."""

import contextlib
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.http_messages import acm_error


@contextlib.contextmanager
def refused(agent, path, error):
    """The kernel refuses to rename anything to or from this file's name."""
    injection = f"inject=renameat,renameat2:error={error}"
    argv = ["strace", "-qq", "-o", "/dev/null", "-P", path.name, "-e", injection, "-p", str(agent.pid)]
    with subprocess.Popen(argv) as strace:
        while "TracerPid:\t0\n" in Path(f"/proc/{agent.pid}/status").read_text():
            assert strace.poll() is None
            time.sleep(0.01)
        yield
        strace.terminate()  # it leaves the agent alone


@pytest.fixture
def fresh(box, resident):
    """An agent that has installed a certificate, and another version of it at AWS."""
    box.command = box.recorder()
    site = box.manage(refresh_command=box.command.command)
    agent = resident(environment={"ASAN_OPTIONS": "detect_leaks=0"})  # it would need ptrace
    agent.wait_until_fresh()
    site.old = {path: path.read_bytes() for path in site.paths}
    site.renew()
    return site, agent


@pytest.mark.heart
@pytest.mark.parametrize("error", ["EPERM", "EBUSY"])
def test_file_that_can_never_be_replaced_leaves_the_old_set(box, fresh, error):
    site, agent = fresh
    with refused(agent, site.path("private_key"), error):
        agent.send(signal.SIGUSR1)
        agent.wait_for(f"Error refreshing certificate {site.arn}.*the earlier ones are back")
        assert {path: path.read_bytes() for path in site.paths} == site.old
        assert box.leftovers() == []
    assert box.command.runs == 1

    agent.send(signal.SIGUSR1)
    agent.wait_until_fresh()
    site.assert_installed()
    assert agent.stop() == 0
    assert box.command.runs == 2 and box.leftovers() == []


def test_file_that_cannot_be_replaced_yet_is_replaced_without_another_export(box, fresh):
    """A resident agent has time, and the new version is on its disk."""
    site, agent = fresh
    with refused(agent, site.path("private_key"), "EIO"):
        agent.send(signal.SIGUSR1)
        agent.wait_for(f"Error refreshing certificate {site.arn}.*not all of them are in place yet")
        assert box.command.runs == 1
        box.aws.always("ExportCertificate", acm_error("AccessDeniedException", "not authorized"))
        assert any(path.endswith(".wcp-journal") for path in box.leftovers())

    agent.wait_until_fresh()
    site.assert_installed()
    assert agent.stop() == 0
    assert box.command.runs == 2 and box.leftovers() == []
