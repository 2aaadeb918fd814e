"""What is left in the supervisor's memory once a batch is over: nothing secret."""

import os
import threading
from pathlib import Path

import pytest

from harness.box import is_test_build
from harness.stub_aws import ACCESS_KEY, SECRET_KEY


def memory(pid):
    """Every writable region of a process, as far as it can be read."""
    regions = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end = (int(bound, 16) for bound in line.split()[0].split("-"))
            if line.split()[1].startswith("rw"):
                mem.seek(start)
                regions.append(mem.read(end - start))
    return b"\0".join(regions)


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


@pytest.mark.skipif(is_test_build(), reason="a sanitizer's memory is not the agent's")
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
    secrets = box.secrets() | {SECRET_KEY}
    assert len(secrets) > 30
    left = [secret for secret in secrets if secret.encode() in found]
    parts = [secret for secret in secrets if secret[8:24].encode() in found]
    assert left == [] and parts == []
