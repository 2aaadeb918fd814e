"""What the tests of packages and recipes share.

The session lives in a mount namespace of its own, where packages can be installed on machines; see harness/namespace.py,
which the end-to-end tests own, like all of harness.
"""

import os
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "build")]

from harness import namespace  # noqa: E402 (found by the line above)
from harness.fixtures import (  # noqa: E402, F401 (for the tests)
    authority, aws, box, busybox, debian, debian_with_systemd, identity, make_box, rootfs,
)

import tree  # noqa: E402


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the packaging tests need root (mounts, users, dpkg)", returncode=2)
    namespace.enter()


@pytest.fixture(scope="session")
def pins():
    """Name to pin of everything that is linked in; the archives are in tree.DOWNLOADS."""
    return tree.pins()
