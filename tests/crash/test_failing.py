"""In `once` every single system call fails in turn; nothing is lost, and success is only said of success."""

import re

import pytest

from device import ABSENT
from faults import FIRST_CALL, failing_at, few, points
from sweep import finished, prepare, recovered, sweep

WHERE_FILES_ARE_WRITTEN = {
    "write", "writev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "open", "openat", "openat2",
    "close", "chmod", "fchmod", "chown", "fchown", "unlink", "unlinkat",
}
# Without signalfd4 the end of a command is noticed late, up to its limit: a test would take as long.
NEVER_FAILING = {
    "exit_group", "wait4", "waitid", "getpid", "geteuid", "getegid", "signalfd4", "rt_sigpending", "rt_sigprocmask",
}


def can_fail(point):
    """close(2) gives the descriptor back even when it fails, which strace cannot imitate: locks would
    stay held. Where it tells of data that were not written, it does not matter."""
    return point.name != "close" or ".wcp-new" in point.text


def split(every, pattern):
    """The points before the first one that matches, and those after it."""
    first = min(place for place, point in enumerate(every) if re.match(pattern, point.text))
    return every[:first], every[first + 1 :]


def fails_once(error, before, target):
    """An attempt: one call fails, then recover, then run undisturbed."""

    def attempt(device, point):
        device.restore(device.start)
        reached, outcome = failing_at(device, "once", point, error)
        done = device.installed() == target and device.command_ran_for(target)
        if outcome.exit_code == 0 and not done:
            yield f"success is claimed, {device.installed()}, {outcome}"
        if outcome.exit_code not in (0, 1, 2):
            yield f"died, {outcome}"
        elif outcome.exit_code != 0 and not outcome.err.strip():
            yield f"a failure without a word, {outcome}"
        yield from device.exposed()
        yield from recovered(device, {before, target}, before)
        yield from finished(device, target)
        return reached

    return attempt


@pytest.mark.parametrize("error, start", [("EIO", "old"), ("ENOSPC", ABSENT)])
def test_each_call_on_files_failing(pair, error, start):
    prepare(pair, start, "new")
    every = [
        point for point in points(pair[0], "once", since=FIRST_CALL)
        if point.name in WHERE_FILES_ARE_WRITTEN and can_fail(point)
    ]
    sweep(pair, few(every), fails_once(error, start, "new"))


def test_file_that_may_not_be_on_the_disk_is_discarded(pair):
    """A failed fsync(2) says so once, and the next one would succeed; close(2) may tell the same."""
    prepare(pair, "old", "new")

    def attempt(device, point):
        device.restore(device.start)
        reached, outcome = failing_at(device, "once", point, "EIO")
        if outcome.exit_code != 1 or device.capture() != device.start or device.seen():
            yield f"{device.installed()}, {device.leftovers()}, {outcome}"
        return reached

    writing, _ = split(points(pair[0], "once"), r'renameat\(.*"\.www\.crt\.wcp-journal"')
    every = [p for p in writing if p.name in ("fsync", "close") and ".wcp-new" in p.text]
    assert len(every) == 8  # three files and the journal
    sweep(pair, few(every), attempt)


def test_directory_that_may_not_be_on_the_disk_is_a_failure(pair):
    """No directory's fsync(2) may fail unnoticed, but for the one after all is done. Nothing is in place before all
    of the replacement's have succeeded, and then the journal stays, too."""
    prepare(pair, "old", "new")
    every = [p for p in points(pair[0], "once") if ".wcp-new" not in p.text]
    installing, deploying = split(every, r"flock\(.*\.wcp-hook>")
    claiming, confirming = split(deploying, r"(v?fork|clone3?)\(")
    installing, claiming, confirming = [[p for p in part if p.name == "fsync"] for part in (installing, claiming, confirming)]
    assert len(installing) >= 5 and claiming and confirming

    def attempt(device, point):
        device.restore(device.start)
        reached, outcome = failing_at(device, "once", point, "EIO")
        state = f"{device.installed()}, {device.leftovers()}, {outcome}"
        if outcome.exit_code != 1:
            yield f"not noticed: {state}"
        if point in installing and (device.installed() != "old" or device.leftovers()):
            yield f"not wholly old: {state}"
        if point not in installing and (device.installed() != "new" or not device.journal().exists()):
            yield f"not wholly new, with a journal: {state}"
        if point not in confirming and device.seen():
            yield f"the command ran: {state}"
        return reached

    sweep(pair, installing + claiming + confirming[:-1], attempt)


def test_every_other_call_failing(pair):
    prepare(pair, "old", "new")
    others = WHERE_FILES_ARE_WRITTEN | NEVER_FAILING
    every = [point for point in points(pair[0], "once") if point.name not in others]
    sweep(pair, few(every), fails_once("EIO", "old", "new"))


def test_each_call_interrupted_by_a_signal(pair):
    """EINTR from what may return it: nothing may come of it at all."""
    prepare(pair, "old", "new")
    may_be_interrupted = {"flock", "read", "write", "poll"}

    def attempt(device, point):
        device.restore(device.start)
        reached, outcome = failing_at(device, "once", point, "EINTR")
        if outcome.exit_code != 0:
            yield f"{outcome}"
        if device.installed() != "new" or not device.command_ran_for("new") or device.leftovers():
            yield f"{device.installed()}, {device.leftovers()}, {outcome}"
        return reached

    every = [point for point in points(pair[0], "once") if point.name in may_be_interrupted]
    sweep(pair, few(every), attempt)
