"""A refresh command that writes down how it was run."""

from pathlib import Path

SCRIPT = """
echo run >> {base}.runs
env > {base}.environment
printf '%s\\n' "$@" > {base}.arguments
readlink /proc/self/fd/0 > {base}.stdin
ls -l /proc/self/fd > {base}.descriptors
id -u > {base}.user
{body}
if [ -e {base}.fails ]; then exit 7; fi
"""


class Recorder:
    """Give `command` to a certificate; `body` is shell text that runs before the end."""

    def __init__(self, box, name="refresh", body=""):
        self.base = box.directory("recorded") / name
        self.base.parent.chmod(0o777)
        self.command = box.script(name, SCRIPT.format(base=self.base, body=body))

    def _read(self, what):
        path = Path(f"{self.base}.{what}")
        return path.read_text() if path.exists() else ""

    @property
    def runs(self):
        return len(self._read("runs").splitlines())

    @property
    def environment(self):
        return dict(line.split("=", 1) for line in self._read("environment").splitlines())

    @property
    def arguments(self):
        return self._read("arguments").splitlines()

    @property
    def stdin(self):
        return self._read("stdin").strip()

    @property
    def user(self):
        return int(self._read("user"))

    @property
    def descriptors(self):
        """Number to target, the directory being listed left out."""
        links = [line.split()[-3:] for line in self._read("descriptors").splitlines()[1:]]
        found = {int(number): target for number, _, target in links}
        return {number: target for number, target in found.items() if "/proc/" not in target}

    def fail_from_now_on(self):
        Path(f"{self.base}.fails").touch()

    def succeed_from_now_on(self):
        Path(f"{self.base}.fails").unlink()
