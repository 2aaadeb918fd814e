"""What a program asked of the kernel, as strace saw it."""

import re
from dataclasses import dataclass

LINE = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>.*)")
UNFINISHED = re.compile(r"(?P<pid>\d+) +(?P<start>\w+\(.*) <unfinished \.\.\.>")
RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")


@dataclass(frozen=True)
class Call:
    pid: int
    name: str
    arguments: str
    result: str

    @property
    def failed(self):
        return self.result.startswith("-1")

    def __str__(self):
        return f"{self.name}({self.arguments}) = {self.result}"


def parse(text):
    """Every finished call, in order of its end."""
    calls, started = [], {}
    for line in text.splitlines():
        if match := UNFINISHED.fullmatch(line):
            started[match["pid"]] = match["start"]
            continue
        if match := RESUMED.fullmatch(line):
            line = f"{match['pid']} {started.pop(match['pid'], '')}{match['rest']}"
        if match := LINE.fullmatch(line):
            calls.append(
                Call(int(match["pid"]), match["name"], match["arguments"], match["result"])
            )
    return calls


def writes(calls):
    """The calls that change a file system: opened for writing, created, renamed, removed…"""
    changing = re.compile(
        r"rename|unlink|rmdir|mkdir|mknod|link|chmod|chown|truncate|fallocate|utime|xattr|sync"
    )
    found = []
    for call in calls:
        opens = call.name in ("open", "openat", "openat2", "creat")
        if opens and re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE", call.arguments):
            found.append(call)
        elif not opens and changing.search(call.name) and call.name != "readlink":
            found.append(call)
    return found
