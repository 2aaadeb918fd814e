"""The resident agent's log and status, from the agent itself."""

import contextlib
import json
import re
import signal
import subprocess

import pytest

from harness.http_messages import acm_error

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (DEBUG|INFO|WARN|ERROR) .+")


@pytest.fixture
def site(box):
    command = box.recorder()
    return box.manage(kind="rsa-2048", refresh_command=command.command)


@contextlib.contextmanager
def followed(directory):
    """What waits for a line of the log in this directory; each time for one after the last."""
    directory.mkdir(exist_ok=True)
    argv = ["tail", "-n", "+1", "-F", directory / "acm_provider.log"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as tail:

        def wait_for(pattern):
            return next(line for line in tail.stdout if re.search(pattern, line))

        yield wait_for
        tail.kill()


def status(box, *arguments):
    return box.run("status", *arguments)


def listed(box):
    (certificate,) = json.loads(status(box, "--json").out)["certificates"]
    return certificate


def log_lines(directory):
    text = (directory / "acm_provider.log").read_text()
    assert text.endswith("\n")
    return text.splitlines()


# --- log --------------------------------------------------------------------------------------


@pytest.mark.heart
def test_log_is_where_upstream_has_it(box, site, resident):
    box.edge["log_destination"] = "file"
    with followed(box.root / "logs") as wait_for:
        agent = resident()
        wait_for("Certificate refresh successful")
    assert agent.stop() == 0

    lines = log_lines(box.root / "logs")
    assert all(LINE.fullmatch(line) for line in lines)
    assert lines[0].endswith("INFO ACM Scheduler starting with 1 certificate(s)")
    assert any(line.endswith(f"INFO Certificate refresh successful for {site.arn}") for line in lines)
    assert agent.text == ""  # nothing on stderr


def test_debug_log_has_no_secret(box, aws, site, resident):
    box.edge.update(log_destination="file", log_directory=str(box.root / "log"))
    box.logging["log_level"] = "debug"
    aws.script("ExportCertificate", acm_error("RequestInProgressException"))
    with followed(box.root / "log") as wait_for:
        agent = resident()
        wait_for("Certificate refresh successful")
        site.renew()
        agent.send(signal.SIGUSR1)
        wait_for("Certificate refresh successful")
    assert agent.stop() == 0

    lines = log_lines(box.root / "log")
    assert any(" DEBUG " in line for line in lines)
    assert len(box.secrets()) > 20
    box.assert_no_secret_in("\n".join(lines))


def test_debug_log_has_each_step_with_size_and_duration(box, site):
    box.logging["log_level"] = "debug"
    outcome = box.once()

    for step in (
        r"The name localhost: \d+ IPv4 and \d+ IPv6 address\(es\), \d+ ms",
        r"Connected to localhost, \d+ ms",
        r"TLSv1\.3 with localhost, full handshake",
        r"Status 200 from sts, \d{3,} bytes, \d+ ms",
        r"Status 200 from acm, \d{4,} bytes, \d+ ms",
        r"3 files compared, new, \d+ ms",
    ):
        assert re.search(f"DEBUG {step}", outcome.err), step
    assert "3 files compared, the same" in box.once().err


def test_log_moves_when_the_configuration_says_so(box, site, resident):
    box.edge.update(log_destination="file", log_directory=str(box.root / "one"))
    with followed(box.root / "one") as wait_for:
        agent = resident()
        wait_for("Certificate refresh successful")
    box.edge["log_destination"] = "stderr"
    box.write_config()
    agent.wait_for("INFO")  # on stderr now
    agent.stop()

    assert any("successful" in line for line in log_lines(box.root / "one"))


def test_log_that_cannot_be_had_stops_nothing(box, site, resident):
    (box.root / "blocked").write_text("")
    box.edge.update(log_destination="file", log_directory=str(box.root / "blocked/logs"))
    agent = resident()

    agent.wait_for("WARN The log goes to stderr until this is fixed: cannot write the log .*Not a directory")
    agent.wait_until_fresh()
    site.assert_installed()


# --- status -----------------------------------------------------------------------------------


@pytest.mark.heart
def test_status_of_a_living_agent(box, site, resident):
    agent = resident()
    agent.wait_until_fresh()
    outcome = status(box, "--json")

    found = json.loads(outcome.out)
    assert found["agent"]["pid"] == agent.pid
    assert found["agent"]["running"] is True
    (certificate,) = found["certificates"]
    assert certificate["arn"] == site.arn
    assert outcome.exit_code == (0 if certificate["healthy"] else 1)


def test_status_says_fresh_with_dates(box, site, resident):
    agent = resident()
    agent.wait_until_fresh()
    agent.stop()
    certificate = listed(box)

    after = site.issued.certificate.not_valid_after_utc
    assert certificate["state"] == "fresh"
    assert certificate["not_after"] == after.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert certificate["last_success"] >= certificate["last_attempt"]
    assert certificate["healthy"] is True


def test_status_of_a_stopped_agent_can_be_read(box, site, resident):
    agent = resident()
    agent.wait_until_fresh()
    agent.stop()
    outcome = status(box)

    assert "The agent is not running" in outcome.out
    assert site.path("certificate").name[-10:] in outcome.out
    assert outcome.exit_code == 0


@pytest.mark.heart
def test_status_explains_a_failure(box, aws, site, resident):
    aws.always("ExportCertificate", acm_error("AccessDeniedException", "no such right"))
    agent = resident()
    agent.wait_for(r"Error refreshing certificate .*\(failure #1\)")
    agent.stop()
    outcome = status(box)

    assert re.search(rf"{site.arn}\), failure #1: .*no such right", outcome.out)
    assert "failing" in outcome.out
    assert outcome.exit_code == 1


def test_status_lies_where_it_is_configured(box, site, resident):
    box.edge["status_file"] = str(box.root / "metrics/status.json")
    box.directory("metrics")
    agent = resident()
    agent.wait_until_fresh()
    agent.stop()

    assert [path.name for path in (box.root / "metrics").iterdir()] == ["status.json"]
    assert listed(box)["state"] == "fresh"
