"""The power of a disk is cut while certificates change: at hundreds of places, and what was not flushed is lost at
random.

Each run has other cuts. $WCP_CUTS_SEED, which a failure names, has those again, of the recordings that the last run
left in build/boot/cuts.
"""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import pki
from harness.box import agent

from image import busybox_image
from kernel import Kernel
from packages import CACHE, Packages
from power_cuts import cut_power
from recording import EXT4, EXT4_WITHOUT_BARRIERS, F2FS, Recording, Run

pytestmark = pytest.mark.timeout(1800)  # everything happens in the first test's fixtures
CUTS = int(os.environ.get("WCP_CUTS", "60"))
SEED = os.environ.get("WCP_CUTS_SEED")
KEPT = CACHE / "cuts"
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def initramfs(tmp_path_factory):
    """(kernel, initramfs): the full kernel, since the one for clouds has no f2fs."""
    packages = Packages("amd64")
    kernel = Kernel(packages, "amd64")
    made = busybox_image(packages, kernel, modules=("ext4", "f2fs"), more=[HERE / "power"])
    made.file("/usr/sbin/wcp-tiny", agent(), 0o755)
    made.file("/usr/sbin/look", CACHE / "look", 0o755)
    return kernel, made.write(tmp_path_factory.mktemp("power") / "initramfs")


@pytest.fixture(scope="module")
def issuers():
    root = pki.Authority("Test Root CA")
    return [pki.Authority(f"Test Issuing CA {number}", parent=root, number=910 + number) for number in range(2)]


@pytest.fixture(scope="module")
def outcomes(request, initramfs, issuers):
    """For every file system that is asked for, what came of its power cuts; they run side by side."""
    seed = int(SEED) if SEED else random.randrange(1 << 32)

    def outcome(file_system):
        directory = KEPT / file_system.label
        if SEED and Recording.is_in(directory):
            recording = Recording(directory, file_system)
        else:
            recording = Run(directory, file_system, issuers).record(*initramfs)
        return cut_power(recording, CUTS, seed, *initramfs)

    wanted = {item.callspec.params["file_system"] for item in request.session.items if item.path == Path(__file__)}
    with ThreadPoolExecutor(len(wanted)) as pool:
        return dict(zip(wanted, pool.map(outcome, wanted), strict=True))


@pytest.fixture
def outcome(outcomes, file_system):
    print(outcomes[file_system])
    return outcomes[file_system]


@pytest.fixture
def note(outcome, record_property):
    record_property("note", outcome.summary)


@pytest.mark.parametrize("file_system", [EXT4, F2FS], ids=str)
@pytest.mark.usefixtures("note")
def test_after_a_power_cut_every_set_is_wholly_old_or_new_and_its_command_pending_or_done(outcome):
    assert outcome.cuts >= CUTS
    assert not outcome.problems, str(outcome)


@pytest.mark.parametrize("file_system", [EXT4, F2FS], ids=str)
def test_power_cuts_come_in_the_middle_of_replacements(outcome):
    """Else the test above would have shown nothing."""
    assert outcome.completed >= CUTS / 50
    assert outcome.pending >= CUTS / 10


@pytest.mark.parametrize("file_system", [EXT4_WITHOUT_BARRIERS], ids=str)
@pytest.mark.usefixtures("note")
def test_sets_that_are_lost_are_found(outcome):
    """The control: a file system that does not have the disk flush its cache breaks the promise."""
    assert outcome.cuts >= CUTS
    broken = {cut for cut, _, _ in outcome.problems}
    assert len(broken) >= CUTS / 10
