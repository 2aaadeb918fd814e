"""A file system of the set that is not mounted, without any crash: its bare mount point gets no file."""

import contextlib

import pytest

from harness import namespace


@contextlib.contextmanager
def unmounted(device, directory):
    """Only the empty mount point is there."""
    parked = device.directory("parked")
    namespace.mount("--move", directory, parked)
    try:
        yield
    finally:
        namespace.mount("--move", parked, directory)


@pytest.fixture
def renewed(device):
    """Installed, and AWS holds another certificate by now."""
    device.install("old")
    device.forget()
    device.aws_holds("new")
    return device


@pytest.mark.parametrize("side", ["left", "right"])
def test_renewal_waits_until_the_file_system_is_mounted(renewed, side):
    gone = getattr(renewed, side)
    (there,) = set(renewed.directories) - {gone}
    before = {path: path.read_bytes() for path in there.iterdir()}
    with unmounted(renewed, gone):
        checked = renewed.agent("check")
        assert checked.exit_code == 1 and f"mount {gone}" in checked.err, checked
        for _ in range(2):
            outcome = renewed.agent("once")
            assert outcome.exit_code == 1, outcome
            assert renewed.site.arn in outcome.err and f"lay on the file system at {gone}" in outcome.err
            assert "once --force" in outcome.err
            assert list(gone.iterdir()) == []
            assert {path: path.read_bytes() for path in there.iterdir()} == before
    assert renewed.installed() == "old" and renewed.seen() == []

    assert renewed.agent("once").exit_code == 0
    assert renewed.installed() == "new" and renewed.command_ran_for("new")
    assert renewed.leftovers() == []


def test_force_accepts_that_the_files_move(renewed):
    with unmounted(renewed, renewed.right):
        forced = renewed.run_program(*renewed.argv("once"), "--force")
        assert forced.exit_code == 0, forced
        assert f"file system at {renewed.right}" in forced.err
        assert renewed.installed() == "new"
        renewed.aws_holds("newer")
        assert renewed.agent("once").exit_code == 0
        assert renewed.installed() == "newer"


def test_unmounted_directory_that_was_bound_for_the_service_is_no_change(renewed):
    """As systemd does it with ReadWritePaths= of the service."""
    with namespace.mounted("--bind", renewed.right, renewed.right):
        outcome = renewed.agent("once")
    assert outcome.exit_code == 0, outcome
    assert renewed.installed() == "new"
