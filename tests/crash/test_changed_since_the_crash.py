"""What may have changed in the world between a crash and the recovery from it."""

import contextlib
import subprocess

import pytest

from device import ABSENT, MIXED
from harness import namespace
from sweep import finished, recovered


@contextlib.contextmanager
def missing(device, directory, as_directory):
    """The file system is not mounted; its mount point is there, or not even that."""
    parked = device.directory("parked")
    namespace.mount("--move", directory, parked)
    if not as_directory:
        directory.rmdir()
    try:
        yield
    finally:
        directory.mkdir(exist_ok=True)
        namespace.mount("--move", parked, directory)


def assert_nothing_done(device, outcome, kept):
    """It was said loudly, for the certificate, and these files stand as before."""
    assert outcome.exit_code == 1, outcome
    assert device.site.arn in outcome.err
    for path, content in kept.items():
        assert path.read_bytes() == content, f"{path}, {outcome}"
    assert device.seen() == []


def contents(directory):
    return {path: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.parametrize("as_directory", [True, False])
@pytest.mark.parametrize("side", ["left", "right"])
def test_file_system_missing_at_recovery_then_back(interrupted, side, as_directory):
    gone = getattr(interrupted, side)
    (there,) = {interrupted.left, interrupted.right} - {gone}
    kept = contents(there)
    with missing(interrupted, gone, as_directory):
        assert_nothing_done(interrupted, interrupted.agent("recover"), kept)

    assert list(recovered(interrupted, {"new"}, "old")) == []
    assert list(finished(interrupted, "newer")) == []


@pytest.mark.parametrize("side", ["left", "right"])
def test_once_without_one_of_the_directories_changes_nothing(interrupted, side):
    (there,) = {interrupted.left, interrupted.right} - {getattr(interrupted, side)}
    kept = contents(there)
    with missing(interrupted, getattr(interrupted, side), as_directory=False):
        assert_nothing_done(interrupted, interrupted.agent("once"), kept)

    assert list(finished(interrupted, "newer")) == []


def test_renamed_target_edited_by_hand_goes_back_with_the_others(interrupted):
    """Its new contents are nowhere any more, but the old ones of all are."""
    interrupted.site.path("certificate").write_text("by hand")

    outcome = interrupted.agent("recover")

    assert outcome.exit_code == 0 and interrupted.installed() == "old", outcome
    assert interrupted.site.arn in outcome.err and "the earlier files are back" in outcome.err
    assert interrupted.leftovers() == [] and interrupted.seen() == []
    assert list(finished(interrupted, "newer")) == []


def test_renamed_target_edited_by_hand_without_its_old_version_stops_the_recovery(interrupted):
    """Neither the new set nor the old one is complete."""
    interrupted.site.path("certificate").write_text("by hand")
    interrupted.temporary("certificate").unlink()
    kept = contents(interrupted.left) | contents(interrupted.right)

    assert_nothing_done(interrupted, interrupted.agent("recover"), kept)
    assert list(finished(interrupted, "newer")) == []


def test_target_edited_by_hand_before_its_rename_is_replaced(interrupted):
    interrupted.site.path("private_key").write_text("by hand")

    assert list(recovered(interrupted, {"new"}, "old")) == []


def test_target_edited_by_hand_while_the_command_is_pending(interrupted):
    assert list(recovered(interrupted, {"new"}, "old")) == []
    interrupted.site.path("chain").write_text("by hand")
    kept = contents(interrupted.left) | contents(interrupted.right)

    assert_nothing_done(interrupted, interrupted.agent("recover"), kept)
    assert list(finished(interrupted, "newer")) == []


def test_target_that_became_a_directory_stops_the_recovery_before_the_first_rename(interrupted):
    key = interrupted.site.path("private_key")
    key.unlink()
    key.mkdir()
    kept = contents(interrupted.left)

    assert_nothing_done(interrupted, interrupted.agent("recover"), kept)
    key.rmdir()
    assert list(recovered(interrupted, {"new"}, "old")) == []


@pytest.fixture
def bind_mounted(interrupted):
    """The chain's target, the last to be renamed, is a mount point of its own."""
    own = interrupted.root / "own-chain"
    own.write_text("theirs")
    with namespace.mounted("--bind", own, interrupted.site.path("chain")):
        yield own


def test_bind_mounted_target_stops_the_recovery_before_the_first_rename(interrupted, bind_mounted):
    kept = contents(interrupted.left) | contents(interrupted.right)

    assert_nothing_done(interrupted, interrupted.agent("recover"), kept)
    outcome = interrupted.agent("once")
    assert_nothing_done(interrupted, outcome, kept)
    assert "mount point" in outcome.err
    assert bind_mounted.read_text() == "theirs"


def test_bind_mounted_target_gone_again_is_recovered(interrupted):
    own = interrupted.root / "own-chain"
    own.write_text("theirs")
    with namespace.mounted("--bind", own, interrupted.site.path("chain")):
        interrupted.agent("recover")

    assert list(recovered(interrupted, {"new"}, "old")) == []


def test_bind_mounted_target_is_refused_before_anything_is_written(device):
    device.install("old")
    device.forget()
    device.aws_holds("new")
    before = device.capture()
    with namespace.mounted("--bind", device.site.path("private_key"), device.site.path("private_key")):
        assert_nothing_done(device, device.agent("once"), {})
    assert device.capture() == before


def test_directory_replaced_by_a_link_leads_nowhere(interrupted):
    foreign = interrupted.directory("etc/foreign")
    for path, content in contents(interrupted.right).items():
        (foreign / path.name).write_bytes(content)
    theirs = contents(foreign)
    kept = contents(interrupted.left)
    with missing(interrupted, interrupted.right, as_directory=False):
        interrupted.right.symlink_to(foreign)
        try:
            for command in ("recover", "once"):
                outcome = interrupted.agent(command)
                assert_nothing_done(interrupted, outcome, kept)
                assert "symbolic link" in outcome.err
        finally:
            interrupted.right.unlink()
    assert contents(foreign) == theirs


@pytest.mark.parametrize("call", ["openat2", "faccessat2", "statx"])
@pytest.mark.parametrize("start", ["old", ABSENT])
def test_kernel_without_a_newer_call_installs_as_well(device, start, call):
    if start != ABSENT:
        device.install(start)
        device.forget()
    device.aws_holds("new")
    log = device.root / "strace.log"

    outcome = device.agent("once", "strace", "-qq", "-o", log, "-e", f"inject={call}:error=ENOSYS")

    assert outcome.exit_code == 0, outcome
    assert call in log.read_text()
    assert device.installed() == "new" and device.command_ran_for("new") and device.leftovers() == []


def test_kernel_without_openat2_follows_no_link_either(device):
    device.aws_holds("new")
    foreign = device.directory("etc/foreign")
    with missing(device, device.right, as_directory=False):
        device.right.symlink_to(foreign)
        try:
            outcome = device.agent("once", "strace", "-o", "/dev/null", "-e", "inject=openat2:error=ENOSYS")
        finally:
            device.right.unlink()
    assert outcome.exit_code == 1 and "symbolic link" in outcome.err
    assert contents(foreign) == {}


def test_directories_that_belong_to_others_are_no_hindrance(device):
    """Root's journal is root's, whosever directory it is in; the files are their directory's owner's."""
    for directory in device.directories:
        subprocess.run(["chown", namespace.SERVICE, directory], check=True)
    device.install("old")
    assert device.command_ran_for("old")
    device.interrupt("new")
    assert device.journal().stat().st_uid == 0
    assert {path.stat().st_uid for path in device.site.paths} == {namespace.SERVICE_ID}

    device.forget()
    assert list(recovered(device, {"new"}, "old")) == []
    device.aws_holds("newer")
    assert list(finished(device, "newer")) == []
    assert {path.stat().st_uid for path in device.site.paths} == {namespace.SERVICE_ID}


def test_agent_that_is_not_root_recovers_its_own(interrupted):
    for directory in interrupted.directories:
        subprocess.run(["chown", "-R", namespace.SERVICE, directory], check=True)
    before = interrupted.capture()

    outcome = interrupted.agent("recover", user=namespace.SERVICE, group=namespace.SERVICE, extra_groups=[])

    assert outcome.exit_code == 0, outcome
    assert interrupted.installed() == "new" and interrupted.journal().exists()
    assert before.files.keys() - interrupted.capture().files.keys() and interrupted.temporaries() == []


def test_nothing_is_left_half_done_by_a_recovery_that_may_not_write(interrupted):
    before = interrupted.capture()
    user = {"user": namespace.SERVICE, "group": namespace.SERVICE, "extra_groups": []}

    outcome = interrupted.agent("recover", **user)

    assert outcome.exit_code == 1, outcome
    assert interrupted.capture() == before and interrupted.installed() == MIXED
