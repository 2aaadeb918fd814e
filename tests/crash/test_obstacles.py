"""A rename that is refused for good after the commit: the set is wholly old again, without another run."""

import re
import subprocess

import pytest

from device import MIXED, after_commit
from faults import changing, failing_at, killed_before, points
from harness import namespace
from sweep import finished, prepare, recovered, sweep
from watched import STOPPED, held_after

ERRORS = ["EPERM", "EBUSY", "EXDEV", "EACCES"]
# Where names cannot be exchanged, the old version has a second name; where there are no such, it is copied.
WITHOUT_EXCHANGE = ["inject=renameat2:error=EINVAL"]
WITHOUT_LINKS = [*WITHOUT_EXCHANGE, "inject=linkat:error=EPERM"]
# The key's rename, after three trials and the certificate's rename.
KEY_IS_REFUSED = "inject=renameat2:error=EPERM:when=5"


def wrong_after_failure(device, outcome):
    """What is wrong when a run that fails is to leave the old set, and nothing else."""
    if outcome.exit_code != 1 or device.site.arn not in outcome.err or "refresh successful" in outcome.err:
        yield f"not said: {outcome}"
    if device.installed() != "old" or not device.modes_are_right() or device.leftovers() or device.seen():
        yield f"not wholly old: {device.installed()}, {device.leftovers()}, {outcome}"


def wrong_after_any_end(device, outcome):
    """The same when the run may succeed as well."""
    if outcome.exit_code != 0:
        yield from wrong_after_failure(device, outcome)
    elif device.installed() != "new" or device.leftovers() or not device.command_ran_for("new"):
        yield f"success is claimed: {device.installed()}, {device.leftovers()}, {outcome}"


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("member", ["certificate", "private_key", "chain"])
def test_file_that_can_never_be_renamed(device, member, error):
    """Every rename to or from this name fails, as with the immutable flag."""
    device.install("old")
    device.forget()
    device.aws_holds("new")
    name = device.site.path(member).name
    obstacle = ["-P", name, "-e", f"inject=renameat,renameat2:error={error}"]
    log = device.root / "strace.log"

    outcome = device.agent("once", "strace", "-qq", "-o", log, *obstacle)

    assert "(INJECTED)" in log.read_text()
    assert list(wrong_after_failure(device, outcome)) == []
    assert list(finished(device, "new")) == []


@pytest.mark.parametrize("without", [[], WITHOUT_EXCHANGE, WITHOUT_LINKS], ids=["exchange", "link", "copy"])
@pytest.mark.parametrize("error", ERRORS[:2])
def test_each_rename_and_link_that_is_refused(pair, error, without):
    """Wherever it is, the run either succeeds all the same, or leaves the old set."""
    prepare(pair, "old", "new")
    every = [p for p in points(pair[0], "once", *without) if re.match("rename|link", p.name)]
    injected = {injection.split("=")[1].split(":")[0] for injection in without}

    def attempt(device, point):
        device.restore(device.start)
        reached, outcome = failing_at(device, "once", point, error, *without)
        yield from wrong_after_any_end(device, outcome)
        return reached

    sweep(pair, [point for point in every if point.name not in injected], attempt)


@pytest.mark.parametrize("refused", ["inject=renameat:error=EPERM:when=5+", "inject=renameat:error=EPERM:when=6+"],
                         ids=["the decision", "the rename"])
def test_going_back_that_is_refused_too_is_said_and_left_to_the_next_run(device, refused):
    device.install("old")
    device.forget()
    device.aws_holds("new")

    outcome = device.agent("once", "strace", "-qq", "-o", "/dev/null", "-e", KEY_IS_REFUSED, "-e", refused)

    assert outcome.exit_code == 1 and device.site.arn in outcome.err
    assert "refresh successful" not in outcome.err and device.seen() == []
    assert device.installed() == MIXED and device.journal().exists()
    assert list(recovered(device, {"old", "new"}, "old")) == []
    assert list(finished(device, "new")) == []


def test_set_that_goes_back_killed_anywhere_is_wholly_old_or_wholly_new(pair):
    prepare(pair, "old", "new")
    every = points(pair[0], "once", KEY_IS_REFUSED)
    (refused,) = [place for place, point in enumerate(every) if "(INJECTED)" in point.text]
    every = changing(every[refused + 1 :])
    assert sum(point.name == "renameat" for point in every) == 2  # the decision, and the certificate

    def attempt(device, point):
        device.restore(device.start)
        reached, _ = killed_before(device, "once", point, KEY_IS_REFUSED)
        yield from device.exposed()
        yield from recovered(device, {"old", "new"}, "old")
        yield from finished(device, "new")
        return reached

    sweep(pair, every, attempt)


@pytest.fixture
def half_done(device):
    """A run that is held between the renames of the certificate and the key."""
    device.install("old")
    device.forget()
    device.aws_holds("new")
    before = device.capture()
    renames = [point for point in points(device, "once") if point.name.startswith("rename")]
    device.restore(before)
    with held_after(device, "once", after_commit(renames)[0]) as run:
        assert run.until(STOPPED)
        yield run


def test_key_that_becomes_a_mount_point_between_two_renames(device, half_done):
    """The kernel itself refuses."""
    key = device.site.path("private_key")
    with namespace.mounted("--bind", key, key):
        half_done.go_on()
        outcome = half_done.end()

    assert list(wrong_after_failure(device, outcome)) == []
    assert list(finished(device, "new")) == []


def test_foreign_key_mounted_between_two_renames_is_said_and_settled_when_it_is_gone(device, half_done):
    """With their key there is neither an old set nor a new one."""
    own = device.root / "own.key"
    own.write_text("theirs")
    with namespace.mounted("--bind", own, device.site.path("private_key")):
        half_done.go_on()
        outcome = half_done.end()
    assert outcome.exit_code == 1 and "refresh successful" not in outcome.err
    assert device.journal().exists() and own.read_text() == "theirs" and device.seen() == []

    assert list(recovered(device, {"old", "new"}, "old")) == []
    assert list(finished(device, "new")) == []


def test_immutable_key(powered_device):
    device = powered_device
    device.install("old")
    device.forget()
    device.aws_holds("new")
    key = device.site.path("private_key")
    subprocess.run(["chattr", "+i", key], check=True)
    try:
        outcome = device.agent("once")
    finally:
        subprocess.run(["chattr", "-i", key], check=True)

    assert list(wrong_after_failure(device, outcome)) == []
    assert list(finished(device, "new")) == []


@pytest.mark.parametrize("mode", [0o644, 0o600], ids=["readable", "secret"])
def test_key_of_another_user_in_a_sticky_directory(device, mode):
    """An agent that is not root can write the directory, and cannot rename the file."""
    device.install("old")
    device.forget()
    for directory in device.directories:
        subprocess.run(["chown", "-R", namespace.SERVICE, directory], check=True)
    key = device.site.path("private_key")
    subprocess.run(["chown", "root", key, device.right], check=True)
    key.chmod(mode)
    device.right.chmod(0o1777)
    for permission in ("certificate_and_chain_permission", "key_permission"):
        device.site.table[permission] = {"owner": namespace.SERVICE, "group": namespace.SERVICE, "mode": "0640"}
    del device.site.table["refresh_command"]
    device.write_config()
    device.aws_holds("new")

    outcome = device.agent("once", user=namespace.SERVICE, group=namespace.SERVICE, extra_groups=[])

    assert outcome.exit_code == 1 and device.site.arn in outcome.err, outcome
    assert device.installed() == "old" and device.leftovers() == [], outcome
