"""Fixtures that several parts of the suite offer their tests: a simulated AWS, boxes, machines.

A conftest takes by name what it offers; namespace.enter() comes before the first box or machine.
"""

import itertools

import pytest

from . import box as boxes
from . import machine as machines
from . import namespace, pki
from .stub_aws import StubAws

numbers = itertools.count(1)  # no box or machine has another one's path, so none finds its state in /run


@pytest.fixture(scope="session")
def authority():
    """Signs the certificates of AWS's servers and those that ACM issues."""
    root = pki.Authority("Test Root CA")
    return pki.Authority("Test Issuing CA", parent=root, number=901)


@pytest.fixture(scope="session")
def identity(authority):
    """What a good AWS endpoint presents."""
    return authority.issue("localhost", "127.0.0.1", "::1", "aws.test", number=902)


@pytest.fixture
def aws(identity):
    """STS and ACM, scriptable; see harness/stub_aws.py."""
    with StubAws(identity) as server:
        yield server
    assert server.unexpected == []


@pytest.fixture
def make_box(authority):
    """Boxes on demand: make_box(aws)."""
    made = []

    def make(aws=None):
        root = namespace.ROOT / f"box-{next(numbers)}"
        root.mkdir()
        root.chmod(0o755)
        made.append(boxes.Box(root, aws, authority))
        return made[-1]

    yield make
    for box in made:
        box.remove()


@pytest.fixture
def box(make_box, aws):
    """A box that trusts the scriptable AWS and has good keys for it."""
    return make_box(aws)


@pytest.fixture(scope="session")
def rootfs():
    """Everything that belongs on a device: its path there to the file in the repository."""
    top = boxes.REPOSITORY / "rootfs"
    return {f"/{file.relative_to(top)}": file for file in sorted(top.rglob("*")) if file.is_file()}


def start_machine(kind):
    if boxes.is_test_build():
        pytest.skip("machines run the static binary: a test build needs its libraries")
    return kind(namespace.ROOT / f"machine-{next(numbers)}")


@pytest.fixture
def debian():
    """This system's files to write to, systemd not running; the agent is /root/wcp-tiny."""
    with start_machine(machines.Debian) as machine:
        yield machine


@pytest.fixture
def debian_with_systemd():
    with start_machine(machines.DebianWithSystemd) as machine:
        yield machine


@pytest.fixture
def busybox():
    """A board with nothing but busybox and the agent, /root/wcp-tiny."""
    with start_machine(machines.Busybox) as machine:
        yield machine
