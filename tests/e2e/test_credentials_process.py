"""credential_process: a command that writes credentials, and all that such a command may do instead."""

import json
import os
import re
import signal
import textwrap
import time
from pathlib import Path

import pytest

from harness.explained import assert_failed
from harness.namespace import SERVICE, SERVICE_ID
from harness.stub_aws import ACCESS_KEY, SECRET_KEY

GOOD = {"Version": 1, "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY}


def printing(**changes):
    """A script's line that writes credentials with other values."""
    values = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return f"echo '{json.dumps(values)}'"


@pytest.fixture
def site(box):
    box.forget_keys()
    return box.manage()


@pytest.fixture
def helper(box):
    """Makes the script the credential_process of the default profile."""

    def make(script, arguments=""):
        command = f"{box.script('helper', textwrap.dedent(script))}{arguments}"
        file = box.directory("home/.aws") / "config"
        file.write_text(f"[default]\ncredential_process = {command}\n")
        return file

    return make


@pytest.mark.heart
def test_output_of_the_command(box, aws, site, helper):
    helper(printing())

    assert box.once().results == ["updated"]
    assert aws.operations() == {"AssumeRole": 1, "ExportCertificate": 1}


def test_words_and_environment_of_the_command(box, site, helper):
    box.environment["FOR_THE_HELPER"] = "yes"
    helper(
        'test "$1|$2" = "two words|x" && test $FOR_THE_HELPER = yes && '
        'test "$(readlink /proc/$$/fd/0)" = /dev/null || exit 1\n' + printing(),
        arguments=" 'two words' x",
    )

    assert box.once().results == ["updated"]


def test_command_runs_once_for_a_batch_and_anew_for_the_next(box, site, helper):
    runs = box.root / "runs"
    helper(f"echo run >>{runs}\n{printing()}")
    box.manage("two.example.com")

    assert box.once().results == ["updated", "updated"]
    assert runs.read_text() == "run\n"
    assert box.once().results == ["unchanged", "unchanged"]
    assert runs.read_text() == "run\nrun\n"


def test_command_runs_as_the_agents_user(box, site, helper):
    helper(f"test $(id -u) = {SERVICE_ID} || exit 1\n{printing()}")
    os.chown(box.files, SERVICE_ID, SERVICE_ID)

    assert box.once(user=SERVICE).results == ["updated"]


def test_doctor_says_what_the_command_gave(box, site, helper):
    helper(printing(Expiration="2099-01-01T00:00:00Z"))
    box.write_config()

    assert re.search(r"ok +credentials: .*default.*, until 2099-01-01T00:00:00Z", box.run("doctor").out)


def test_doctor_shows_no_control_characters_of_the_command(box, site, helper):
    helper("printf 'a\\033[2Jb' >&2; exit 1")
    box.write_config()

    assert "it said: a?[2Jb;" in box.run("doctor").out


def test_doctor_goes_on_when_the_command_fails(box, site, helper):
    helper("echo no luck >&2; exit 1")
    box.write_config()
    said = box.run("doctor").out

    assert re.search(r"FAIL +credentials: .*no luck", said)
    assert re.search(r"ok +tls: ", said) and re.search(r"skip +role: .*no credentials", said)


FAULTS = {
    "fails": ("echo first >&2; echo out of luck >&2; exit 4", "exited with status 4; it said: first out of luck", "by hand"),
    "is killed": ("kill -SEGV $$", "signal 11", "by hand"),
    "says nothing": ("true", "not JSON", "Version 1"),
    "no JSON": ("echo hello", "not JSON", "Version 1"),
    "another version": (printing(Version=2), "Version", "Version 1"),
    "no secret": (printing(SecretAccessKey=None), "SecretAccessKey", "by hand"),
    "CR LF": (printing(AccessKeyId="x\r\nX-Evil: 1"), "not usable", "by hand"),
    "no time": (printing(Expiration="tomorrow"), "Expiration", "by hand"),
    "expired": (printing(Expiration="2020-01-01T00:00:00Z"), "expired at 2020-01-01T00:00:00Z", "renew"),
    "endless": ("exec yes", "wrote more than 65536 bytes", "by hand"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_explained(box, aws, site, helper, fault):
    script, cause, advice = FAULTS[fault]
    helper(script)

    assert_failed(box.once(), site, f"no credentials from .*default.*({cause})", advice)
    assert aws.operations()["AssumeRole"] == 0


@pytest.mark.parametrize("command, cause, advice", [
    ("/nonexistent/helper", "/nonexistent/helper.*No such file", "install"),
    ("no-such-helper-anywhere", "no-such-helper-anywhere.*PATH", "whole path"),
    ("helper | tee /tmp/x", "only a shell", "script"),
    ("helper 'x", "quote", "."),
])
def test_command_that_cannot_run_is_explained(box, aws, site, helper, command, cause, advice):
    helper("true").write_text(f"[default]\ncredential_process = {command}\n")

    assert_failed(box.once(), site, cause, advice)
    assert aws.requests == []
    checked = box.check()
    assert checked.exit_code != 0 and re.search(cause, checked.err + checked.out)


def test_program_that_others_can_change_is_warned_about(box, site, helper):
    helper(printing())
    Path(box.script("helper", printing())).chmod(0o777)
    outcome = box.once()

    assert outcome.results == ["updated"]
    assert re.search(r"WARN .*credential_process.*chmod go-w .*/helper", outcome.err)


def test_program_that_is_installed_later_is_run_at_once(box, site, resident):
    later = Path(box.script("helper", "true"))
    later.unlink()
    (box.directory("home/.aws") / "config").write_text(f"[default]\ncredential_process = {later} x\n")
    agent = resident()
    agent.wait_for("failure #1.*cannot be run")
    box.script("helper", printing())

    agent.wait_until_fresh()


def test_failing_command_that_writes_the_files_does_not_retry_at_once(box, site, helper, resident):
    """Those of two roles would start each other, without any pause."""
    runs = box.root / "runs"
    helper(f"echo run >>{runs}; sleep 0.2; echo '[other]' >~/.aws/credentials; exit 1")
    (box.home / ".aws/credentials").touch()
    box.manage("two.example.com", session_name="two")
    agent = resident()
    agent.wait_for("failure #1", count=2)
    time.sleep(4)

    assert len(runs.read_text().split()) < 6
    assert agent.stop() == 0


HANGS = "echo $$ >pid; trap '' TERM; sleep 1000 & echo $! >child; touch started; wait; sleep 1000"


def test_hanging_command_delays_nothing_else(box, aws, site, helper, resident):
    """The agent serves its signals, and ends what it has started when it is stopped."""
    helper(f"cd {box.root}\n{HANGS}")
    agent = resident()
    while not (box.root / "started").exists():
        assert agent.process.poll() is None
    agent.send(signal.SIGHUP)
    agent.wait_for("onfiguration")

    assert agent.stop() == 0
    assert_gone(box)


def test_killed_agent_leaves_no_command(box, site, helper, resident):
    helper(f"cd {box.root}\n{HANGS}")
    agent = resident()
    while not (box.root / "started").exists():
        assert agent.process.poll() is None
    agent.stop(signal.SIGKILL)

    assert_gone(box)


def assert_gone(box):
    for name in ("pid", "child"):
        pid = int((box.root / name).read_text())
        while os.path.exists(f"/proc/{pid}"):
            with open(f"/proc/{pid}/stat", "rb") as file:
                if file.read().rpartition(b")")[2].split()[0] == b"Z":
                    break
