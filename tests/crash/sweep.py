"""The same attempt at every point of a run, on several devices at a time, and what must hold after it."""

import queue
from concurrent.futures import ThreadPoolExecutor

from device import ABSENT

SHOWN = 12
# How often poll and read are called depends on how pipes fill, and on what else the machine does: a point that does not come
# up again is tried a few times more, and a few may never do so.
TRIES = 5
LEAST_REACHED = 0.9


def prepare(devices, start, target):
    """The devices' files as they are before the run that is disturbed; AWS holds `target`."""
    for device in devices:
        if start != ABSENT:
            device.install(start)
        device.start = device.capture()
        device.aws_holds(target)


def sweep(devices, points, attempt):
    """Fails with what attempt(device, point) yields; it returns whether the run came to the point."""
    free = queue.SimpleQueue()
    for device in devices:
        free.put(device)

    def at(point):
        device = free.get()
        try:
            problems = []
            for _ in range(TRIES):
                reached, found = exhaust(attempt(device, point))
                problems += found
                if reached:
                    break
            return reached, problems
        finally:
            free.put(device)

    with ThreadPoolExecutor(len(devices)) as pool:
        results = list(pool.map(at, points))
    found = [
        f"{point}\n    {problem}"
        for point, (_, problems) in zip(points, results, strict=True)
        for problem in problems
    ]
    print(f"{len(points)} points, not reached again:", *[point for point, (reached, _) in zip(points, results) if not reached])
    assert not found, f"{len(found)} problems:\n" + "\n".join(found[:SHOWN])
    assert sum(reached for reached, _ in results) >= LEAST_REACHED * len(points)


def exhaust(generator):
    """What a generator returns, and a list of what it yields."""
    problems = []
    while True:
        try:
            problems.append(next(generator))
        except StopIteration as end:
            return end.value, problems


def recovered(device, allowed, before):
    """What is wrong after `recover`: the set must be one of `allowed`, and where it is not as `before`,
    its command must have run or be pending."""
    outcome = device.agent("recover")
    version, pending = device.installed(), device.journal().exists()
    state = f"after recover: {version}, {device.leftovers()}, {outcome}"
    if outcome.exit_code != 0:
        yield f"recover fails, {state}"
    if version not in allowed:
        yield f"neither of {allowed}, {state}"
        return
    if device.temporaries():
        yield f"temporary files, {state}"
    if version != ABSENT and not device.modes_are_right():
        yield f"wrong modes, {state}"
    if device.site.table.get("refresh_command") is None:
        if pending:
            yield f"a journal although there is no command, {state}"
    elif version == before and pending:
        yield f"a command is pending for nothing, {state}"
    elif version != before and not pending and not device.command_ran_for(version):
        yield f"its command neither ran nor is pending, {state}"


def finished(device, version):
    """What is wrong after the next undisturbed `once`, when AWS holds `version`."""
    outcome = device.agent("once")
    state = f"after once: {device.installed()}, {device.leftovers()}, {outcome}"
    if outcome.exit_code != 0:
        yield f"once fails, {state}"
    if device.installed() != version or not device.modes_are_right():
        yield f"not all {version}, {state}"
    if device.leftovers():
        yield f"not cleaned up, {state}"
    if device.site.table.get("refresh_command") and not device.command_ran_for(version):
        yield f"no command ran for it, {state}"
