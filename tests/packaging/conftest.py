"""What the tests of packages and recipes share.

The session lives in a mount namespace of its own, where packages can be installed on machines; see harness/namespace.py,
which the end-to-end tests own, like all of harness.
"""

import itertools
import os
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "build")]

from harness import box as boxes  # noqa: E402 (found by the line above)
from harness import machine as machines  # noqa: E402
from harness import namespace, pki  # noqa: E402
from harness.stub_aws import StubAws  # noqa: E402

import tree  # noqa: E402

numbers = itertools.count(1)  # no box or machine has another one's path


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the packaging tests need root (mounts, users, dpkg)", returncode=2)
    namespace.enter()


@pytest.fixture(scope="session")
def pins():
    """Name to pin of everything that is linked in; the archives are in tree.DOWNLOADS."""
    return tree.pins()


@pytest.fixture(scope="session")
def rootfs():
    """Everything that belongs on a device: its path there to the file in the repository."""
    return tree.rootfs()


@pytest.fixture(scope="session")
def authority():
    return pki.Authority("Test Issuing CA", parent=pki.Authority("Test Root CA"), number=901)


@pytest.fixture
def aws(authority):
    """STS and ACM, scriptable; see harness/stub_aws.py."""
    with StubAws(authority.issue("localhost", "127.0.0.1", "::1", number=902)) as server:
        yield server
    assert server.unexpected == []


@pytest.fixture
def box(aws, authority):
    """What a machine is to manage: its certificates, keys for AWS, configuration."""
    root = namespace.ROOT / f"box-{next(numbers)}"
    root.mkdir(mode=0o755)
    made = boxes.Box(root, aws, authority)
    yield made
    made.remove()


@pytest.fixture
def debian():
    """This system's files to write to, where no init runs."""
    with machines.Debian(namespace.ROOT / f"machine-{next(numbers)}") as machine:
        yield machine


@pytest.fixture
def debian_with_systemd():
    """This system's files to write to, under a systemd of its own; no agent is installed there."""
    with machines.DebianWithSystemd(namespace.ROOT / f"machine-{next(numbers)}") as machine:
        yield machine


@pytest.fixture
def busybox():
    """A board with nothing but busybox, and the agent as /root/wcp-tiny."""
    with machines.Busybox(namespace.ROOT / f"machine-{next(numbers)}") as machine:
        yield machine
