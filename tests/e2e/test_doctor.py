"""doctor: a line for each step; for what fails, why, and what to do about it."""

import os
import re
import signal
import socket

import pytest

from harness import no_seccomp
from harness.box import agent
from harness.http_messages import acm_error, sts_error
from harness.namespace import SERVICE, SERVICE_ID, WORKER_ID, sudo_rules
from harness.proxy import Proxy
from harness.stub_aws import ACCESS_KEY, ROLE, SECRET_KEY, StubAws

EVERY_STEP = ["configuration", "permissions", "clock", "credentials", "CA bundle", "name", "sandbox", "tcp", "tls", "role",
              "clock", "certificate", "files", "log", "agent"]


class Report:
    """What doctor printed."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.exit_code = outcome.exit_code
        self.lines = outcome.out.splitlines()
        self.steps = [line[5:].split(":")[0] for line in self.lines if not line.startswith("  ")]

    def all(self, mark, step=""):
        """What is said of the steps of that name that ended so: "ok", "FAIL", "skip"."""
        start = f"{mark:<4} {step}"
        return [line[5:] for line in self.lines if line.startswith(start)]

    def one(self, mark, step):
        found = self.all(mark, f"{step}: ")
        assert len(found) == 1, self.outcome
        return found[0]


@pytest.fixture
def doctor(box):
    """Runs it with the box's configuration; nothing on disk changes."""

    def run(**options):
        box.write_config()
        before = box.snapshot()
        report = Report(box.run("doctor", **options))
        assert box.snapshot() == before and box.leftovers() == []
        return report

    return run


def assert_fails(report, step, *words, advice=None):
    """Only this step, and those that need it are skipped; cause, then what to do."""
    line = report.one("FAIL", step)
    for word in words:
        assert re.search(word, line), line
    assert "; " in line
    if advice:
        assert re.search(advice, line.rsplit("; ", 1)[1]), line
    assert report.exit_code == 1
    assert "fix the first one first" in report.outcome.err


@pytest.mark.heart
def test_everything_works(box, aws, site, doctor):
    report = doctor()

    assert report.exit_code == 0 and report.outcome.err == ""
    assert report.steps == EVERY_STEP
    assert report.all("FAIL") == []
    assert "the environment" in report.one("ok", "credentials")
    assert re.search("Landlock|seccomp", report.one("ok", "sandbox"))
    assert ROLE in report.one("ok", "role")
    certificate = report.one("ok", "certificate")
    assert site.arn in certificate and "www.example.com" in certificate
    assert "Test Issuing CA" in certificate and "valid until" in certificate
    site.assert_absent()


def test_chain_that_the_server_presents_is_listed(box, site, doctor):
    details = [line for line in doctor().lines if line.startswith("     ")]

    shown = [line for line in details if " presents " in line]
    assert any('"localhost", issued by "Test Issuing CA", valid until' in line for line in shown)
    assert any('"Test Issuing CA", issued by "Test Root CA"' in line for line in shown)


def test_supervisor_of_doctor_opens_no_socket(box, site):
    box.write_config()
    outcome = box.run("doctor", traced="socket,execve")

    supervisor = next(call.pid for call in outcome.calls if call.name == "execve")
    sockets = [call for call in outcome.calls if call.name == "socket"]
    assert any("AF_INET" in call.arguments for call in sockets)
    assert not any(call.pid == supervisor and "AF_INET" in call.arguments for call in sockets)


# --- configuration, clock, credentials ------------------------------------------------------------


def test_wrong_configuration(box, site):
    box.edge["region"] = "no region!"
    box.write_config()
    report = Report(box.run("doctor"))

    assert report.exit_code == 2
    assert report.steps == ["configuration"]
    assert "above" in report.one("FAIL", "configuration")
    assert "edge.region" in report.outcome.err


def test_configuration_that_others_may_write(box, site):
    box.write_config()
    box.config.chmod(0o666)
    report = Report(box.run("doctor"))

    assert report.exit_code in (2, 3)
    assert report.steps == ["configuration"] and "chmod" in report.outcome.err


def test_users_and_the_place_for_state(box, site, doctor):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)
    of_root, of_user = doctor(), doctor(user=SERVICE)

    assert f"user 0, workers user {WORKER_ID}; state in /run/wcp-tiny/" in of_root.one("ok", "permissions")
    assert f"user {SERVICE_ID}, workers user {SERVICE_ID};" in of_user.one("ok", "permissions")
    assert "not writable for this user" in of_user.one("ok", "permissions")


def test_acm_not_enabled(box, doctor):
    box.acm["enabled"] = False
    report = doctor()

    assert report.exit_code == 0
    assert report.steps == ["configuration"]
    assert "not enabled" in report.one("ok", "configuration")


def test_clock_that_was_never_set(box, site, doctor, needs_hook):
    needs_hook("WCP_TEST_CLOCK")
    report = doctor(environment={"WCP_TEST_CLOCK": "1000"})

    assert_fails(report, "clock", "1970", advice="NTP")
    assert report.one("skip", "network")
    assert "tls" not in report.steps


@pytest.mark.heart
def test_clock_that_is_off(box, aws, site, doctor):
    aws.clock_offset = 3600
    report = doctor()

    assert re.search(r"clock: 3[56]\d\d s behind AWS's; set it", report.all("FAIL", "clock")[0])
    assert report.one("ok", "role")
    assert report.exit_code == 1


def test_no_credentials(box, site, doctor):
    box.forget_keys()
    report = doctor()

    assert_fails(report, "credentials", "no AWS credentials found", advice="credentials_file")
    assert report.one("ok", "tls") and report.one("skip", "role") and report.one("skip", "certificate")


def test_credentials_of_a_file(box, site, doctor):
    box.forget_keys()
    path = box.directory("etc/aws", 0o700) / "credentials"
    path.write_text(f"[default]\naws_access_key_id={ACCESS_KEY}\naws_secret_access_key={SECRET_KEY}\n")
    path.chmod(0o644)
    box.edge["credentials_file"] = str(path)
    report = doctor()

    assert str(path) in report.one("ok", "credentials")
    assert "chmod 600" in report.all("note")[0]
    path.chmod(0o666)
    assert_fails(doctor(), "credentials", str(path), advice="chmod")


# --- network --------------------------------------------------------------------------------------


@pytest.mark.heart
def test_name_that_is_not_found(box, aws, site, doctor):
    box.environment["AWS_ENDPOINT_URL"] = "https://no-such-host.invalid:1"
    report = doctor()

    assert_fails(report, "name", "no-such-host.invalid", advice="resolv.conf")
    assert "tcp" not in report.steps
    assert report.one("skip", "role") and report.one("skip", "certificate")
    assert report.one("ok", "files")


@pytest.fixture
def closed_port():
    """Bound, but nobody listens: connections are refused."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_server_that_refuses_connections(box, site, doctor, closed_port):
    box.environment["AWS_ENDPOINT_URL"] = f"https://localhost:{closed_port}"
    report = doctor()

    assert_fails(report, "tcp", "Connection refused", advice="firewall")
    assert report.one("skip", "tls") and report.one("skip", "role")


def test_way_through_a_proxy(box, site, doctor):
    with Proxy() as proxy:
        box.edge["https_proxy"] = proxy.url()
        report = doctor()

    assert report.exit_code == 0
    assert "through the proxy 127.0.0.1" in report.one("ok", "tcp")
    assert "127.0.0.1" in report.one("ok", "name")


def test_proxy_that_wants_credentials(box, site, doctor):
    with Proxy(credentials="user:proxy-password") as proxy:
        box.edge["https_proxy"] = proxy.url("user:wrong-password")
        report = doctor()

    assert_fails(report, "proxy", "407", advice="user|credentials|password")
    assert "wrong-password" not in report.outcome.out
    assert report.one("skip", "tls")


def test_authority_that_is_not_trusted(box, site, doctor):
    del box.environment["AWS_CA_BUNDLE"]
    report = doctor()

    assert_fails(report, "tls", "localhost", "Test Root CA|Test Issuing CA|trusted", advice="bundle")
    assert any('issued by "Test Issuing CA"' in line for line in report.lines)
    assert report.one("skip", "role")


@pytest.mark.skipif(no_seccomp.PRCTL is None, reason="the number of prctl is not known here")
def test_kernel_without_seccomp_is_noted(box, site, doctor):
    report = doctor(preexec_fn=no_seccomp.hide_seccomp)

    assert report.all("FAIL") == [] and report.exit_code == 0
    assert "seccomp missing" in report.one("note", "sandbox") and "CONFIG_SECCOMP_FILTER" in report.one("note", "sandbox")


def test_ca_bundle_that_is_missing(box, site, doctor):
    box.environment["AWS_CA_BUNDLE"] = "/nonexistent/ca.pem"

    report = doctor()

    assert_fails(report, "CA bundle", "/nonexistent/ca.pem", advice="ca_bundle")
    assert report.one("skip", "network")


def test_ca_bundle_that_others_may_write(box, site, doctor):
    box.ca_bundle.chmod(0o666)

    assert_fails(doctor(), "CA bundle", f"can be changed by others: {box.ca_bundle}", advice="chmod go-w")


# --- AWS ------------------------------------------------------------------------------------------


@pytest.mark.heart
def test_role_that_may_not_be_assumed(box, aws, site, doctor):
    aws.always("AssumeRole", sts_error("AccessDenied", "not authorized to assume", 403))
    report = doctor()

    assert_fails(report, "role", "not authorized to assume", advice="role")
    assert report.one("ok", "tls") and report.one("skip", "certificate")


def test_certificate_that_may_not_be_exported(box, aws, doctor):
    good, bad = box.manage("good.example.com"), box.manage("bad.example.com")
    honest = aws.export
    aws.always("ExportCertificate", lambda _, request: honest(request)
               if request.json["CertificateArn"] == good.arn
               else acm_error("AccessDeniedException", "no ExportCertificate"))
    report = doctor()

    assert_fails(report, "certificate", bad.arn, "no ExportCertificate")
    assert good.arn in report.one("ok", "certificate")


def test_roles_share_what_is_said_of_a_host(box, aws, doctor):
    box.manage("one.example.com")
    box.manage("two.example.com", role=ROLE.replace("reader", "writer"))
    report = doctor()

    assert report.exit_code == 0
    assert len(report.all("ok", "tls")) == 1 and len(report.all("ok", "role")) == 2


def test_worker_that_dies(box, aws, site, doctor):
    def kill(_, _request):
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            try:
                with open(f"/proc/{pid}/status", encoding="ascii") as status:
                    if re.search(r"Seccomp:\t2", status.read()) and pid != os.getpid():
                        if os.readlink(f"/proc/{pid}/exe") == str(agent()):
                            os.kill(pid, signal.SIGKILL)
            except OSError:
                continue

    aws.always("AssumeRole", kill)

    assert_fails(doctor(), "worker", "signal 9", "assuming the role", advice="report it")


# --- this machine ---------------------------------------------------------------------------------


def test_directory_that_is_missing(box, doctor):
    site = box.manage(directory=box.files / "absent")

    report = doctor()

    assert report.exit_code == 1
    assert all("absent" in line for line in report.all("FAIL", "files"))
    assert report.all("FAIL", "files") and report.one("ok", "certificate")
    site.assert_absent()


def test_command_that_is_missing(box, doctor):
    box.manage(refresh_command="/nonexistent/reload now")

    assert_fails(doctor(), "command", "/nonexistent/reload", "No such file")


def test_command_of_root(box, doctor):
    box.manage(refresh_command="/bin/true now")

    assert doctor().one("ok", "command") == "command: /bin/true now"


def test_command_that_sudo_allows_or_not(box, doctor):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)
    box.manage(refresh_command="/bin/true now")
    with sudo_rules(f"{SERVICE} ALL=(ALL) NOPASSWD: /bin/true now"):
        assert doctor(user=SERVICE).one("ok", "command") == "command: /bin/true now"
    with sudo_rules(f"{SERVICE} ALL=(ALL) NOPASSWD: /bin/true later"):
        assert_fails(doctor(user=SERVICE), "command", "sudo", "/bin/true now",
                     advice="setup-config-based-permissions")


def test_log_that_cannot_be_written(box, site, doctor):
    box.edge["log_directory"] = "/proc/nowhere/logs"

    assert_fails(doctor(), "log", "/proc/nowhere")


# --- what is served -------------------------------------------------------------------------------


def test_what_is_installed_is_served(box, doctor):
    site = box.manage()
    box.once()
    with StubAws(site.issued) as server:
        site.table["served_at"] = f"127.0.0.1:{server.port}"
        report = doctor()

    assert report.exit_code == 0
    assert site.arn in report.one("ok", "served")
    assert server.unexpected == []


@pytest.mark.parametrize("name, asked", [
    ("www.example.com", "www.example.com"),
    ("*.example.com", "www.example.com"),  # a wildcard is no name to ask for
    ("a name with spaces", "localhost"),  # where it is served, then
])
def test_server_is_asked_for_the_first_name(box, doctor, name, asked):
    site = box.manage(name)
    box.once()
    with StubAws(site.issued) as server:
        site.table["served_at"] = f"localhost:{server.port}"
        doctor()

    assert server.asked_names == [asked]


def test_something_else_is_served(box, authority, doctor):
    site = box.manage()
    box.once()
    with StubAws(authority.issue("old.example.com", number=903)) as server:
        site.table["served_at"] = served_at = f"127.0.0.1:{server.port}"
        report = doctor()

    assert_fails(report, "served", served_at, "old.example.com", advice="server's log")


def test_nothing_is_served(box, doctor, closed_port):
    site = box.manage()
    box.once()
    site.table["served_at"] = f"127.0.0.1:{closed_port}"

    assert_fails(doctor(), "served", "Connection refused", advice="start the server")
