"""`once` and another `once` (or `recover`) on the same files at the same time."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from faults import FIRST_LOCK, points
from harness.processes import wait_for_end
from sweep import finished, sweep
from watched import IS_IT_ALIVE, STOPPED, WAITING_FOR_A_LOCK, Watched, held_after, watched_locks

# Between these calls, nothing that another process could notice is done. Who closes a directory or a record gives up its
# lock; what the runner of a command does is noticed by who waits for it.
NOTICED = re.compile(r"flock|rename|link|unlink|.*O_CREAT|v?fork|clone|poll.*EAGAIN|wait|exit|close\(\d+<.*(/left|-hook)>\)")


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
    return [p for p in points(device, "once", since=FIRST_LOCK) if NOTICED.match(p.text)]


# Of two runs that fetch at the same time, the second to install cannot know which of them fetched first.
LATE = "another process has replaced the files while the certificate was fetched"


def test_two_runs_with_different_contents_held_anywhere(pair, asked_for_newer):
    """The first is held after each call until the second is done or waits for it. At most one finds that it is late."""

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
        late = [LATE in outcome.err for outcome in outcomes]
        if [outcome.exit_code for outcome in outcomes] != late or late == [True, True]:
            yield f"{outcomes}"
        if True in late and version == ("new", "newer")[late.index(True)]:
            yield f"late, and installed: {outcomes}"
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


class WaitingCommand:
    """The device's refresh command says that it runs, and ends when it is told so. A context manager:
    nobody waits any more at its end."""

    def __init__(self, device, body="", end=""):
        self.begun, self.ending = device.root / "begun", device.root / "ending"
        for pipe in (self.begun, self.ending):
            os.mkfifo(pipe)
        self.device, self.running = device, []
        device.site.table["refresh_command"] = device.script(
            "waits", f"{body}\necho >{self.begun}\nread -r _ <{self.ending}\n{end or device.command}"
        )
        device.write_config()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pipes = [os.open(pipe, os.O_RDWR) for pipe in (self.begun, self.ending)]
        os.write(pipes[1], b"\n" * len(self.running) * 2)
        for process in self.running:
            process.wait()
        for pipe in pipes:
            os.close(pipe)

    def once(self):
        """Starts a run of the agent, and returns when its command runs."""
        device = self.device
        self.running.append(subprocess.Popen(
            device.argv("once"), env=device.surroundings(), cwd=device.root,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ))
        self.wait_for_it()
        return self.running[-1]

    def wait_for_it(self):
        self.begun.read_text()

    def end(self):
        self.ending.write_text("\n")


@waits_for_pipes
def test_set_that_changes_while_the_command_runs_keeps_its_journal(device, other_aws):
    """The end of the first command does not clear what the second is still to run for."""
    device.aws_holds("new")
    device.aws_holds("newer", other_aws)
    with WaitingCommand(device) as command:
        first = command.once()
        with watched_locks(device, "once", environment={"AWS_ENDPOINT_URL": other_aws.url}) as second:
            assert second.until(WAITING_FOR_A_LOCK), "no lock is held while a command runs"
            assert device.installed() == "newer", "the lock of the set is held while a command runs"

            command.end()
            command.wait_for_it()  # the first or the second runs it again
            assert device.journal().exists()
            command.end()
            assert first.wait() == 0
            outcome = second.end()
    assert outcome.exit_code == 0, outcome
    assert device.seen() == [device.digest("newer")] * 2
    assert device.leftovers() == []


@waits_for_pipes
def test_command_that_another_run_has_run_meanwhile_is_not_run_again(device):
    device.aws_holds("new")
    with WaitingCommand(device) as command:
        first = command.once()
        with watched_locks(device, "once") as second:
            assert second.until(WAITING_FOR_A_LOCK)
            command.end()
            assert first.wait() == 0
            outcome = second.end()
    assert outcome.exit_code == 0 and "another wcp-tiny" in outcome.err, outcome
    assert device.seen() == [device.digest("new")]


@waits_for_pipes
def test_a_command_runs_under_its_own_lock_alone(device):
    found = device.root / "locks"
    record = device.journal().with_suffix(".wcp-hook")
    device.aws_holds("new")
    body = (
        f"flock -n {device.left} echo free >>{found}; "
        f"flock -n {record} echo free >>{found} || echo held >>{found}"
    )
    with WaitingCommand(device, body) as command:
        running = command.once()
        command.end()
        assert running.wait() == 0
    assert found.read_text().split() == ["free", "held"]
    assert not record.exists()


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def runner_of(agent):
    """The process that has started the command; a worker that is still ending has no children."""
    (runner,) = [child for child in children_of(agent.pid) if children_of(child)]
    return runner


@waits_for_pipes
def test_command_of_a_killed_agent_is_waited_for_and_not_run_again(device):
    device.aws_holds("new")
    with WaitingCommand(device) as command:
        running = command.once()
        kill(running.pid)
        running.wait()
        assert device.agent("recover").exit_code == 0
        assert device.journal().exists() and device.installed() == "new"

        with watched_locks(device, "once") as second:
            assert second.until(WAITING_FOR_A_LOCK)
            assert device.seen() == []
            command.end()
            outcome = second.end()
    assert outcome.exit_code == 0, outcome
    assert device.seen() == [device.digest("new")] and device.leftovers() == []


@waits_for_pipes
def test_command_that_has_ended_without_its_agent_is_not_run_again(device):
    device.aws_holds("new")
    with WaitingCommand(device) as command:
        running = command.once()
        runner = runner_of(running)
        kill(running.pid)
        running.wait()
        command.end()
        wait_for_end(runner)
    outcome = device.agent("once")
    assert outcome.exit_code == 0 and "has succeeded already" in outcome.err, outcome
    assert device.seen() == [device.digest("new")] and device.leftovers() == []


@waits_for_pipes
def test_command_that_has_failed_without_its_agent_is_run_again(device):
    device.aws_holds("new")
    with WaitingCommand(device, end="exit 1") as command:
        running = command.once()
        runner = runner_of(running)
        kill(running.pid)
        running.wait()
        command.end()
        wait_for_end(runner)
    device.site.table["refresh_command"] = device.command
    device.write_config()
    assert device.journal().exists() and device.seen() == []
    assert list(finished(device, "new")) == []


@waits_for_pipes
def test_command_whose_end_nobody_knows_is_run_again_but_not_beside_itself(device):
    """The agent and the process that would have noted the end are killed."""
    alone, twice = device.root / "alone", device.root / "twice"
    device.aws_holds("new")
    with WaitingCommand(device, f"mkdir {alone} || echo >{twice}; trap 'rmdir {alone}' EXIT") as command:
        running = command.once()
        kill(runner_of(running))
        kill(running.pid)
        running.wait()

        with Watched(device, "once", "-e", "trace=kill", wrapper=()) as second:
            # It looks whether the command still runs, and again a second later.
            for _ in range(2):
                assert second.until(IS_IT_ALIVE)
            command.end()
            command.wait_for_it()
            command.end()
            outcome = second.end()
    assert outcome.exit_code == 0, outcome
    assert device.seen() == [device.digest("new")] * 2
    assert not twice.exists() and device.leftovers() == []
