"""What the tests of packages and recipes share.

The session lives in a mount namespace of its own, where packages can be installed on machines; see harness/namespace.py,
which the end-to-end tests own, like all of harness.
"""

import os
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from harness import namespace  # noqa: E402 (found by the line above)

import tree  # noqa: E402


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
