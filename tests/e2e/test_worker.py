"""The process that talks to the network, looked at while it does."""

import ctypes
import json
import os
import re
import signal
from pathlib import Path

import pytest

from harness import no_seccomp
from harness.box import agent, is_test_build
from harness.http_messages import json_reply
from harness.namespace import SERVICE, SERVICE_ID, WORKER_ID, replaced


LANDLOCK_CREATE_RULESET = 444  # the same number on every architecture but MIPS and Alpha


def status(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, value in (line.split(":", 1) for line in lines)}


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def runs_the_agent(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe") == str(agent())
    except OSError:
        return False  # it has just ended


def processes():
    """PIDs of the agents that this test runs: supervisors, and workers as their children."""
    supervisors = [pid for pid in children(os.getpid()) if runs_the_agent(pid)]
    return supervisors + [child for pid in supervisors for child in children(pid)]


def workers():
    return [pid for pid in processes() if int(status(pid)["PPid"][0]) != os.getpid()]


def limits(pid):
    """Name to soft and hard limit."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {line[:26].strip(): tuple(line[26:].split()[:2]) for line in lines}


def open_files(pid):
    return {int(fd): os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}


class Look:
    """What /proc said of supervisor and worker in the middle of an export."""

    def __init__(self, box, **options):
        self.seen = {}
        box.manage()

        def export(_, request):
            if not self.seen:
                self.seen = {
                    pid: (status(pid), limits(pid), open_files(pid)) for pid in processes()
                }
            return box.aws.export(request)

        box.aws.always("ExportCertificate", export)
        self.outcome = box.once(**options)
        (worker,) = [pid for pid in self.seen if self._parent(self.seen[pid][0]) in self.seen]
        self.worker, self.limits, self.files = self.seen[worker]
        self.supervisor, _, self.supervisor_files = self.seen[self._parent(self.worker)]

    @staticmethod
    def _parent(seen):
        return int(seen["PPid"][0])


@pytest.fixture
def look(box):
    """The agent itself has groups beside its own to give up."""
    return Look(box, extra_groups=[SERVICE_ID, 4, 0])


@pytest.mark.heart
def test_worker_of_root_is_nobody(look):
    assert look.worker["Uid"] == [str(WORKER_ID)] * 4
    assert look.worker["Gid"] == [str(WORKER_ID)] * 4
    assert look.worker["Groups"] == []


def test_worker_has_no_capability_left(look):
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(look.worker[name][0], 16) == 0, name


def test_worker_can_gain_no_privilege(look):
    assert look.worker["NoNewPrivs"] == ["1"]


def test_worker_may_neither_fork_nor_write_files_nor_dump_core(look):
    assert look.limits["Max core file size"] == ("0", "0")
    assert look.limits["Max file size"] == ("0", "0")
    assert look.limits["Max processes"] == ("0", "0")


@pytest.mark.skipif(is_test_build(), reason="a sanitizer takes terabytes of addresses")
def test_worker_may_take_so_much_memory_and_no_more(look):
    assert look.limits["Max address space"] == (str(48 * 1024 * 1024),) * 2


def test_largest_reply_and_bundle_find_room(box, aws, site):
    """The worker's memory is bounded, but not so that something which is accepted does not fit."""
    def padded(_, request):
        reply = aws.export(request)
        values = json.loads(reply.body) | {"Padding": "x" * (4 * 1024 * 1024 - len(reply.body) - 64)}
        return json_reply(values)

    aws.always("ExportCertificate", padded)
    root = box.ca_bundle.read_text()
    box.ca_bundle.write_text(root * (2 * 1024 * 1024 // len(root)))

    assert box.once().results == ["updated"]


def test_worker_has_open_its_pipe_and_its_sockets_only(look):
    kinds = sorted(re.sub(r":.*", "", target) for target in look.files.values())
    assert kinds.count("pipe") <= 1
    assert set(kinds) <= {"pipe", "socket", "/dev/null"}, look.files


@pytest.mark.heart
def test_worker_is_behind_a_filter_of_system_calls(look):
    assert look.worker["Seccomp"] == ["2"]
    assert look.supervisor["Seccomp"] == ["0"]


def landlock_version():
    """Of the kernel; below 1: it has none."""
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)


def test_worker_is_sealed_off_before_it_connects(box, site):
    if landlock_version() < 1:
        pytest.skip("this kernel has no Landlock")
    outcome = box.once(traced="landlock_add_rule,landlock_restrict_self,prctl,connect")

    assert outcome.results == ["updated"]
    seals = [call for call in outcome.calls if call.name == "landlock_restrict_self"]
    assert [call.result for call in seals] == ["0"]
    worker = [call for call in outcome.calls if call.pid == seals[0].pid]
    filters = [call for call in worker if "PR_SET_SECCOMP" in call.arguments]
    assert [call.result for call in filters] == ["0"]
    to_aws = [call for call in worker
              if call.name == "connect" and f"htons({box.aws.port})" in call.arguments]
    assert to_aws and worker.index(filters[0]) < worker.index(to_aws[0])
    ports = [call.result for call in worker if call.name == "landlock_add_rule"]
    assert ports == (["0", "0"] if landlock_version() >= 4 else [])  # STS's and ACM's


def test_debug_log_names_the_walls(box, site):
    box.logging["log_level"] = "debug"
    outcome = box.once()

    assert re.search(r"DEBUG .*sandbox is sealed: seccomp on; Landlock ", outcome.err)


def test_supervisor_has_no_socket(look):
    assert not any(target.startswith("socket:") for target in look.supervisor_files.values())


def test_worker_of_a_service_user_stays_that_user(box):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)
    look = Look(box, user=SERVICE)

    assert look.outcome.results == ["updated"]
    assert look.worker["Uid"] == [str(SERVICE_ID)] * 4
    assert look.worker["NoNewPrivs"] == ["1"]
    assert look.worker["Seccomp"] == ["2"]


def test_worker_user_of_the_configuration(box):
    box.edge["worker_user"] = SERVICE
    look = Look(box)

    assert look.worker["Uid"] == [str(SERVICE_ID)] * 4


def test_without_its_user_the_worker_is_nobody_and_that_is_said(box):
    known = [line for line in Path("/etc/passwd").read_text().splitlines(keepends=True)
             if not line.startswith("wcp-worker:")]
    with replaced("/etc/passwd", "".join(known)):
        look = Look(box)

    assert look.outcome.results == ["updated"]
    assert look.worker["Uid"] == ["65534"] * 4
    assert any("WARN" in line and "nobody" in line for line in look.outcome.err.splitlines())


@pytest.mark.skipif(no_seccomp.PRCTL is None, reason="the number of prctl is not known here")
def test_kernel_without_seccomp_is_said_once(box):
    """Not for each of the workers, and whatever the log's level is."""
    box.manage("www.example.com")
    box.manage("api.example.com", role_arn="arn:aws:iam::123456789012:role/another")
    outcome = box.once(preexec_fn=no_seccomp.hide_seccomp)

    assert outcome.results == ["updated", "updated"]
    warnings = [line for line in outcome.err.splitlines() if "seccomp" in line]
    assert len(warnings) == 1 and re.search("WARN Workers run without seccomp.*CONFIG_SECCOMP_FILTER", warnings[0])


def test_ca_bundle_need_not_be_readable_for_the_worker(box, site):
    """The supervisor, which is root, opens it and hands over its contents."""
    private = box.directory("private", mode=0o700) / "ca.pem"
    private.write_text(box.ca_bundle.read_text())
    private.chmod(0o600)
    box.environment["AWS_CA_BUNDLE"] = str(private)

    assert box.once().results == ["updated"]


@pytest.mark.heart
def test_worker_that_is_killed_costs_its_certificates_only(box, aws):
    """The certificate it died in fails; the others of the batch are done by another worker."""
    sites = [box.manage(f"site{number}.example.com") for number in range(3)]

    def kill_worker(_, request):
        if request.json["CertificateArn"] == sites[1].arn:
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
            return None
        return aws.export(request)

    aws.always("ExportCertificate", kill_worker)

    outcome = box.once()

    assert outcome.exit_code == 1
    assert outcome.results == ["updated", "failed", "updated"]
    assert re.search(f"{re.escape(sites[1].arn)}.*(signal|killed|died)", outcome.err)


def test_stopped_worker_is_ended_by_its_deadline(box, aws, site, needs_hook):
    needs_hook("WCP_TEST_HURRY")

    def stop_worker(connection, _request):
        for pid in workers():
            os.kill(pid, signal.SIGSTOP)
        connection.wait_until_client_leaves()

    aws.always("ExportCertificate", stop_worker)

    outcome = box.once(environment={"WCP_TEST_HURRY": "300"})

    assert outcome.exit_code == 1
    assert site.arn in outcome.err
    assert processes() == []
