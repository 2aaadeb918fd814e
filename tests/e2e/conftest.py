"""What every end-to-end test may ask for.

The whole session lives in a mount namespace of its own (harness/namespace.py). The binary under
test is $WCP_TINY, else build/wcp-tiny.
"""

import os

import pytest

from harness import box as boxes
from harness import machine as machines
from harness import namespace, pki
from harness.clock import Clock
from harness.explained import assert_failed
from harness.fixtures import (  # noqa: F401 (for the tests)
    authority, aws, box, busybox, debian, debian_with_systemd, identity, make_box, rootfs,
)
from harness.resident import Resident
from harness.simulated_aws import SimulatedAws
from harness.web_server import Nginx


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests need root (mounts, users, sudo)", returncode=2)
    if not boxes.agent().exists():
        pytest.exit(f"{boxes.agent()} is not there: build it, or set WCP_TINY", returncode=2)
    namespace.enter()


def hook(name):
    """Skips the test unless the binary takes this setting, which only test builds do."""
    if name.encode() not in boxes.agent().read_bytes():
        pytest.skip(f"needs a build with the test hook {name}")


@pytest.fixture
def needs_hook():
    return hook


@pytest.fixture(scope="session")
def root_authority(authority):
    return authority.parent


@pytest.fixture
def site(box):
    """One certificate that the box manages, not yet installed."""
    return box.manage("www.example.com")


@pytest.fixture
def shared_file(box):
    """Writes a credentials or config file in the box's home."""

    def write(text, name="credentials", path=None, mode=0o600):
        path = path or box.directory("home/.aws") / name
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


@pytest.fixture
def outdated(box):
    """A certificate that is installed, and that AWS has renewed since: there is something to leave untouched."""
    site = box.manage(refresh_command=box.recorder().command)
    assert box.once().exit_code == 0
    site.renew()
    box.before = box.snapshot()
    return site


@pytest.fixture
def refused(box, outdated):
    """Runs `once`; it must fail for the outdated certificate with this explanation, and change nothing."""

    def run(cause, advice=".", endpoint=None, **options):
        if endpoint:
            box.environment["AWS_ENDPOINT_URL"] = endpoint
        outcome = box.once(**options)
        assert_failed(outcome, outdated, cause, advice)
        assert box.snapshot() == box.before
        return outcome

    return run


@pytest.fixture
def clock_of(needs_hook):
    """Gives a box a clock that only the test moves: clock_of(box)."""
    needs_hook("WCP_TEST_CLOCK")

    def give(box):
        made = Clock(box.directory("clock") / "now")
        box.environment["WCP_TEST_CLOCK"] = str(made.path)
        return made

    return give


@pytest.fixture
def clock(box, clock_of):
    return clock_of(box)


@pytest.fixture
def resident(box):
    """Resident agents of the box, stopped at the end: resident() starts one.

    within: calls the function that starts it, such as OwnNetwork.run.
    """
    started = []

    def start(*arguments, within=lambda function: function(), **options):
        started.append(Resident(box, *arguments, **options))
        return within(started[-1].start)

    yield start
    for agent in started:
        agent.__exit__(None)


@pytest.fixture(scope="session")
def moto(tmp_path_factory, root_authority):
    """AWS as moto simulates it, policies enforced; one for the session, as nothing is shared."""
    with SimulatedAws(tmp_path_factory.mktemp("moto"), root_authority) as server:
        yield server


@pytest.fixture
def moto_box(make_box, moto):
    """A box that knows the simulated AWS and the keys of a user who may assume its role."""
    box = make_box()
    box.environment["AWS_ENDPOINT_URL"] = moto.url
    box.use_keys(*moto.user_keys)
    return box


@pytest.fixture
def nginx(box):
    """A real nginx that serves the box's www.example.com files, self-signed and expired."""
    old = pki.self_signed("www.example.com", number=700)
    certificate, key = box.files / "www.example.com.crt", box.files / "www.example.com.key"
    certificate.write_text(old.leaf_pem)
    key.write_text(old.key_pem)
    with Nginx(box.directory("nginx"), certificate, key) as server:
        yield server


@pytest.fixture
def debian_config():
    """A configuration with one certificate for each refresh command given (None: without)."""

    def text(*commands, directory="/etc/ssl/wcp", enabled=True, more=""):
        tables = "".join(
            machines.certificate_table(number, command, directory)
            for number, command in enumerate(commands or [None], 1)
        )
        return f"[capabilities.acm]\nenabled = {str(enabled).lower()}\n{tables}{more}"

    return text
