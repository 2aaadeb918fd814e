"""What a run of the agent costs: CPU of all its processes, memory at its peak, system calls."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import trace  # noqa: E402

STRACE_DELAY_MICROSECONDS = 3000  # after each system call, so that /proc can be read in between


def command(binary, config):
    return [str(binary), "once", "-c", str(config)]


def quiet():
    return os.open("/dev/null", os.O_RDWR)


def cpu_milliseconds(binary, config, environment):
    """User and system time of `once` and of every process it waited for."""
    null = quiet()
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    argv = command(binary, config)
    pid = os.posix_spawn(argv[0], argv, environment, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    os.close(null)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"bench: {' '.join(argv)} failed; run it by hand to see why")
    return (usage.ru_utime + usage.ru_stime) * 1000


@dataclass
class Memory:
    """Kilobytes, each at its peak; `pss` is of all processes at the same moment."""

    pss: int = 0
    private: int = 0
    processes: int = 0
    resident: dict = None  # process name and number to VmHWM


@dataclass
class Rollup:
    """Kilobytes of one process."""

    pss: int
    private: int
    anonymous: int


def rollup(pid):
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = {name: int(value) for name, value in re.findall(r"^(\w+): +(\d+) kB", text, re.M)}
    return Rollup(found["Pss"], found["Private_Clean"] + found["Private_Dirty"], found["Anonymous"])


def children(pid):
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in listed.split()]
    except OSError:
        return []  # it has just ended


def agents(tracer, binary):
    """PIDs of supervisor and workers below strace, once they run the agent."""
    found = []
    for pid in [each for child in children(tracer) for each in (child, *children(child))]:
        try:
            if os.readlink(f"/proc/{pid}/exe") == str(binary):
                found.append(pid)
        except OSError:
            continue
    return found


def peak_memory(binary, config, environment):
    """Slowed down by strace at every system call, and looked at all the time.

    Memory comes by system calls or by being touched, and goes by system calls only, so what is
    seen at each call is the peak.
    """
    peak = Memory(resident={})
    slowed = ["strace", "-f", "-qq", "-o", "/dev/null",
              "-e", f"inject=all:delay_enter={STRACE_DELAY_MICROSECONDS}"]
    with subprocess.Popen(
        [*slowed, *command(binary, config)], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            look(agents(process.pid, binary), peak)
    if process.returncode != 0:
        raise SystemExit("bench: the agent failed while its memory was measured")
    return peak


def look(pids, peak):
    pss = private = count = 0
    for pid in pids:
        try:
            one = rollup(pid)
            status = Path(f"/proc/{pid}/status").read_text()
        except (OSError, KeyError):
            continue  # it has just ended
        pss, private, count = pss + one.pss, private + one.private, count + 1
        if match := re.search(r"^VmHWM:\s+(\d+) kB", status, re.M):
            peak.resident[pid] = int(match[1])
    peak.pss, peak.private = max(peak.pss, pss), max(peak.private, private)
    peak.processes = max(peak.processes, count)


@dataclass
class Writes:
    """What a run did to the file system and to the network."""

    calls: list
    file_bytes: int
    segments: list  # per connection: how often the agent sent


def writes(binary, config, environment, log):
    subprocess.run(
        ["strace", "-f", "-qq", "-yy", "-o", log, "-e", "trace=%file,%desc,%net",
         *command(binary, config)],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, check=True,
    )
    calls = trace.parse(Path(log).read_text(errors="replace"))
    file_bytes, sent = 0, {}
    for call in calls:
        target = re.match(r"\d+<([^>]*)", call.arguments)
        if target is None or call.failed:
            continue
        sends = call.name in ("write", "writev", "send", "sendto", "sendmsg")
        if sends and target[1].startswith("/") and not target[1].startswith("/dev/null"):
            file_bytes += int(call.result.split()[0])
        if sends and target[1].startswith("TCP"):
            sent[target[1]] = sent.get(target[1], 0) + 1
    changing = [each for each in trace.writes(calls) if "/dev/null" not in each.arguments]
    return Writes(changing, file_bytes, list(sent.values()))
