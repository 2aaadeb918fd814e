"""The resident agent: start, cycles, signals, stop."""

import fcntl
import os
import signal
import socket
import subprocess
import threading

import pytest

from harness.box import agent as agent_binary
from harness.box import is_test_build
from harness.http_messages import acm_error


@pytest.mark.heart
def test_installs_at_start_and_stays(box, site, resident):
    agent = resident()
    agent.wait_until_fresh()
    site.assert_installed()
    assert agent.process.poll() is None
    assert agent.stop() == 0


@pytest.mark.heart
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_well_when_told(site, resident, number):
    agent = resident()
    agent.wait_until_fresh()
    assert agent.stop(number) == 0


def test_log_says_what_a_search_written_for_upstream_looks_for(box, resident):
    site = box.manage(refresh_command=box.recorder().command)
    agent = resident()
    for line in (
        r"INFO ACM Scheduler starting with 1 certificate\(s\)$",
        rf"INFO Certificate task started for {site.arn}$",
        rf"INFO Starting certificate refresh for {site.arn}$",
        rf"INFO Certificate files written for {site.arn}",
        rf"INFO Running refresh command for {site.arn}: certificate files changed$",
        rf"INFO Refresh command succeeded for {site.arn}$",
        rf"INFO Certificate refresh successful for {site.arn}$",
    ):
        agent.wait_for(line)


def test_throttled_call_ends_the_batch_and_is_made_again_within_seconds(box, aws, resident):
    """A worker that waited would hold secrets; the schedule knows for how long the box has been throttled."""
    sites = [box.manage(name=f"site{number}") for number in range(3)]
    aws.script("ExportCertificate", acm_error("ThrottlingException", "Rate exceeded"))
    agent = resident()
    agent.wait_until_fresh(3)
    for site in sites:
        site.assert_installed()
    assert agent.text.count("ThrottlingException: Rate exceeded") == 3
    assert aws.operations() == {"AssumeRole": 2, "ExportCertificate": 4}


@pytest.mark.heart
@pytest.mark.parametrize("ask", ["signal", "command"])
def test_refreshes_when_asked(box, site, resident, ask):
    agent = resident()
    agent.wait_until_fresh()
    site.renew()
    if ask == "signal":
        agent.send(signal.SIGUSR1)
    else:
        assert box.run("refresh").exit_code == 0
    agent.wait_for("Asked to refresh now")
    agent.wait_until_fresh()
    site.assert_installed()


def test_refresh_without_an_agent_says_so(box, site):
    box.write_config()
    outcome = box.run("refresh")
    assert outcome.exit_code == 1
    assert "no agent with the configuration" in outcome.err and "wcp-tiny run" in outcome.err


@pytest.mark.heart
def test_a_second_agent_names_the_first(box, site, resident):
    first = resident()
    first.wait_until_fresh()
    outcome = box.run("run")
    assert outcome.exit_code == 3
    assert f"pid {first.pid}" in outcome.err
    assert first.process.poll() is None


@pytest.mark.heart
def test_once_works_beside_it(box, site, resident):
    agent = resident()
    agent.wait_until_fresh()
    site.renew()
    assert box.once().results == ["updated"]
    site.assert_installed()
    agent.send(signal.SIGUSR1)
    agent.wait_for("certificate files unchanged|refresh successful")


def test_stops_in_the_middle_of_a_batch(box, site, resident):
    """The worker waits for a reply that never comes; it ends with the agent."""
    asked, release = threading.Event(), threading.Event()

    def hold(connection, request):
        asked.set()
        release.wait(60)
        return box.aws.export(request)

    box.aws.always("ExportCertificate", hold)
    agent = resident()
    assert asked.wait(60)
    children = _children(agent.pid)
    assert len(children) == 1
    assert agent.stop() == 0
    assert not release.is_set()
    release.set()
    assert not any(os.path.exists(f"/proc/{child}") for child in children)
    site.assert_absent()
    assert box.leftovers() == []


def test_stops_between_two_sets_of_a_batch(box, resident):
    """The disk is slow, and everything has come already."""
    for number in range(20):
        box.manage(f"{number}.example.com")
    agent = resident(environment={"ASAN_OPTIONS": "detect_leaks=0"})  # it would need ptrace
    agent.wait_for("Certificate task started", count=20)
    slow = ["strace", "-qq", "-f", "-o", "/dev/null", "-p", str(agent.pid)]
    slow += ["-e", "trace=fsync", "-e", "inject=fsync:delay_enter=100000"]
    with subprocess.Popen(slow):
        agent.wait_for("Certificate files written")
        assert agent.stop() == 0
    assert len(list(box.files.glob("*.crt"))) < 10
    assert "Error" not in agent.text
    assert box.leftovers() == []


def test_works_and_stops_though_nobody_reads_what_it_says(box, site):
    """As on a console that was stopped with Ctrl-S."""
    box.edge.update(log_destination="stderr", startup_jitter_seconds=0)
    box.write_config()
    asked = threading.Event()

    def answer(connection, request):
        asked.set()
        return box.aws.export(request)

    box.aws.always("ExportCertificate", answer)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    command = [agent_binary(), "run", "-c", box.config]
    with subprocess.Popen(command, env=box.environment, cwd=box.root, stderr=writer) as agent:
        try:
            assert asked.wait(20)
            agent.terminate()
            assert agent.wait(20) == 0
        finally:
            agent.kill()
            os.close(reader)
            os.close(writer)


def test_stops_while_it_waits_for_a_lock(box, site, resident):
    """Somebody else holds the lock of the set."""
    held = os.open(box.files, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        agent = resident()
        agent.wait_for("Certificate task started")
        assert agent.stop() == 0
    finally:
        os.close(held)
    site.assert_absent()


def test_new_directory_that_is_not_there_is_said_at_once(box, site, resident):
    agent = resident()
    agent.wait_until_fresh()
    box.manage("other.example.com", directory=box.root / "absent")
    box.write_config()
    agent.wait_for("WARN .*absent.*run: wcp-tiny reload")


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


@pytest.mark.parametrize("changed", [True, False])
def test_fetch_while_the_command_runs(box, resident, changed):
    """Files that changed again get another run; a command that runs already is not run twice."""
    fifo = box.root / "go"
    os.mkfifo(fifo)
    command = box.recorder(body=f"read line <{fifo}")
    site = box.manage(refresh_command=command.command)
    box.logging["log_level"] = "debug"
    agent = resident()
    agent.wait_for("Running refresh command")
    if changed:
        site.renew()
    agent.send(signal.SIGUSR1)
    agent.wait_for("Starting certificate refresh")
    if changed:
        agent.wait_for("Certificate files written")
    else:
        agent.wait_for("Worker .* ended")
    fifo.write_text("go\n")
    agent.wait_for("Refresh command succeeded")
    if changed:
        agent.wait_for("Running refresh command .* changed")
        fifo.write_text("go\n")
        agent.wait_for("Refresh command succeeded")
    agent.wait_until_fresh()
    agent.assert_sleeps()
    assert command.runs == (2 if changed else 1)
    assert "another wcp-tiny" not in agent.text
    assert box.leftovers() == []
    site.assert_installed()


def test_a_failed_command_is_tried_again_without_network(box, resident, clock):
    marker = box.root / "works"
    command = box.script("sometimes", f"test -e {marker}")
    box.manage(refresh_command=command)
    agent = resident()
    agent.wait_for("Error refreshing certificate .*failure #1.*exited with status 1")
    clock.pass_until(agent, "failure #2.*exited with status 1", 10 * 1000)
    asked = len(box.aws.requests)
    marker.touch()
    clock.pass_until(agent, "Refresh command succeeded", 10 * 1000)
    agent.wait_until_fresh()
    assert len(box.aws.requests) == asked


def test_acm_start_with_a_bad_configuration_ends(box, site):
    box.write_config("[capabilities.acm]\nenabled = 1\n")
    outcome = box.run_bare("acm", "start", "--config", str(box.config))
    assert outcome.exit_code == 2
    assert "capabilities.acm.enabled" in outcome.err


def test_acm_start_with_acm_disabled_says_so_and_ends(box):
    box.write_config("[capabilities.acm]\nenabled = false\n")
    outcome = box.run_bare("acm", "start", "-c", str(box.config))
    assert outcome.exit_code == 0
    assert "not enabled" in outcome.err


@pytest.mark.heart
def test_acm_start_is_run_under_the_other_name(box, site, resident):
    agent = resident(command=("acm", "start"))
    agent.wait_until_fresh()
    site.assert_installed()
    assert agent.stop() == 0


def test_dead_role_does_not_delay_the_others(box, resident):
    """One role's endpoint accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dead = box.manage("dead.example.com", role="arn:aws:iam::123456789012:role/dead")
        alive = [
            box.manage(f"{i}.example.com", role=f"arn:aws:iam::123456789012:role/alive-{i}")
            for i in range(6)
        ]
        release = threading.Event()

        def assume(connection, request):
            if "dead" in request.body.decode():
                release.wait(60)
            return box.aws.assume_role(request)

        box.aws.always("AssumeRole", assume)
        agent = resident()
        agent.wait_until_fresh(6)
        for site in alive:
            site.assert_installed()
        dead.assert_absent()
        release.set()
        assert silent.fileno() >= 0


def test_first_refresh_command_that_fails_runs_again_though_a_fetch_changes_nothing(box, resident):
    recorder = box.recorder()
    box.manage(refresh_command=recorder.command)
    box.once()
    recorder.fail_from_now_on()
    box.edge["refresh_on_start"] = True
    agent = resident()
    agent.wait_for("exited with status")
    recorder.succeed_from_now_on()
    agent.send(signal.SIGUSR1)
    agent.wait_for("Refresh command succeeded")
    assert recorder.runs >= 3


def _footprint(agent):
    """Private memory in KB, and descriptors, of an agent that sleeps."""
    with open(f"/proc/{agent.pid}/status") as file:
        anonymous = next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
    return anonymous, sorted(os.listdir(f"/proc/{agent.pid}/fd"))


@pytest.mark.skipif(is_test_build(), reason="sanitizers and libc keep memory of their own")
def test_many_cycles_leave_nothing_behind(box, resident):
    site = box.manage(refresh_command=box.recorder().command)
    agent = resident()
    agent.wait_until_fresh()
    seen = []
    for cycle in range(1, 101):
        if cycle % 5 == 0:
            site.renew()
        agent.send(signal.SIGUSR1)
        agent.wait_until_fresh()
        if cycle % 10 == 0:
            agent.assert_sleeps()
            seen.append(_footprint(agent))
    memory, files = zip(*seen)
    assert all(each == files[0] for each in files)
    # The heap's free pieces lie differently after each cycle; a leak makes the second half larger.
    assert max(memory[5:]) <= max(memory[:5]) + 12, memory
