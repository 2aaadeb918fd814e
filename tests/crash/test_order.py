"""What a power cut makes of the calls is up to their order: everything on the disk before what relies on it."""

import re

from harness import trace


def traced_once(device):
    log = device.root / "strace.log"
    device.install("old")
    device.aws_holds("new")
    device.agent("once", "strace", "-f", "-y", "-qq", "-s", "32", "-o", log)
    return trace.parse(log.read_text(errors="replace"))


def place(calls, pattern):
    """Where the only call is that matches."""
    found = [place for place, call in enumerate(calls) if re.match(pattern, str(call))]
    assert len(found) == 1, f"{len(found)} calls match {pattern}"
    return found[0]


def follow(calls, start, *patterns):
    """Each pattern is found in a call after the one before it; where the last one is."""
    position = start
    for pattern in patterns:
        later = (p for p in range(position + 1, len(calls)) if re.match(pattern, str(calls[p])))
        position = next(later, None)
        assert position is not None, f"no {pattern} where it should be"
    return position


def test_everything_is_on_the_disk_before_what_relies_on_it(device):
    calls = traced_once(device)
    left, right, journal = re.escape(str(device.left)), re.escape(str(device.right)), device.journal()
    synced = [rf"fsync\(\d+<{directory}>\) += 0" for directory in (left, right)]
    commit = place(calls, rf'renameat\(.*wcp-new", \d+<{left}>, "{re.escape(journal.name)}"\) = 0')
    renames, written = [], []
    for path in device.site.paths:
        temporary = rf"{re.escape(f'.{path.name}')}\.[0-9a-f]{{16}}\.wcp-new"
        written.append(follow(calls, place(calls, rf'openat\(.*"{temporary}", O_WRONLY\|O_CREAT'),
                              rf"fsync\(\d+<.*/{temporary}>\) += 0"))
        renames.append(place(calls, rf'renameat\(.*"{temporary}", .*, "{re.escape(path.name)}"\) = 0'))
    command = place(calls, rf'execve\("{re.escape(device.command)}"')
    done = place(calls, rf'unlinkat\(.*"{re.escape(journal.name)}"')

    for directory in synced:
        assert follow(calls, max(written), directory) < commit
        assert follow(calls, max(renames), directory) < command
    assert follow(calls, commit, synced[0]) < min(renames)
    assert max(renames) < command < done
    follow(calls, done, synced[0])


def test_a_new_file_has_owner_and_mode_before_it_has_contents(device):
    calls = traced_once(device)
    for path, mode in zip(device.site.paths, ("0644", "0640", "0644"), strict=True):
        temporary = rf"{re.escape(f'.{path.name}')}\.[0-9a-f]{{16}}\.wcp-new"
        created = place(calls, rf'openat\(.*"{temporary}", O_WRONLY\|O_CREAT')
        for flag in ("O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "0600"):
            assert flag in calls[created].arguments
        follow(calls, created, rf"fchmod\(\d+<.*/{temporary}>, {mode}\) = 0", rf"write\(\d+<.*/{temporary}>")
