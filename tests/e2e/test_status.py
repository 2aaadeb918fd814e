"""`status`: what the resident agent knows, as a table, as JSON and as metrics."""

import datetime
import fcntl
import json
import os
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness import namespace, pki, trace
from harness.box import REPOSITORY
from harness.box import agent as agent_binary
from harness.resident import run_directory

HOUR, DAY = 3600, 24 * 3600
COLUMNS = 80
DEAD_PID = 2**22 - 1  # beyond what this machine gives


def iso(seconds_from_now):
    time = pki.now() + datetime.timedelta(seconds=seconds_from_now)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Agent:
    """What a resident agent leaves for others: a status file, and a lock while it lives."""

    def __init__(self, box):
        self.box = box
        self.directory = run_directory(box.config)
        self.file = self.directory / "status.json"
        self.fields = {
            "format": 1, "pid": DEAD_PID, "version": "9.8.7", "started": iso(-DAY), "written": iso(-60),
            "config": str(box.config),
        }
        self.certificates = []

    def knows(self, site, **fields):
        self.certificates.append({
            "arn": site.arn, "certificate_path": str(site.path("certificate")), "state": "fresh",
            "failures": 0, "not_after": iso(100 * DAY + HOUR), "last_attempt": iso(-HOUR),
            "last_success": iso(-HOUR), "next_attempt": iso(23 * HOUR), "command_pending": False,
            "served": "unknown", **fields,
        })

    def write(self, file=None):
        file = file or self.file
        file.parent.mkdir(parents=True, exist_ok=True)
        certificates = [
            {key: value for key, value in certificate.items() if value is not None}
            for certificate in self.certificates
        ]
        file.write_text(json.dumps({"agent": self.fields, "certificates": certificates}))

    def lives(self):
        """Holds the lock as long as what is returned stays open."""
        self.directory.mkdir(parents=True, exist_ok=True)
        lock = (self.directory / "pid").open("w")
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock

    def shown(self, *arguments, **options):
        self.box.write_config()
        self.write()
        return self.box.run("status", *arguments, **options)


@pytest.fixture
def agent(box):
    return Agent(box)


def rows(outcome):
    """The table's lines, each as words."""
    _, table = outcome.out.split("CERTIFICATE\n")
    return [line.split() for line in table.split("\n\n")[0].splitlines()]


@pytest.mark.heart
def test_table_shows_state_days_left_and_when(box, site, agent):
    agent.knows(site)
    outcome = agent.shown()

    (row,) = rows(outcome)
    last, following = agent.certificates[0]["last_success"], agent.certificates[0]["next_attempt"]
    assert row[:2] == ["fresh", "100"]
    assert row[2:4] == [last[:10], last[11:16]]
    assert row[4:6] == [following[:10], following[11:16]]
    assert str(site.path("certificate")).endswith(row[6].lstrip("."))
    assert outcome.exit_code == 0
    assert outcome.err == ""


def test_table_fits_a_serial_console(box, agent):
    for number in range(50):
        path = box.files / f"{number}{'-long' * min(number, 30)}.pem"
        agent.knows(box.manage(f"{number}.example.com", certificate_path=str(path)))
    outcome = agent.shown()

    assert len(rows(outcome)) == 50
    assert max(map(len, outcome.out.splitlines())) < COLUMNS
    assert "\x1b" not in outcome.out


@pytest.mark.heart
def test_failing_certificate_is_explained_below_and_is_exit_1(box, agent):
    good, bad = box.manage("good.example.com"), box.manage("bad.example.com")
    agent.knows(good)
    agent.knows(bad, state="failing", failures=3, reason="access denied; let the role export it")
    outcome = agent.shown()

    assert [row[0] for row in rows(outcome)] == ["fresh", "failing"]
    explained = outcome.out.split("\n\n")[-1]
    assert explained.count("\n") == 1
    for part in (str(bad.path("certificate")), bad.arn, "#3", "access denied; let the role export it"):
        assert part in explained
    assert outcome.exit_code == 1


@pytest.mark.parametrize("not_after, next_attempt, hours, state", [
    (47 * HOUR, 23 * HOUR + 60, None, "fresh"),  # the next try and the one after it
    (47 * HOUR - 60, 23 * HOUR, None, "expiring"),
    (60 * HOUR, 23 * HOUR, 48, "expiring"),
    (3 * HOUR + 60, 2 * HOUR, 1, "fresh"),
    (25 * HOUR, -30 * DAY, None, "fresh"),  # an agent that died before its next try
    (23 * HOUR, -30 * DAY, None, "expiring"),
    (-60, 23 * HOUR, None, "expired"),
])
def test_certificate_must_outlast_its_next_tries(box, site, agent, not_after, next_attempt, hours, state):
    if state == "fresh":
        not_after += 120  # the test takes its time
    if hours:
        box.edge["refresh_interval_hours"] = hours
    agent.knows(site, not_after=iso(not_after), next_attempt=iso(next_attempt))
    outcome = agent.shown()

    assert rows(outcome)[0][0] == state
    assert outcome.exit_code == (0 if state == "fresh" else 1)


def test_stopped_agent_is_told_with_the_age_of_what_it_knew(box, site, agent):
    agent.knows(site)
    outcome = agent.shown()

    written = agent.fields["written"]
    assert "The agent is not running" in outcome.out
    assert f"Status of {written[:10]} {written[11:16]}" in outcome.out
    assert json.loads(agent.shown("--json").out)["agent"]["running"] is False


def test_living_agent_is_told_with_its_pid(box, site, agent):
    agent.knows(site)
    with agent.lives():
        outcome = agent.shown()
        listed = json.loads(agent.shown("--json").out)["agent"]

    assert "The agent runs" in outcome.out
    (pid,) = re.findall(r", pid (\d+),", outcome.out)
    assert int(pid) == listed["pid"] == os.getpid()  # whoever holds the lock, whatever the file says
    assert listed["running"] is True


def test_what_the_agent_waits_for_and_refuses_is_shown(box, site, agent):
    agent.knows(site)
    agent.fields |= {"waiting": "the clock is not set", "rejected": "line 3: \"x\" is no key"}
    outcome = agent.shown()

    assert "Waiting: the clock is not set" in outcome.out
    assert 'not in force: line 3: "x" is no key' in outcome.out


def test_where_the_credentials_come_from_is_shown(box, site, agent):
    until = iso(DAY)
    agent.knows(site)
    agent.fields |= {"credentials": "the instance's role box", "credentials_until": until}

    assert f"Credentials: the instance's role box, until {until[:10]} {until[11:16]}" in agent.shown().out


@pytest.mark.parametrize("served", ["same", "other", "unreachable"])
def test_what_the_server_presents_is_shown(box, site, agent, served):
    until = iso(DAY)
    agent.knows(site, served=served, served_not_after=until)
    outcome = agent.shown()

    assert re.search(rf"server presents: {served}, until {until[:10]}", outcome.out)


def test_pending_command_is_shown(box, site, agent):
    agent.knows(site, command_pending=True)

    assert rows(agent.shown())[0][0] == "pending"


@pytest.mark.heart
def test_json_has_what_the_file_has_and_what_follows_from_it(box, site, agent):
    agent.knows(site, reason="it failed", state="failing", failures=2)
    outcome = agent.shown("--json")

    listed = json.loads(outcome.out)
    assert listed["agent"] == {**agent.fields, "running": False}
    assert listed["certificates"] == [{**agent.certificates[0], "days_left": 100, "healthy": False}]
    assert outcome.exit_code == 1


@pytest.mark.heart
def test_metrics_are_what_prometheus_reads(box, agent):
    odd = box.manage("odd", certificate_path=str(box.files / 'quote " and back\\slash.pem'))
    agent.knows(odd, state="failing", failures=2, served="other", served_not_after=iso(DAY))
    agent.knows(box.manage("new"), last_success=None, last_attempt=None)
    outcome = agent.shown("--prometheus")

    families = {family.name: family for family in text_string_to_metric_families(outcome.out)}
    assert all(family.type == "gauge" and family.documentation for family in families.values())
    values = {
        name: {sample.labels["path"]: sample.value for sample in family.samples if sample.labels}
        for name, family in families.items()
    }
    path, new = (certificate["certificate_path"] for certificate in agent.certificates)
    after = datetime.datetime.fromisoformat(agent.certificates[0]["not_after"])
    assert values["wcp_certificate_not_after_timestamp_seconds"][path] == after.timestamp()
    assert values["wcp_certificate_failures"] == {path: 2, new: 0}
    assert values["wcp_certificate_healthy"] == {path: 0, new: 1}
    assert values["wcp_certificate_served"] == {path: 0}
    assert list(values["wcp_certificate_last_success_timestamp_seconds"]) == [path]
    assert families["wcp_agent_running"].samples[0].value == 0
    assert {sample.labels["arn"] for sample in families["wcp_certificate_healthy"].samples} == {
        certificate["arn"] for certificate in agent.certificates
    }
    assert outcome.exit_code == 1


def test_metrics_that_the_readme_names_exist(box, site, agent):
    agent.knows(site, served="same", served_not_after=iso(DAY))
    families = {family.name for family in text_string_to_metric_families(agent.shown("--prometheus").out)}

    named = set(re.findall(r"\bwcp_[a-z]+_\w+", (REPOSITORY / "README.md").read_text()))
    assert len(named) > 4 and named <= families


def test_without_a_status_the_files_on_disk_are_shown(box, site):
    box.once()
    outcome = box.run("status")

    left = (site.issued.certificate.not_valid_after_utc - pki.now()).days
    (row,) = rows(outcome)
    assert row[0] == "-" and int(row[1]) in (left, left - 1)
    assert "The agent is not running" in outcome.out
    assert re.search("No status .*status.json: No such file.* the files on disk", outcome.out)
    assert outcome.exit_code == 0


def test_what_the_status_does_not_know_is_read_from_the_file(box, site, agent):
    box.once()
    agent.knows(site, not_after=None)
    listed = json.loads(agent.shown("--json").out)["certificates"][0]

    after = site.issued.certificate.not_valid_after_utc
    assert listed["not_after"] == after.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert listed["healthy"] is True


@pytest.mark.parametrize("known", [True, False])
def test_command_that_is_still_to_run_is_shown_though_no_agent_runs(box, site, agent, known):
    """Whatever an agent knew before it stopped."""
    command = box.recorder()
    site.table["refresh_command"] = command.command
    command.fail_from_now_on()
    box.once()
    if known:
        agent.knows(site)
        agent.write()
    outcome = box.run("status")
    (listed,) = json.loads(box.run("status", "--json").out)["certificates"]

    assert rows(outcome)[0][0] == "failing"
    assert re.search(f"{re.escape(site.arn)}.: .*refresh command is still to run, and no agent runs", outcome.out)
    assert (listed["state"], listed["command_pending"], listed["healthy"]) == ("failing", True, False)
    assert outcome.exit_code == 1

    command.succeed_from_now_on()
    box.once()
    assert rows(box.run("status"))[0][0] == ("fresh" if known else "-")


@pytest.mark.parametrize("contents, why", [
    (None, "No such file"), (b"not a certificate", "PEM|CERTIFICATE"), (b"", "PEM|CERTIFICATE"),
])
def test_certificate_that_cannot_be_read_is_told(box, site, contents, why):
    box.write_config()
    if contents is not None:
        site.path("certificate").write_bytes(contents)
    outcome = box.run("status")

    assert rows(outcome)[0][0] == "absent"
    assert site.arn in outcome.err
    assert re.search(why, outcome.err)
    assert outcome.exit_code == 1


def test_configured_status_file_is_read(box, site, agent):
    box.edge["status_file"] = str(box.root / "status.json")
    agent.knows(site, state="failing")
    agent.write(box.root / "status.json")
    agent.certificates = []
    outcome = agent.shown()

    assert rows(outcome)[0][0] == "failing"


def test_status_beside_the_log_is_read(box, site, agent):
    box.edge["log_directory"] = str(box.directory("var/log"))
    box.write_config()
    agent.knows(site, state="failing")
    agent.write(box.root / "var/log/status.json")

    assert rows(box.run("status"))[0][0] == "failing"


def test_wrong_configuration_does_not_hide_the_status(box, site, agent):
    agent.knows(site)
    agent.write()
    box.write_config("[capabilities.acm]\nenable = true\n")
    outcome = box.run("status")

    assert rows(outcome)[0][0] == "fresh"
    assert "enable" in outcome.err
    assert outcome.exit_code == 2


def test_wrong_configuration_without_a_status_shows_nothing(box):
    box.write_config("[capabilities.acm]\nenable = true\n")
    outcome = box.run("status")

    assert outcome.out == ""
    assert outcome.exit_code == 2


@pytest.mark.parametrize("contents", [
    b"", b"{", b"\0" * 100, b"[" * 100_000, b'{"agent":{"format":2}}', b" " * 600_000, b"\xff\xfe{}",
])
def test_damaged_status_file_is_as_none(box, site, agent, contents):
    box.once()
    agent.directory.mkdir(parents=True)
    agent.file.write_bytes(contents)
    outcome = box.run("status")

    assert "No status (" in outcome.out
    assert rows(outcome)[0][0] == "-"
    assert outcome.exit_code == 0


def test_status_file_drives_no_terminal(box, site, agent):
    agent.knows(site, reason="\x1b[2J\r\nfresh 999", certificate_path="/x\x1b]0;\x07")
    agent.fields |= {"waiting": "\u202egnp", "version": "\x9b5m"}
    outcome = agent.shown()

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", outcome.out)
    assert len(rows(outcome)) == 1


def test_status_neither_writes_nor_makes_anything(box, site, agent):
    box.once()
    before = sorted(Path("/run").rglob("*"))
    outcome = box.run("status", traced="%file,%desc,%net")

    assert sorted(Path("/run").rglob("*")) == before
    written = [call for call in trace.writes(outcome.calls) if "/dev/null" not in call.arguments]
    assert written == []
    assert not [call for call in outcome.calls if call.name == "socket"]


def test_everybody_may_ask(box, site, agent):
    agent.knows(site)
    outcome = agent.shown(user=namespace.SERVICE)

    assert rows(outcome)[0][0] == "fresh"
    assert "The agent is not running" in outcome.out
    assert outcome.exit_code == 0


def test_whoever_may_not_read_the_configuration_has_the_same_exit_code(box, site, agent):
    agent.knows(site)
    agent.shown()
    box.config.chmod(0o600)

    assert box.run("status", user=namespace.SERVICE).exit_code == 0
    agent.knows(site, state="failing")
    agent.write()
    assert box.run("status", user=namespace.SERVICE).exit_code == 1


def test_whoever_may_not_see_the_lock_sees_the_process(box, site, agent):
    agent.knows(site)
    with agent.lives():
        (agent.directory / "pid").chmod(0o600)
        agent.fields["pid"] = os.getpid()

        assert "The agent runs" in agent.shown(user=namespace.SERVICE).out


def test_reader_of_stdout_that_is_gone_is_a_failure(box, site, agent):
    agent.knows(site)
    agent.write()
    box.write_config()
    outcome = box.run_program(
        "sh", "-c", f'"$0" status -c {box.config} >/dev/full', str(agent_binary())
    )

    assert outcome.exit_code == 1

