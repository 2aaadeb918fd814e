"""What is left in the supervisor's memory once a batch is over: nothing secret."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from harness.box import is_test_build
from harness.http_messages import acm_error
from harness.processes import memory
from harness.resident import Resident
from harness.stub_aws import ACCESS_KEY, SECRET_KEY


def memory_at_rest(pid):
    """Of a resident agent whose workers have ended and that waits for something to happen."""
    deadline = time.monotonic() + 20
    while True:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        waits = Path(f"/proc/{pid}/wchan").read_text()
        if children == "" and "poll" in waits:
            return memory(pid)
        assert time.monotonic() < deadline, (children, waits)
        os.sched_yield()


class Blocked:
    """A refresh command that tells its supervisor's pid and waits until it is let go."""

    def __init__(self, box):
        self.ready, self.go = box.root / "ready", box.root / "go"
        os.mkfifo(self.ready)
        os.mkfifo(self.go)
        self.command = box.script("blocked", f"echo $PPID >{self.ready}; read line <{self.go}")

    def supervisor_memory(self):
        pid = int(self.ready.read_text())
        try:
            return memory(pid)
        finally:
            self.go.write_text("on\n")


@pytest.fixture
def keys_file(box):
    box.forget_keys()
    path = box.directory("etc/aws", 0o700) / "credentials"
    path.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\n"
                    f"aws_secret_access_key = {SECRET_KEY}\n")
    path.chmod(0o600)
    box.edge["credentials_file"] = str(path)


pytestmark = pytest.mark.skipif(is_test_build(), reason="a sanitizer's memory is not the agent's")


def assert_free_of_secrets(box, found):
    """Nor may a part of one be left, as a half-overwritten buffer would have it."""
    secrets = box.secrets() | {SECRET_KEY}
    assert len(secrets) > 30
    assert [secret for secret in secrets if secret[8:24].encode() in found] == []


@pytest.mark.parametrize("level", ["info", "debug"])
def test_no_secret_is_left_after_a_batch(box, keys_file, level):
    """One certificate unchanged, so that its key was compared; one replaced, in two files."""
    box.logging["log_level"] = level
    box.manage("same.example.com", kind="rsa-2048")
    box.once()
    blocked = Blocked(box)
    box.manage("new.example.com", refresh_command=blocked.command,
               combined_path=str(box.files / "new.pem"))
    outcomes = []
    run = threading.Thread(target=lambda: outcomes.append(box.once()))
    run.start()
    found = blocked.supervisor_memory()
    run.join()

    assert outcomes[0].results == ["unchanged", "updated"]
    assert b"new.example.com" in found and str(box.files).encode() in found
    assert_free_of_secrets(box, found)


def test_resident_agent_remembers_no_secret(box, aws, keys_file):
    """After fetching, after finding nothing new, and after failing to."""
    box.logging["log_level"] = "debug"
    box.manage("one.example.com", kind="rsa-2048", combined_path=str(box.files / "one.pem"))
    two = box.manage("two.example.com")
    with Resident(box) as agent:
        agent.wait_until_fresh(2)
        first = memory_at_rest(agent.pid)
        two.renew()
        agent.send(signal.SIGUSR1)
        agent.wait_until_fresh(2)
        second = memory_at_rest(agent.pid)
        aws.always("ExportCertificate", acm_error("AccessDeniedException", "no more"))
        agent.send(signal.SIGUSR1)
        agent.wait_for("failure #1", 2)
        third = memory_at_rest(agent.pid)

        for found in (first, second, third):
            assert b"two.example.com" in found
            assert_free_of_secrets(box, found)
