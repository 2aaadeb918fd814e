"""`recover`: finish what a crash interrupted, and nothing else."""

import os
import re
from pathlib import Path

import pytest

from harness import trace
from harness.box import agent


@pytest.fixture
def command(box):
    return box.recorder()


@pytest.fixture
def site(box, command):
    """Installed; AWS has renewed it since."""
    site = box.manage(refresh_command=command.command)
    assert box.once().exit_code == 0
    site.old = {path: path.read_bytes() for path in site.paths}
    site.renew()
    return site


def crash_at_rename(box, path):
    """`once`, killed where the supervisor would rename something to this name."""
    box.write_config()
    argv = ["strace", "-qq", "-o", "/dev/null", "-P", path.name, "-e", "inject=/rename:signal=KILL"]
    return box.run_program(
        *argv, agent(), "once", "-c", box.config, environment={"ASAN_OPTIONS": "detect_leaks=0"}
    )


def crash_before_the_commit(box, site):
    path = site.path("certificate")
    crash_at_rename(box, path.with_name(f".{path.name}.wcp-journal"))


def crash_after_the_first_member(box, site):
    crash_at_rename(box, site.path("private_key"))


def temporary(box, site, member):
    """Of a member in place, its old contents; of another, its new ones."""
    (found,) = [path for path in map(Path, box.leftovers()) if path.name.startswith(f".{site.path(member).name}.")
                and path.suffix == ".wcp-new"]
    return found


def is_old(site):
    return all(path.read_bytes() == site.old[path] for path in site.paths)


def is_new(site):
    return all(path.read_text() == text for path, text in site.expected().items())


@pytest.mark.heart
def test_nothing_to_recover_is_success_and_writes_nothing(box, site):
    before = box.snapshot()
    outcome = box.recover(traced="%file,%desc,%net")

    assert outcome.exit_code == 0
    assert box.snapshot() == before
    assert not any(call.name == "connect" for call in outcome.calls)
    assert [call for call in trace.writes(outcome.calls) if "/dev/null" not in call.arguments] == []


@pytest.mark.heart
def test_recover_before_the_first_run_is_success(box):
    box.manage()

    assert box.recover().exit_code == 0


@pytest.mark.heart
def test_recover_finishes_a_set_that_is_half_renamed(box, site, aws, command):
    crash_after_the_first_member(box, site)
    assert not is_old(site) and not is_new(site)
    asked, runs = len(aws.requests), command.runs

    outcome = box.recover()

    assert outcome.exit_code == 0
    assert is_new(site)
    assert len(aws.requests) == asked, "recover needs no network"
    assert command.runs == runs, "recover runs no command"


@pytest.mark.heart
def test_pending_command_runs_in_the_next_cycle_though_files_are_in_place(box, site, command):
    crash_after_the_first_member(box, site)
    box.recover()

    outcome = box.once()

    assert outcome.exit_code == 0
    assert command.runs == 2
    assert box.leftovers() == []


@pytest.mark.heart
def test_recover_before_the_commit_keeps_the_old_set(box, site):
    crash_before_the_commit(box, site)
    assert box.leftovers()

    assert box.recover().exit_code == 0
    assert is_old(site)
    assert box.leftovers() == []


@pytest.mark.heart
def test_recover_twice_is_recover_once(box, site):
    crash_after_the_first_member(box, site)
    box.recover()
    before = box.snapshot()

    assert box.recover().exit_code == 0
    assert box.snapshot() == before


def damage(path):
    with open(path, "ab") as file:
        file.write(b"damaged")


@pytest.mark.heart
def test_set_that_cannot_be_completed_goes_back(box, site, command):
    crash_after_the_first_member(box, site)
    damage(temporary(box, site, "private_key"))
    runs = command.runs

    outcome = box.recover()

    assert outcome.exit_code == 0
    assert site.arn in outcome.err and "the earlier files are back" in outcome.err
    assert is_old(site) and box.leftovers() == []

    assert box.once().exit_code == 0
    assert is_new(site) and command.runs == runs + 1
    assert box.leftovers() == []


@pytest.mark.heart
def test_set_that_can_neither_be_completed_nor_go_back_is_said_and_left_alone(box, site):
    crash_after_the_first_member(box, site)
    damage(temporary(box, site, "private_key"))
    damage(temporary(box, site, "certificate"))
    before = box.installed_files()

    outcome = box.recover()

    assert outcome.exit_code == 1
    assert site.arn in outcome.err
    assert box.installed_files() == before

    assert box.once().exit_code == 0
    assert is_new(site)
    assert box.leftovers() == []


@pytest.mark.heart
def test_journal_of_a_stranger_is_not_believed(box, site):
    crash_after_the_first_member(box, site)
    (journal,) = [path for path in box.leftovers() if path.endswith(".wcp-journal")]
    os.chown(journal, 12345, 12345)
    before = box.installed_files()

    outcome = box.recover()

    assert outcome.exit_code == 1
    assert re.search(f"{re.escape(site.arn)}.*journal.*(another user|own)", outcome.err)
    assert {p: s.content for p, s in box.installed_files().items()} == {
        p: s.content for p, s in before.items()
    }
