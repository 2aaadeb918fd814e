"""What the checks of the targets share: the list of them, and a simulated AWS with a box.

The session lives in a mount namespace of its own; see harness/namespace.py.
"""

import os

import pytest

from harness import namespace
from harness.fixtures import authority, aws, identity, make_box  # noqa: F401 (for the tests)

import targets


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
