"""`once` and another `once` (or `recover`) on the same files at the same time."""

import os
import re
import signal
import subprocess

import pytest

from faults import FIRST_LOCK, points
from sweep import finished, sweep
from watched import STOPPED, WAITING_FOR_A_LOCK, held_after, watched_locks

# Between these calls, nothing that another process could notice is done.
UNNOTICED = re.compile(r"[a-z]*stat|fcntl|read\(|getdents|rt_sig|lseek|brk|m?mmap|munmap|gete?uid|getrandom|signalfd")


@pytest.fixture
def asked_for_newer(pair, other_aws):
    """On each device "old" is installed; its AWS holds "new", and another one "newer"."""
    for device in pair:
        device.install("old")
        device.start = device.capture()
        device.aws_holds("new")
        device.aws_holds("newer", other_aws)
    return {"AWS_ENDPOINT_URL": other_aws.url}


def noticed(device):
    return [p for p in points(device, "once", since=FIRST_LOCK) if not UNNOTICED.match(p.text)]


def test_two_runs_with_different_contents_held_anywhere(pair, asked_for_newer):
    """The first is held after each call until the second is done or waits for it."""

    def attempt(device, point):
        device.restore(device.start)
        with held_after(device, "once", point) as first:
            reached = first.until(STOPPED)
            with watched_locks(device, "once", environment=asked_for_newer) as second:
                second.until(WAITING_FOR_A_LOCK)
                first.go_on()
                outcomes = [first.end(), second.end()]
        version = device.installed()
        if version not in ("new", "newer") or device.leftovers():
            yield f"{version}, {device.leftovers()}, {outcomes}"
        elif device.seen()[-1] != device.digest(version):
            yield f"the last command did not run for {version}, {outcomes}"
        if any(outcome.exit_code != 0 for outcome in outcomes):
            yield f"{outcomes}"
        return reached

    sweep(pair, noticed(pair[0]), attempt)


def test_recover_beside_a_run_held_anywhere(pair, asked_for_newer):
    """It must not take a run that lasts for one that was interrupted."""

    def attempt(device, point):
        device.restore(device.start)
        with held_after(device, "once", point) as first:
            reached = first.until(STOPPED)
            with watched_locks(device, "recover") as second:
                second.until(WAITING_FOR_A_LOCK)
                first.go_on()
                outcomes = [first.end(), second.end()]
        if any(outcome.exit_code != 0 for outcome in outcomes):
            yield f"{outcomes}"
        if device.installed() != "new" or device.leftovers() or not device.command_ran_for("new"):
            yield f"{device.installed()}, {device.leftovers()}, {outcomes}"
        return reached

    sweep(pair, noticed(pair[0]), attempt)


# Who waits for a pipe would wait for ever where nobody writes.
waits_for_pipes = pytest.mark.timeout(60)


def command_that_waits(device, body=""):
    """A refresh command that says on one pipe that it runs, and ends when told so on another."""
    begun, end = device.root / "begun", device.root / "end"
    for pipe in (begun, end):
        os.mkfifo(pipe)
    device.site.table["refresh_command"] = device.script(
        "waits", f"{body}\necho >{begun}\nread -r _ <{end}\nexec {device.command}"
    )
    device.write_config()
    return begun, end


def run_in_background(device):
    return subprocess.Popen(
        device.argv("once"), env=device.surroundings(), cwd=device.root,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )


@waits_for_pipes
def test_set_that_changes_while_the_command_runs_keeps_its_journal(device, other_aws):
    """The end of the first command does not clear what the second is still to run for."""
    begun, end = command_that_waits(device)
    device.aws_holds("new")
    device.aws_holds("newer", other_aws)
    first = run_in_background(device)
    begun.read_text()
    second = watched_locks(device, "once", environment={"AWS_ENDPOINT_URL": other_aws.url})
    assert second.until(WAITING_FOR_A_LOCK), "no lock is held while a command runs"
    assert device.installed() == "newer", "the lock of the set is held while a command runs"

    end.write_text("\n")
    begun.read_text()  # the command of the second

    assert first.wait() == 0
    assert device.journal().exists()
    end.write_text("\n")
    outcome = second.end()
    assert outcome.exit_code == 0, outcome
    assert device.seen() == [device.digest("newer")] * 2
    assert device.leftovers() == []


@waits_for_pipes
def test_a_command_runs_under_its_own_lock_alone(device):
    found = device.root / "locks"
    begun, end = command_that_waits(
        device, f"flock -n {device.left} echo free >>{found}; "
        f"flock -n /run/wcp-tiny/*/commands.lock echo free >>{found} || echo held >>{found}"
    )
    # Locks of other devices are none of this test's: only this one's is there.
    for lock in os.listdir("/run/wcp-tiny") if os.path.isdir("/run/wcp-tiny") else []:
        subprocess.run(["rm", "-r", f"/run/wcp-tiny/{lock}"], check=True)
    device.aws_holds("new")
    running = run_in_background(device)
    begun.read_text()
    end.write_text("\n")
    assert running.wait() == 0
    assert found.read_text().split() == ["free", "held"]


@waits_for_pipes
def test_command_outlives_a_killed_agent_and_is_run_again(device):
    begun, end = command_that_waits(device)
    device.aws_holds("new")
    running = run_in_background(device)
    begun.read_text()

    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    end.write_text("\n")
    assert device.agent("recover").exit_code == 0
    assert device.journal().exists() and device.installed() == "new"

    device.site.table["refresh_command"] = device.command
    device.write_config()
    assert list(finished(device, "new")) == []
