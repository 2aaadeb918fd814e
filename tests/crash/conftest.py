"""What every crash test may ask for: devices whose certificate lies on two file systems, and the
AWS they ask. The session lives in a mount namespace of its own; see harness/namespace.py.
"""

import itertools
import os
import subprocess

import pytest

from harness import box as boxes
from harness import namespace, pki
from harness.stub_aws import StubAws

import power
from device import Device

device_numbers = itertools.count(1)  # no device has another one's path, so none finds its state in /run


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the crash tests need root (mounts, strace, other users)", returncode=2)
    if not boxes.agent().exists():
        pytest.exit(f"{boxes.agent()} is not there: build it, or set WCP_TINY", returncode=2)
    namespace.enter()


@pytest.fixture(scope="session")
def issuers():
    """Two authorities, so that the chain changes with every renewal, as certificate and key do."""
    root = pki.Authority("Test Root CA")
    return [pki.Authority(f"Test Issuing CA {n}", parent=root, number=901 + n) for n in range(2)]


def serve():
    """Plain HTTP: there is nothing to learn here about TLS, and a run is faster without."""
    with StubAws() as server:
        yield server
    assert server.unexpected == []


aws = pytest.fixture(scope="session")(serve)
other_aws = pytest.fixture(scope="session")(serve)


@pytest.fixture
def make_device(aws, issuers):
    """Devices on demand: make_device(), with keywords for the certificate's table."""
    made = []

    def make(**table):
        root = namespace.ROOT / f"device-{next(device_numbers)}"
        root.mkdir()
        root.chmod(0o755)
        made.append(Device(root, aws, issuers, **table))
        return made[-1]

    yield make
    for device in made:
        device.remove()


@pytest.fixture
def device(make_device):
    return make_device()


@pytest.fixture
def interrupted(device):
    """An update from "old" to "new" stopped when only the certificate was renamed; AWS holds "newer" since."""
    device.install("old")
    device.interrupt("new")
    device.start = device.capture()
    device.aws_holds("newer")
    return device


@pytest.fixture
def pair(make_device):
    """Two devices of a kind, for sweeps: as many as there are processors to run them on."""
    return [make_device(), make_device()]


@pytest.fixture
def make_powered(aws, issuers):
    """Devices on disks of their own: make_powered()."""
    if not power.is_possible():
        pytest.skip("needs mkfs.ext4 (package e2fsprogs)")
    if not os.path.exists("/dev/loop-control"):
        pytest.skip("needs loop devices")
    made = []

    def make():
        root = namespace.ROOT / f"powered-{os.urandom(4).hex()}-{len(made)}"
        root.mkdir(mode=0o755)
        try:
            made.append(power.PoweredDevice(root, aws, issuers))
        except subprocess.CalledProcessError:
            pytest.skip("loop devices cannot be mounted here")
        return made[-1]

    yield make
    for device in made:
        device.remove()


@pytest.fixture
def powered_device(make_powered):
    return make_powered()


@pytest.fixture
def powered_pair(make_powered):
    return [make_powered(), make_powered()]
