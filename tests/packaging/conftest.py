"""What the tests of packages and recipes share.

The session lives in a mount namespace of its own, where packages can be installed on machines; see harness/namespace.py.
"""

import os

import pytest

from harness import namespace
from harness.fixtures import (  # noqa: F401 (for the tests)
    authority, aws, box, busybox, debian, debian_with_systemd, identity, make_box, rootfs,
)

import tree


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the packaging tests need root (mounts, users, dpkg)", returncode=2)
    namespace.enter()


@pytest.fixture(scope="session")
def released():
    """The source archive of the last commit, beside SHA256SUMS."""
    if not (tree.ROOT / ".git").exists():
        pytest.skip("a source archive is made of the repository, and this is no repository")
    tree.make("dist-source")
    return tree.ROOT / f"build/packages/wcp-tiny-{tree.VERSION}.tar.gz"


@pytest.fixture(scope="session")
def pins():
    """Name to pin of everything that is linked in; the archives are in tree.DOWNLOADS."""
    return tree.pins()
