"""What the checks of the targets share: the list of them, and a simulated AWS with a box.

The session lives in a mount namespace of its own; see harness/namespace.py, which the end-to-end tests own, like all of
harness.
"""

import os
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "build")]

from harness import box as boxes  # noqa: E402 (found by the line above)
from harness import namespace, pki  # noqa: E402
from harness.stub_aws import StubAws  # noqa: E402

import targets  # noqa: E402


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the tests of the targets need root (mounts, users)", returncode=2)
    namespace.enter()


@pytest.fixture(name="target", scope="session", params=targets.NAMES)
def fixture_target(request):
    return targets.Target(request.param)


@pytest.fixture(scope="session")
def authority():
    return pki.Authority("Test Issuing CA", parent=pki.Authority("Test Root CA"), number=901)


@pytest.fixture
def aws(authority):
    with StubAws(authority.issue("localhost", "127.0.0.1", "::1", number=902)) as server:
        yield server
    assert server.unexpected == []


@pytest.fixture
def box(target, aws, authority, monkeypatch):
    """A box with that processor."""
    monkeypatch.setenv("WCP_TINY", str(target.binary))
    monkeypatch.setenv("WCP_EMULATOR", target.emulator)
    root = namespace.ROOT / f"box-{target.name}-{os.urandom(4).hex()}"
    root.mkdir(mode=0o755)
    made = boxes.Box(root, aws, authority)
    yield made
    made.remove()
