"""`once` is killed before every system call that changes something, from its first write to its exit."""

import pytest

from device import ABSENT
from faults import FIRST_LOCK, changing, killed_before, points
from sweep import finished, prepare, recovered, sweep


def killed_once(allowed, before, target):
    """An attempt: kill, recover, then run undisturbed."""

    def attempt(device, point):
        device.restore(device.start)
        reached, _ = killed_before(device, "once", point)
        yield from device.exposed()
        yield from recovered(device, allowed, before)
        yield from finished(device, target)
        return reached

    return attempt


def sweep_once(devices, start, target):
    prepare(devices, start, target)
    every = changing(points(devices[0], "once"))
    sweep(devices, every, killed_once({start, target}, start, target))


def test_replacement_killed_anywhere_is_wholly_old_or_wholly_new(pair):
    sweep_once(pair, "old", "new")


def test_first_install_killed_anywhere_is_wholly_there_or_not_at_all(pair):
    sweep_once(pair, ABSENT, "new")


def test_four_files_without_a_command_leave_no_journal(make_device):
    places = {
        "certificate_path": "left/www.crt",
        "private_key_path": "right/www.key",
        "chain_path": "right/www.chain",
        "combined_path": "left/www.pem",
    }
    table = {"combined_permission": {"mode": "0640"}, "refresh_command": None}
    sweep_once([make_device(places=places, **table) for _ in range(2)], "old", "new")


@pytest.fixture
def half_renamed(pair):
    """Killed between two renames of the update to "new"; AWS holds "newer" since."""
    for device in pair:
        device.install("old")
        device.interrupt("new")
        device.start = device.capture()
        device.aws_holds("newer")
    return pair


def test_update_on_top_of_a_half_renamed_one_killed_anywhere(half_renamed):
    every = changing(points(half_renamed[0], "once"))
    sweep(half_renamed, every, killed_once({"new", "newer"}, "old", "newer"))


def test_recover_killed_anywhere_then_recover_again(half_renamed):
    every = changing(points(half_renamed[0], "recover", since=FIRST_LOCK))

    def attempt(device, point):
        device.restore(device.start)
        reached, _ = killed_before(device, "recover", point)
        yield from recovered(device, {"new"}, "old")
        if device.seen():
            yield "recover ran the command"
        yield from finished(device, "newer")
        return reached

    sweep(half_renamed, every, attempt)


def test_update_on_top_of_one_that_cannot_be_completed_killed_anywhere(half_renamed):
    """Nothing is changed and nothing of the first is removed before the second is committed."""
    for device in half_renamed:
        for member in ("private_key", "certificate"):  # the new contents of one, the old ones of the other
            device.temporary(member).write_text("damaged")
        device.start = device.capture()
        assert device.agent("recover").exit_code == 1
        assert device.capture() == device.start

    def attempt(device, point):
        device.restore(device.start)
        reached, _ = killed_before(device, "once", point)
        if device.agent("recover").exit_code == 0:
            yield from recovered(device, {"newer"}, "old")
        elif device.capture() != device.start:
            yield f"neither done nor left alone: {device.capture().names()}"
        yield from finished(device, "newer")
        return reached

    every = changing(points(half_renamed[0], "once"))
    sweep(half_renamed, every, attempt)
