"""What every boot test may ask for.

$WCP_BOARDS: only these.
"""

import os

import pytest

import boards
from harness.fixtures import authority  # noqa: F401 (for the tests)
from harness.stub_aws import StubAws

CHOSEN = os.environ.get("WCP_BOARDS", "").split()
BOARDS = [board for board in boards.BOARDS if not CHOSEN or board.name in CHOSEN]


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the boot tests need root (file systems whose files are root's)", returncode=2)


@pytest.fixture(scope="module", params=BOARDS, ids=str)
def board(request):
    return request.param


@pytest.fixture(scope="module")
def aws(authority):
    """STS and ACM under their own names, by way of the board's /etc/hosts; see harness/stub_aws.py."""
    with StubAws(authority.issue(*boards.AWS_NAMES, number=902)) as server:
        yield server
    assert server.unexpected == []


@pytest.fixture(scope="module")
def site(board, aws, authority, tmp_path_factory):
    """Where the board stands."""
    return boards.Site(board, tmp_path_factory.mktemp(board.name), aws, authority)
