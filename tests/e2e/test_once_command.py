"""The refresh command: when it runs, what it gets, what becomes of how it ends."""

import functools
import os
import re
import select
import signal
import subprocess

import pytest

from harness.box import agent
from harness.explained import assert_failed


PATIENCE_SECONDS = 30


@pytest.fixture
def command(box):
    return box.recorder()


@pytest.fixture
def site(box, command):
    return box.manage(refresh_command=command.command)


@pytest.mark.heart
def test_command_runs_after_the_files_are_in_place(box, site):
    proof = box.root / "proof"
    copying = box.recorder("copying", f"cat {box.files}/*.crt > {proof}")
    site.table["refresh_command"] = copying.command

    box.once()

    assert proof.read_text() == site.issued.leaf_pem


def test_command_line_is_split_on_white_space_without_a_shell(box, site, command):
    site.table["refresh_command"] = f"  {command.command} -s   reload a=b +x @y  "

    assert box.once().exit_code == 0
    assert command.arguments == ["-s", "reload", "a=b", "+x", "@y"]


@pytest.mark.heart
def test_command_knows_what_it_runs_for(box, site, command):
    box.once()

    told = {k: v for k, v in command.environment.items() if k.startswith("WCP_")}
    assert told.pop("WCP_REASON")
    not_after = told.pop("WCP_NOT_AFTER")
    assert not_after == f"{site.issued.certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    assert told == {
        "WCP_CERTIFICATE_ARN": site.arn,
        "WCP_CERTIFICATE_PATH": str(site.path("certificate")),
        "WCP_PRIVATE_KEY_PATH": str(site.path("private_key")),
        "WCP_CHAIN_PATH": str(site.path("chain")),
    }


def test_command_gets_no_other_environment_than_path(box, site, command):
    box.once(environment={"LD_PRELOAD": "", "SOMETHING": "else"})

    others = {name for name in command.environment if not name.startswith("WCP_")}
    # The shell of the script itself adds PWD and its kin.
    assert others - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH"}


def test_command_reads_from_nowhere(box, site, command):
    box.once()

    assert command.stdin == "/dev/null"


def test_command_inherits_no_descriptor(box, site, command):
    box.once()

    assert set(command.descriptors) == {0, 1, 2}


def test_command_that_several_changed_certificates_share_runs_once(box, command):
    for number in range(4):
        box.manage(f"site{number}.example.com", refresh_command=command.command)

    assert box.once().results == ["updated"] * 4
    assert command.runs == 1


def test_commands_that_differ_run_each(box, command):
    box.manage("a.example.com", refresh_command=command.command)
    box.manage("b.example.com", refresh_command=f"{command.command} other")

    box.once()

    assert command.runs == 2


def test_shared_command_runs_for_the_one_certificate_that_changed(box, command):
    sites = [
        box.manage(f"site{number}.example.com", refresh_command=command.command)
        for number in range(2)
    ]
    box.once()
    sites[1].renew()

    box.once()

    assert command.runs == 2
    assert command.environment["WCP_CERTIFICATE_ARN"] == sites[1].arn


@pytest.mark.heart
def test_failed_command_fails_the_certificate_whose_files_are_in_place(box, site, command):
    command.fail_from_now_on()

    outcome = box.once()

    assert_failed(outcome, site, r"refresh command.*(status|code) 7", r"again|retr")
    assert str(command.command) in outcome.err
    site.assert_installed()


@pytest.mark.heart
def test_failed_command_is_run_again_though_nothing_changed(box, site, command):
    command.fail_from_now_on()
    box.once()
    command.succeed_from_now_on()

    outcome = box.once()

    assert outcome.exit_code == 0
    assert command.runs == 2
    assert box.once().results == ["unchanged"]
    assert command.runs == 2
    assert box.leftovers() == []


def test_failed_command_that_is_shared_is_run_again_once(box, command):
    for number in range(3):
        box.manage(f"site{number}.example.com", refresh_command=command.command)
    command.fail_from_now_on()
    box.once()
    command.succeed_from_now_on()

    assert box.once().exit_code == 0
    assert command.runs == 2


@pytest.mark.heart
def test_pending_command_runs_even_when_aws_cannot_be_asked(box, site, command, aws):
    command.fail_from_now_on()
    box.once()
    command.succeed_from_now_on()
    box.environment["AWS_ENDPOINT_URL"] = "https://localhost:1"

    outcome = box.once()

    assert outcome.exit_code == 1
    assert command.runs == 2


def test_missing_command_fails_the_certificate(box, site):
    site.table["refresh_command"] = "/usr/bin/no-such-program -s reload"

    outcome = box.once()

    assert_failed(outcome, site, r"/usr/bin/no-such-program.*No such file", "by hand")
    site.assert_installed()


def test_command_that_is_killed_says_by_which_signal(box, site):
    site.table["refresh_command"] = box.script("suicide", "kill -SEGV $$")

    outcome = box.once()

    assert_failed(outcome, site, r"signal 11|SIGSEGV", r"again|retr")


def test_output_of_a_failed_command_is_shown(box, site):
    site.table["refresh_command"] = box.script(
        "talks", "echo to stdout; echo configuration is wrong >&2; exit 1"
    )

    outcome = box.once()

    assert outcome.exit_code == 1
    assert "configuration is wrong" in outcome.err
    assert "to stdout" in outcome.err


def test_output_of_a_command_is_bounded(box, site):
    site.table["refresh_command"] = box.script("chatty", "yes spam | head -c 1000000; exit 1")

    outcome = box.once()

    assert outcome.exit_code == 1
    assert 1000 < outcome.err.count("spam") * 5 <= 8192


def test_output_of_a_command_can_neither_forge_a_line_nor_drive_the_terminal(box, site):
    site.table["refresh_command"] = box.script(
        "forger", r"printf 'x\n2026-01-01T00:00:00Z INFO forged\033[2J\007\n'; exit 1"
    )

    outcome = box.once()

    assert "\033" not in outcome.err and "\007" not in outcome.err
    assert not re.search(r"^2026-01-01T00:00:00Z INFO forged", outcome.err, re.M)


def test_command_ends_with_its_exit_status_not_with_its_output(box, site):
    """A daemon that the command started keeps the output open."""
    daemon = box.root / "daemon.pid"
    site.table["refresh_command"] = box.script(
        "starts-daemon", f"setsid sh -c 'echo $$ > {daemon}.new && mv {daemon}.new {daemon}; "
        f"exec tail -f /dev/null' &\nuntil [ -e {daemon} ]; do :; done"
    )
    try:
        assert box.once().results == ["updated"]
    finally:
        box.kill(daemon)


def ends(pid):
    """True when the process has ended, or is just about to: it was killed a moment ago."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with open(descriptor, "rb") as handle:
        return bool(select.select([handle], [], [], PATIENCE_SECONDS)[0])


@pytest.mark.parametrize("body", [
    "exec tail -f /dev/null",
    "trap '' TERM; while :; do :; done",
], ids=["ends on TERM", "ignores TERM"])
def test_hanging_command_is_ended_after_its_limit(box, site, command, needs_hook, body):
    needs_hook("WCP_TEST_HURRY")
    command.fail_from_now_on()
    box.once()  # in no hurry: the files are in place, the command is pending
    pid = box.root / "hanging.pid"
    script = box.script("refresh", f"echo $$ > {pid}; {body}")

    outcome = box.once(environment={"WCP_TEST_HURRY": "900"})

    assert script == command.command
    assert outcome.exit_code == 1
    said = [line for line in outcome.err.splitlines() if site.arn in line and "ERROR" in line]
    assert any(re.search("did not end within.*; .*again", line) for line in said)
    assert ends(int(pid.read_text())), "the command was not killed"
    site.assert_installed()


def test_once_ends_at_sigterm_though_its_parent_has_blocked_it(box):
    recorder = box.recorder(body="sleep 30")
    box.manage(refresh_command=recorder.command)
    box.write_config()
    block = functools.partial(signal.pthread_sigmask, signal.SIG_BLOCK, {signal.SIGTERM})
    with subprocess.Popen([agent(), "once", "-c", box.config], env=box.environment, cwd=box.root, stderr=subprocess.PIPE,
                          preexec_fn=block, text=True) as once:
        assert any("Running refresh command" in line for line in once.stderr)
        once.terminate()
        assert once.wait(PATIENCE_SECONDS) == -signal.SIGTERM
