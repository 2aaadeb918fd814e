"""Refresh commands that outlive the agent which started them: the next one learns how they ended."""

import os
import signal
import threading
from pathlib import Path

import pytest

from harness.processes import wait_for_end


class HeldCommand:
    """A refresh command that waits until it is told to go on. `recorder` knows how often it has begun; `overlaps`
    is there when it has ever run beside itself."""

    def __init__(self, box):
        self.pipe = box.root / "go"
        os.mkfifo(self.pipe)
        alone, self.overlaps = box.root / "alone", box.root / "overlaps"
        self.begun, self.pid_file = box.root / "begun", box.root / "held.pid"
        os.mkfifo(self.begun)
        self.recorder = box.recorder(
            body=f"mkdir {alone} || touch {self.overlaps}; echo $$ >{self.pid_file}; echo >{self.begun}; "
            f"read line <{self.pipe}; rmdir {alone}"
        )

    @property
    def command(self):
        return self.recorder.command

    @property
    def runs(self):
        return self.recorder.runs

    @property
    def runner(self):
        """The process that has started the command."""
        pid = int(self.pid_file.read_text())
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

    def wait_until_it_runs(self):
        self.begun.read_text()

    def go_on(self):
        self.pipe.write_text("go\n")

    def is_alone(self):
        return not self.overlaps.exists()


@pytest.fixture
def held(box):
    command = HeldCommand(box)
    yield command
    assert command.is_alone()


def ended_by(agent, held, number):
    """The agent ends while its command runs."""
    held.wait_until_it_runs()
    if number == signal.SIGKILL:
        agent.process.kill()
        agent.process.wait()
    else:
        assert agent.stop(number) == 0
        assert "continues without the agent" in agent.text


def assert_nothing_left(agent):
    """The last record of a command may go after the last line in the log."""
    assert agent.stop() == 0
    assert agent.box.leftovers() == []


def journals(box):
    return [path for path in box.leftovers() if path.endswith(".wcp-journal")]


@pytest.mark.heart
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_command_that_ends_without_an_agent_is_not_run_again(box, held, resident, number):
    box.manage(refresh_command=held.command)
    agent = resident()
    ended_by(agent, held, number)
    runner = held.runner
    assert journals(box)
    held.go_on()
    wait_for_end(runner)

    again = resident()
    again.wait_for("has succeeded already")
    again.wait_until_fresh()
    assert held.runs == 1
    assert_nothing_left(again)


@pytest.mark.heart
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_next_agent_waits_for_a_running_command_of_the_last_one(box, held, resident, number):
    box.manage(refresh_command=held.command)
    ended_by(resident(), held, number)

    again = resident()
    again.wait_for("Starting certificate refresh")
    again.assert_sleeps()
    assert held.runs == 1 and journals(box)
    assert "refresh successful" not in again.text
    held.go_on()

    again.wait_until_fresh()
    assert held.runs == 1
    assert_nothing_left(again)


def test_once_and_the_next_agent_wait_for_a_command_together(box, held, resident):
    site = box.manage(refresh_command=held.command)
    ended_by(resident(), held, signal.SIGKILL)
    again = resident()
    again.wait_for("Starting certificate refresh")
    outcomes = []
    once = threading.Thread(target=lambda: outcomes.append(box.run("once", "--json")))
    once.start()
    held.go_on()
    once.join()

    again.wait_until_fresh()
    assert outcomes[0].exit_code == 0 and outcomes[0].results == ["unchanged"]
    assert held.runs == 1
    assert_nothing_left(again)
    site.assert_installed()


def test_command_that_fails_without_an_agent_is_run_again(box, held, resident):
    box.manage(refresh_command=held.command)
    held.recorder.fail_from_now_on()
    ended_by(resident(), held, signal.SIGKILL)
    runner = held.runner
    held.go_on()
    wait_for_end(runner)
    held.recorder.succeed_from_now_on()

    again = resident()
    held.wait_until_it_runs()
    held.go_on()
    again.wait_until_fresh()
    assert held.runs == 2
    assert_nothing_left(again)


def test_change_while_nobody_waits_gets_a_run_of_its_own(box, held, resident):
    """The record of the first change's command says nothing of the second one's."""
    site = box.manage(refresh_command=held.command)
    ended_by(resident(), held, signal.SIGKILL)
    runner = held.runner
    site.renew()
    again = resident()
    again.wait_for("Certificate files written")
    held.go_on()
    wait_for_end(runner)

    held.wait_until_it_runs()
    held.go_on()
    again.wait_until_fresh()
    assert held.runs == 2
    assert_nothing_left(again)
    site.assert_installed()


def test_command_for_one_certificate_is_not_run_beside_itself_for_another(box, held, resident):
    box.manage("first.example.com", refresh_command=held.command)
    second = box.manage("second.example.com", refresh_command=held.command)
    box.write_config()
    box.tables.pop()
    ended_by(resident(), held, signal.SIGKILL)
    box.tables.append(second.table)

    again = resident()
    again.wait_for("Certificate files written for .*: second")
    again.assert_sleeps()
    assert held.runs == 1
    held.go_on()
    held.wait_until_it_runs()
    held.go_on()
    again.wait_until_fresh(2)
    assert held.runs == 2
    assert_nothing_left(again)


def test_daemon_that_a_command_leaves_behind_blocks_no_later_run(box, resident):
    daemon = box.root / "daemon.pid"
    recorder = box.recorder(body=f"[ -e {daemon} ] || {{ setsid sleep 600 & echo $! >{daemon}; }}")
    site = box.manage(refresh_command=recorder.command)
    try:
        agent = resident()
        agent.wait_until_fresh()
        site.renew()
        agent.send(signal.SIGUSR1)
        agent.wait_until_fresh()
        assert agent.stop() == 0
        site.renew()
        again = resident()
        again.wait_until_fresh()
        os.kill(int(daemon.read_text()), 0)
        assert recorder.runs == 3
        assert_nothing_left(again)
    finally:
        box.kill(daemon)


@pytest.mark.parametrize("record", [
    "wcp-hook 1 {boot} - 1 1 0 running 0\n",  # process 1 lives, but is not that old
    "wcp-hook 1 00000000-0000-0000-0000-000000000000 - {pid} {start} 0 running 0\n",  # before the last start of the machine
    "not a record",
    "",
])
def test_record_that_says_nothing_of_a_running_command_keeps_nobody_waiting(box, resident, record):
    recorder = box.recorder()
    site = box.manage(refresh_command=recorder.command)
    path = site.path("certificate").with_name(f".{site.path('certificate').name}.wcp-hook")
    start = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    path.write_text(record.format(boot=boot, pid=os.getpid(), start=start))

    outcome = box.once()

    assert outcome.exit_code == 0
    assert recorder.runs == 1 and box.leftovers() == []
