"""The power fails before every system call of `once` that changes what is on the disks, or must not before it is."""

import re

import pytest

from device import ABSENT
from faults import killed_before, points
from sweep import finished, recovered, sweep

# What has been written since the last fsync(2) is lost, whatever it is.
CHANGES = re.compile(r"(fsync|rename|unlink|v?fork|clone|exit_group)(?!.* = -1 )")


@pytest.mark.parametrize("start", ["old", ABSENT])
def test_power_cut_leaves_all_old_or_all_new(powered_pair, start):
    for device in powered_pair:
        if start != ABSENT:
            device.install(start)
        device.save()
        device.aws_holds("new")
    every = [point for point in points(powered_pair[0], "once") if CHANGES.match(point.text)]

    def attempt(device, point):
        device.reset()
        reached, _ = killed_before(device, "once", point)
        device.cut_power()
        ran = device.command_ran_for("new")
        yield from recovered(device, {start, "new"}, start)
        if ran and device.installed() != "new":
            yield "a command ran for what was lost afterwards"
        yield from finished(device, "new")
        return reached

    sweep(powered_pair, every, attempt)


def test_power_cut_during_recover_leaves_the_new_set_to_be_completed(powered_pair):
    """The same for what `recover` does on top of a half renamed set."""
    for device in powered_pair:
        device.install("old")
        device.interrupt("new")
        device.save()
    every = [point for point in points(powered_pair[0], "recover") if CHANGES.match(point.text)]

    def attempt(device, point):
        device.reset()
        reached, _ = killed_before(device, "recover", point)
        device.cut_power()
        yield from recovered(device, {"new"}, "old")
        yield from finished(device, "new")
        return reached

    sweep(powered_pair, every, attempt)
