"""The directory in /run: one agent for each configuration file, whoever was there before, whatever becomes of it."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness import namespace
from harness.machine import certificate_table
from harness.resident import PATIENCE_SECONDS, Resident, run_directory

ROOT = Path("/run/wcp-tiny")


@pytest.fixture(autouse=True)
def empty_run():
    """As after a boot."""
    shutil.rmtree(ROOT, ignore_errors=True)
    yield
    shutil.rmtree(ROOT, ignore_errors=True)


@pytest.fixture
def agent(box, site, resident):
    agent = resident()
    agent.wait_until_fresh()
    wait_until((run_directory(box.config) / "status.json").exists, "a status")
    return agent


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def status_of(box, config=None, **options):
    return json.loads(box.run_bare("status", "--json", "-c", str(config or box.config), **options).out)["agent"]


def assert_found(box, agent, config=None, **options):
    """`status` shows this agent's status, and that it runs."""
    shown = status_of(box, config, **options)
    assert (shown["pid"], shown["running"]) == (agent.pid, True)
    assert "version" in shown  # it is from the status file


# --- one agent for each configuration file --------------------------------------------------


@contextlib.contextmanager
def linked(box):
    link = box.root / "linked"
    link.symlink_to(box.config.parent)
    yield link / "config.toml"


@contextlib.contextmanager
def bound(box):
    with namespace.mounted("--bind", box.config.parent, box.directory("bound")):
        yield box.root / "bound/config.toml"


@contextlib.contextmanager
def spelled(box, spelling):
    yield box.config.parent / spelling / "config.toml"


SPELLINGS = {
    "dot": lambda box: spelled(box, "./."),
    "up and down": lambda box: spelled(box, "../wcp"),
    "slashes": lambda box: contextlib.nullcontext(f"{box.config.parent}//config.toml"),
    "relative": lambda box: contextlib.nullcontext(os.path.relpath(box.config)),
    "linked directory": linked,
    "bound directory": bound,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_however_the_path_is_spelled_there_is_one_agent(box, agent, spelling):
    with SPELLINGS[spelling](box) as config:
        second = box.run_bare("run", "-c", str(config))

        assert second.exit_code == 3
        assert f"running already, pid {agent.pid}" in second.err
        assert_found(box, agent, config)
        assert box.run_bare("refresh", "-c", str(config)).exit_code == 0
    agent.wait_for("Asked to refresh now")
    assert len(list(ROOT.iterdir())) == 1


def test_new_file_in_the_same_place_changes_nothing(box, agent):
    new = box.config.with_name("new")
    new.write_text(box.config.read_text() + "\n# new\n")
    new.rename(box.config)
    assert box.run("refresh").exit_code == 0
    agent.wait_for("Asked to refresh now")
    assert len(list(ROOT.iterdir())) == 1


def test_default_file_keeps_its_name_however_it_is_spelled(debian):
    place = "/etc/aws-workload-credentials-provider"
    debian.must("ln", "-s", place, "/etc/linked")
    debian.write(f"{place}/config.toml", "[capabilities.acm]\nenabled = true\n" + certificate_table(1, None, "/etc/ssl"))
    for spelling in (place, f"{place}/.", f"{place}/../aws-workload-credentials-provider", "/etc/linked"):
        outcome = debian.run("/root/wcp-tiny", "doctor", "-c", f"{spelling}/config.toml")
        assert "state in /run/wcp-tiny/default" in outcome.out


def test_agent_that_waits_for_the_directory_is_found_when_it_is_there(box, site, resident):
    """At first the path alone is known."""
    box.edge.update(log_destination="stderr", startup_jitter_seconds=0)
    box.write_config()
    away = box.root / "away"
    box.config.parent.rename(away)
    agent = resident(config=False)
    agent.wait_for("was rejected")
    wait_until(lambda: list(ROOT.glob("*/status.json")), "a status")
    assert "The agent runs" in box.run("status").out
    assert box.run("run").exit_code == 3

    away.rename(box.config.parent)
    agent.wait_until_fresh()
    wait_until((run_directory(box.config) / "status.json").exists, "a status in its place")

    assert_found(box, agent)
    assert box.run("run").exit_code == 3
    assert list(ROOT.iterdir()) == [run_directory(box.config)]


# --- it vanishes ----------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["all", "own", "status", "lock"])
def test_what_was_removed_is_made_again(box, agent, what):
    own = run_directory(box.config)
    for path in {"all": [ROOT], "own": [own], "status": [own / "status.json"], "lock": [own / "pid"]}[what]:
        subprocess.run(["rm", "-r", path], check=True)
    wait_until(lambda: (own / "status.json").exists() and (own / "pid").exists(), "they are there again")

    assert_found(box, agent)
    assert box.run("refresh").exit_code == 0
    agent.wait_for("Asked to refresh now")
    assert box.run("run").exit_code == 3
    agent.assert_sleeps()


def test_agent_that_comes_while_the_directory_is_gone_stays(box, agent):
    """The one before cannot know of it until it looks again; then it stops."""
    own = run_directory(box.config)
    moved = own.with_name("moved")
    agent.send(signal.SIGSTOP)
    own.rename(moved)
    with Resident(box) as second:
        second.wait_until_fresh()
        agent.send(signal.SIGCONT)
        agent.wait_for(f"Stopping: .*running already, pid {second.pid}")
        assert agent.end() == 3
        assert_found(box, second)


# --- root and the service's user ------------------------------------------------------------


@pytest.fixture
def shared(box, site):
    """A box that root and the service's user may both run the agent of. The directory is the service's."""
    box.files.chmod(0o777)
    box.logging.pop("log_level", None)
    own = run_directory(box.config)
    own.mkdir(parents=True)
    shutil.chown(own, namespace.SERVICE, namespace.SERVICE)
    return own


def run_as(box, user):
    with Resident(box, user=user) as agent:
        agent.wait_until_fresh()
        wait_until(lambda: status_of(box)["pid"] == agent.pid, "its status is there")
        assert_found(box, agent)
        assert_found(box, agent, user=namespace.WORKER)  # anybody sees it
        assert box.run("run").exit_code == 3
        assert box.run("run", user=namespace.SERVICE).exit_code == 3
        assert agent.stop() == 0
    assert status_of(box)["running"] is False


@pytest.mark.parametrize("users", [
    (None, namespace.SERVICE, None), (namespace.SERVICE, None, namespace.SERVICE),
], ids=["root first", "service first"])
def test_root_and_the_service_may_take_turns(box, shared, users):
    for user in users:
        for path in box.files.iterdir():
            path.unlink()  # whose files they are is not what this is about
        run_as(box, user)
        assert box.once().exit_code == 0


def test_what_root_left_before_the_service_got_the_directory_does_not_stop_it(box, shared):
    for name in ("pid", "commands.lock", "status.json", "status.json.new"):
        (shared / name).write_text("left\n")
        (shared / name).chmod(0o600)
    run_as(box, namespace.SERVICE)


def test_service_without_the_directory_is_found_beside_the_log(box, site):
    own = run_directory(box.config)
    own.mkdir(parents=True)
    (own / "status.json").write_text('{"agent":{"format":1,"pid":1}}')
    box.files.chmod(0o777)
    log = box.directory("var/log")
    shutil.chown(log, namespace.SERVICE)
    box.edge["log_directory"] = str(log)
    with Resident(box, user=namespace.SERVICE) as agent:
        agent.wait_until_fresh()
        wait_until((log / "status.json").exists, "a status beside the log")
        assert_found(box, agent)
        assert box.run("refresh").exit_code == 0
        agent.wait_for("Asked to refresh now")

        shutil.chown(own, namespace.SERVICE)
        agent.wait_for("The run-time directory has changed")
        wait_until(lambda: "version" in (own / "status.json").read_text(), "a status in its place")
        assert_found(box, agent)
        assert agent.stop() == 0


def test_second_agent_of_another_user_is_noticed(box, agent):
    """Its directory is closed to the second one, which would go on beside the log."""
    box.edge["log_directory"] = str(box.directory("var/log"))
    shutil.chown(box.directory("var/log"), namespace.SERVICE)
    box.write_config()
    outcome = box.run("run", user=namespace.SERVICE)

    assert outcome.exit_code == 3
    assert f"pid {agent.pid}" in outcome.err


# --- links ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hard link", "symbolic link", "moved file", "FIFO"])
@pytest.mark.parametrize("name", ["pid", "status.json", "status.json.new"])
def test_root_writes_through_no_link_in_the_service_users_directory(box, shared, kind, name):
    victim = ROOT / "victim"
    victim.write_text("precious\n")
    victim.chmod(0o600)
    if kind == "hard link":
        (shared / name).hardlink_to(victim)
    elif kind == "symbolic link":
        (shared / name).symlink_to(victim)
    elif kind == "FIFO":
        os.mkfifo(shared / name)
    else:
        (shared / name).write_text("precious\n")
        (shared / name).chmod(0o600)
    descriptor = None if kind == "FIFO" else os.open(shared / name, os.O_RDONLY)
    run_as(box, None)

    assert victim.read_text() == "precious\n"
    assert victim.stat().st_uid == 0
    if descriptor is not None:
        assert os.read(descriptor, 100) == b"precious\n"
        assert os.fstat(descriptor).st_uid == 0
        os.close(descriptor)


def test_file_that_root_makes_is_the_service_users(box, shared):
    run_as(box, None)
    assert (shared / "pid").owner() == namespace.SERVICE


def test_lock_that_another_process_holds_is_not_taken_from_it(box, shared):
    """A file of root in the service's directory, which the service may not even read."""
    with (shared / "pid").open("w") as lock:
        (shared / "pid").chmod(0o600)
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        box.write_config()
        outcome = box.run("run", user=namespace.SERVICE)
    assert outcome.exit_code == 3
    assert f"running already, pid {os.getpid()}" in outcome.err
