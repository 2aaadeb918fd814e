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

from harness import namespace  # noqa: E402 (found by the line above)
from harness.fixtures import authority, aws, identity, make_box  # noqa: E402, F401 (for the tests)

import targets  # noqa: E402


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the tests of the targets need root (mounts, users)", returncode=2)
    namespace.enter()


@pytest.fixture(name="target", scope="session", params=targets.NAMES)
def fixture_target(request):
    return targets.Target(request.param)


@pytest.fixture
def box(target, make_box, aws, monkeypatch):
    """A box with that processor."""
    monkeypatch.setenv("WCP_TINY", str(target.binary))
    monkeypatch.setenv("WCP_EMULATOR", target.emulator)
    return make_box(aws)
