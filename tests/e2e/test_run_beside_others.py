"""The resident agent while other processes change its files, hold its locks, or change its configuration."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.box import agent as agent_binary
from harness.http_messages import acm_error
from harness.resident import PATIENCE_SECONDS


@contextlib.contextmanager
def locked(path):
    """Somebody else's lock."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def status_of(box, site, state):
    """Once it has this state: the file is written after the log, and at most once a second."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = box.run("status", "--json").certificates[site.arn]
        if found["state"] == state or time.monotonic() > deadline:
            assert found["state"] == state
            return found
        time.sleep(0.1)


def status_writes_of(agent, seconds):
    """How often the agent replaces its status file in this time: one that spins does it hundreds of times a second."""
    (file,) = [path for path in Path("/run/wcp-tiny").glob("*/status.json") if f'"pid":{agent.pid},' in path.read_text()]
    seen, end = set(), time.monotonic() + seconds
    while time.monotonic() < end:
        seen.add(file.stat().st_mtime_ns)
        time.sleep(0.005)
    return len(seen)


@pytest.fixture
def contended(box, resident):
    """Two certificates share a command, which `once` runs for the second, until it is told to go on. The agent has
    replaced the first one's files, and waits for the command's end to run it for that change."""
    begun, go = box.root / "begun", box.root / "go"
    for pipe in (begun, go):
        os.mkfifo(pipe)
    first_run = box.root / "first-run"
    box.command = box.recorder(body=f"if mkdir {first_run} 2>/dev/null; then echo >{begun}; read line <{go}; fi")
    site, other = [box.manage(f"{name}.example.com", refresh_command=box.command.command) for name in ("www", "other")]
    box.write_config()
    once = subprocess.Popen(
        [agent_binary(), "once", "-c", box.config, "--only", other.arn], env=box.environment, cwd=box.root,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    begun.read_text()
    agent = resident()
    agent.wait_for("Certificate files written for .*: www")
    agent.assert_sleeps()

    def go_on():
        go.write_text("go\n")
        assert once.wait() == 0

    yield site, agent, go_on
    if once.poll() is None:  # the test has failed: nobody stays behind
        descriptor = os.open(go, os.O_RDWR)
        os.write(descriptor, b"go\n")
        once.wait()
        os.close(descriptor)


def test_change_that_another_process_leaves_half_done_is_completed_before_its_command_runs(box, contended):
    site, agent, go_on = contended
    site.renew()
    killed = ["strace", "-qq", "-o", "/dev/null", "-P", site.path("private_key").name, "-e", "inject=/rename:signal=KILL"]
    box.run_program(*killed, agent_binary(), "once", "-c", box.config, "--only", site.arn)
    assert site.text("certificate") == site.issued.leaf_pem and site.text("private_key") != site.issued.key_pem
    go_on()

    agent.wait_until_fresh(2)
    site.assert_installed()
    assert box.command.runs == 2
    assert agent.stop() == 0
    assert box.leftovers() == []


def test_change_whose_command_another_process_could_not_run_stays_to_be_deployed(box, contended):
    site, agent, go_on = contended
    agent.send(signal.SIGSTOP)
    go_on()
    box.command.fail_from_now_on()
    assert box.run("once", "--force", "--only", site.arn).exit_code == 1
    agent.send(signal.SIGCONT)
    agent.wait_for(f"Error refreshing certificate {site.arn}.* exited with status 7")

    assert status_of(box, site, "failing")["command_pending"]
    assert f"successful for {site.arn}" not in agent.text
    assert any(path.endswith(f"{site.name}.crt.wcp-journal") for path in box.leftovers())

    box.command.succeed_from_now_on()
    agent.send(signal.SIGUSR1)
    agent.wait_for(f"Certificate refresh successful for {site.arn}")
    assert agent.stop() == 0
    assert box.leftovers() == []


def test_certificate_removed_while_its_command_waits_leaves_the_agent_asleep(box, resident):
    kept, removed = box.manage("kept.example.com"), box.manage("removed.example.com", refresh_command=box.recorder().command)
    record = removed.path("certificate").with_name(".removed.example.com.crt.wcp-hook")
    record.touch()
    with locked(record):
        agent = resident()
        agent.wait_for(f"Certificate refresh successful for {kept.arn}")
        agent.wait_for(f"Certificate files written for {removed.arn}")
        box.tables.remove(removed.table)
        box.write_config()
        agent.wait_for("no longer configured")
        agent.assert_sleeps()
        assert status_writes_of(agent, seconds=2) <= 3  # a lock is tried again every second
    assert agent.stop() == 0
    assert not any(path.endswith("-journal") for path in box.leftovers())


def test_lock_of_one_certificate_holds_up_no_other(box, resident):
    """Nor signals, nor the end."""
    command = box.recorder()
    held = box.manage("held.example.com", directory=box.directory("etc/held"))
    free = box.manage("free.example.com", refresh_command=command.command)
    with locked(held.path("certificate").parent):
        agent = resident()
        agent.wait_for(f"Certificate refresh successful for {free.arn}")
        free.renew()
        agent.send(signal.SIGUSR1)
        agent.wait_for(f"Certificate refresh successful for {free.arn}")
        free.assert_installed()
        held.assert_absent()
        assert command.runs == 2
        started = time.monotonic()
        assert agent.stop() == 0
        assert time.monotonic() - started < 10  # a lock is tried for a minute


def test_certificate_is_installed_once_its_lock_is_free(box, site, resident):
    with locked(box.files):
        agent = resident()
        agent.wait_for("Starting certificate refresh")
        agent.assert_sleeps()
        site.assert_absent()
    agent.wait_until_fresh()
    site.assert_installed()


def test_fetch_and_command_that_fail_together_are_one_failure(box, resident):
    command = box.recorder()
    site = box.manage(refresh_command=command.command)
    command.fail_from_now_on()
    assert box.once().exit_code == 1
    box.aws.always("ExportCertificate", acm_error("AccessDeniedException", "not authorized"))
    agent = resident()
    agent.wait_for("Error refreshing certificate", count=2)

    assert status_of(box, site, "failing")["failures"] == 1
    assert "failure #2" not in agent.text
