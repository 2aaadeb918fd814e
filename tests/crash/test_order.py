"""What a power cut makes of the calls is up to their order: everything on the disk before what relies on it."""

import re

import pytest

from harness import trace


def traced_once(device, *injections):
    log = device.root / "strace.log"
    device.install("old")
    device.aws_holds("new")
    options = [option for injection in injections for option in ("-e", f"inject={injection}")]
    device.agent("once", "strace", "-f", "-y", "-qq", "-s", "32", "-o", log, *options)
    return trace.parse(log.read_text(errors="replace"))


def places(calls, pattern):
    """Where the calls are that match."""
    return [place for place, call in enumerate(calls) if re.match(pattern, str(call))]


def place(calls, pattern):
    """Where the only call is that matches."""
    found = places(calls, pattern)
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


def temporary(path, kind="new"):
    """The pattern of a temporary file's name."""
    return rf"{re.escape(f'.{path.name}')}\.[0-9a-f]{{16}}\.wcp-{kind}"


def written(calls, name):
    """Where a new file has reached the disk."""
    return follow(calls, place(calls, rf'openat\(.*"{name}", O_WRONLY\|O_CREAT'), rf"fsync\(\d+<.*/{name}>\) += 0")


def committed(device, calls):
    """Where the journal gets its name."""
    return place(calls, rf'renameat\(.*wcp-new", .*, "{re.escape(device.journal().name)}"\) = 0')


def synced(device):
    """The patterns of the directories' fsync(2)."""
    return [rf"fsync\(\d+<{re.escape(str(directory))}>\) += 0" for directory in device.directories]


# How the old version of a file is kept for going back, by what the file system cannot do: the names are exchanged in
# the end (and for a trial before), the file has a second name, or there is a copy.
KEPT = {
    "exchange": ([], r'renameat\(.*"{old}", .*"{new}"\) = 0', r'renameat2\(.*"{new}", .*"{name}", RENAME_EXCHANGE\) = 0'),
    "link": (
        ["renameat2:error=EINVAL"],
        r'linkat\(.*"{name}", .*"{old}", 0\) = 0', r'renameat\(.*"{new}", .*"{name}"\) = 0',
    ),
    "copy": (
        ["renameat2:error=EINVAL", "linkat:error=EPERM"],
        r"fsync\(\d+<.*/{old}>\) += 0", r'renameat\(.*"{new}", .*"{name}"\) = 0',
    ),
}


@pytest.mark.parametrize("way", KEPT)
def test_everything_is_on_the_disk_before_what_relies_on_it(device, way):
    injections, keep, rename = KEPT[way]
    calls = traced_once(device, *injections)
    commit = committed(device, calls)
    new, kept, renames = [], [], []
    for path in device.site.paths:
        names = {"new": temporary(path), "old": temporary(path, "old"), "name": re.escape(path.name)}
        new.append(written(calls, names["new"]))
        kept.append(place(calls, keep.format(**names)))
        renames.append(place(calls, rename.format(**names)))
    command = place(calls, rf'execve\("{re.escape(device.command)}"')
    done = place(calls, rf'unlinkat\(.*"{re.escape(device.journal().name)}"')

    for directory in synced(device):
        assert follow(calls, max(new + kept), directory) < commit
        assert follow(calls, max(renames), directory) < command
    assert follow(calls, commit, synced(device)[0]) < min(renames)
    assert max(renames) < command < done
    follow(calls, done, synced(device)[0])


def test_the_decision_to_go_back_is_on_the_disk_before_the_first_file_goes_back(device):
    """The key's second exchange, that of the replacement, is refused for good."""
    calls = traced_once(device, "renameat2:error=EPERM:when=5")
    journal = re.escape(device.journal().name)
    commit, turn = places(calls, rf'renameat\(.*wcp-new", .*, "{journal}"\) = 0')
    certificate, key, _ = device.site.paths
    there = place(calls, rf'renameat2\(.*"{temporary(certificate)}", .*"{certificate.name}", RENAME_EXCHANGE\) = 0')
    refused = place(calls, rf'renameat2\(.*"{temporary(key)}", .*"{key.name}", RENAME_EXCHANGE\) = -1 EPERM')
    back = place(calls, rf'renameat\(.*"{temporary(certificate)}", .*"{certificate.name}"\) = 0')
    done = place(calls, rf'unlinkat\(.*"{journal}"')

    assert commit < there < refused < turn
    assert follow(calls, turn, synced(device)[0]) < back
    for directory in synced(device):
        assert follow(calls, back, directory) < done
    follow(calls, done, synced(device)[0])
    assert not places(calls[refused:], rf'execve\("{re.escape(device.command)}"')
    assert device.installed() == "old" and device.leftovers() == []


def test_a_new_file_has_owner_and_mode_before_it_has_contents(device):
    calls = traced_once(device)
    for path, mode in zip(device.site.paths, ("0644", "0640", "0644"), strict=True):
        name = temporary(path)
        created = place(calls, rf'openat\(.*"{name}", O_WRONLY\|O_CREAT')
        for flag in ("O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "0600"):
            assert flag in calls[created].arguments
        follow(calls, created, rf"fchmod\(\d+<.*/{name}>, {mode}\) = 0", rf"write\(\d+<.*/{name}>")
