"""Refresh commands of an agent that is not root: `sudo -n`, and sudoers decide."""

import os

import pytest

from harness.explained import assert_failed
from harness.namespace import SERVICE, SERVICE_ID, sudo_rules


@pytest.fixture
def command(box):
    return box.recorder()


@pytest.fixture
def site(box, command):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)
    return box.manage(refresh_command=f"{command.command} -s reload")


@pytest.mark.heart
def test_command_runs_as_root_where_sudoers_allows_it(box, site, command):
    with sudo_rules(f"{SERVICE} ALL=(ALL) NOPASSWD: {command.command} -s reload"):
        outcome = box.once(user=SERVICE)

    assert outcome.results == ["updated"]
    assert (command.runs, command.user) == (1, 0)
    assert command.arguments == ["-s", "reload"]


def test_command_that_sudoers_does_not_allow_fails_the_certificate(box, site, command):
    with sudo_rules(f"{SERVICE} ALL=(ALL) NOPASSWD: /bin/true"):
        outcome = box.once(user=SERVICE)

    assert_failed(outcome, site, "sudo", "sudoers|sudo -n")
    assert command.runs == 0
    site.assert_installed()


def test_refused_command_runs_once_sudoers_allows_it(box, site, command):
    with sudo_rules():
        box.once(user=SERVICE)
    with sudo_rules(f"{SERVICE} ALL=(ALL) NOPASSWD: {command.command} -s reload"):
        outcome = box.once(user=SERVICE)

    assert outcome.exit_code == 0
    assert command.runs == 1


def test_root_runs_the_command_without_sudo(box, site, command):
    with sudo_rules():
        outcome = box.once(traced="execve")

    assert outcome.results == ["updated"]
    assert not any("sudo" in call.arguments.split("[")[0] for call in outcome.calls)
    assert command.user == 0
