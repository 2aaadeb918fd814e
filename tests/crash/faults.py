"""What strace can do to the agent's supervisor: list its system calls, make one its last, let one fail.

strace without -f follows the supervisor alone; workers and refresh commands are not touched.
"""

import re
import signal
from collections import Counter
from dataclasses import dataclass

CALL = re.compile(r"(?P<name>\w+)\(")
FIRST_WRITE = re.compile(r"\w+\(.*O_CREAT|rename|unlink")
FIRST_LOCK = re.compile(r"flock")
FIRST_CALL = re.compile("")
# Calls that change a file, start a process or wait for it. Between two of them nothing is done that would outlast the run:
# wherever it ends there, it leaves the same.
CHANGES = re.compile(r"(write\(\d+</|fch|rename|link|unlink|symlink|.*O_CREAT|v?fork|clone|poll.*POLLIN|exit_group)(?!.* = -1 )")

# A process namespace of the run's own: what the agent leaves running ends with it.
ALONE = ["unshare", "--pid", "--fork", "--kill-child"]
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)


@dataclass(frozen=True)
class Point:
    """A system call in a run: the nth of its name."""

    name: str
    number: int
    text: str

    def __str__(self):
        return f"{self.name} #{self.number}, {self.text}"


def expressions(*injections):
    """strace's options for these injections; it does nothing at calls that it does not trace."""
    names = ",".join(re.match("inject=([^:]*):", injection)[1] for injection in injections)
    return [option for expression in (f"trace={names}", *injections) for option in ("-e", expression)]


def points(device, command, *injections, since=FIRST_WRITE):
    """Every system call of a run of the supervisor, from the first that matches; undisturbed but for the injections."""
    log = device.root / "strace.log"
    device.agent(command, *ALONE, "strace", "-qq", "-y", "-o", log, *(option for injection in injections for option in ("-e", injection)))
    lines = log.read_text(errors="replace").splitlines()
    counts, found = Counter(), []
    for line in lines:
        if not (match := CALL.match(line)):
            continue  # a signal
        counts[match["name"]] += 1
        if found or since.match(line):
            found.append(Point(match["name"], counts[match["name"]], line))
    assert found, "\n".join(lines)
    return found


def changing(every):
    """Those of the points before which a run need be ended."""
    return [point for point in every if CHANGES.match(point.text)]


def few(every):
    """Of equal calls, of which there are many where a file is looked at again and again, the first two and the last two."""
    equal = {}
    for point in every:
        equal.setdefault(re.sub(r"0x\w+", "", point.text.rpartition(" = ")[0]), []).append(point)
    kept = {point for points_of_one in equal.values() for point in (*points_of_one[:2], *points_of_one[-2:])}
    return [point for point in every if point in kept]


def killed_before(device, command, point, *injections):
    """The run that ends where this call would begin; whether it came so far, and how it ended.

    injections: what else strace does, at calls of another name.
    """
    injection = f"inject={point.name}:signal=KILL:when={point.number}"
    outcome = device.agent(
        command, *ALONE, "strace", "-qq", "-o", "/dev/null", *expressions(*injections, injection)
    )
    return outcome.exit_code in KILLED, outcome


def failing_at(device, command, point, error, *injections):
    """The run in which this call is not made but fails; whether it came so far, and how it ended."""
    log = device.root / "strace.log"
    injection = f"inject={point.name}:error={error}:when={point.number}"
    outcome = device.agent(
        command, *ALONE, "strace", "-qq", "-o", log, *expressions(*injections, injection)
    )
    return re.search(rf"^{point.name}\(.*INJECTED", log.read_text(errors="replace"), re.MULTILINE) is not None, outcome
