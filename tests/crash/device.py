"""A box with one certificate in two directories on two file systems, and how its files stand."""

import contextlib
import hashlib
import os
import re
import stat
import subprocess
from pathlib import Path

from faults import killed_before, points
from harness import namespace
from harness.box import TIMEOUT_SECONDS, Box, Outcome, agent
from harness.stub_aws import Held
from tree import Tree

VERSIONS = ("old", "new", "newer")
ABSENT, MIXED = "absent", "mixed"

# Where the certificate's directory is `left`, the key's `right`.
PLACES = {
    "certificate_path": "left/www.crt",
    "private_key_path": "right/www.key",
    "chain_path": "left/www.chain",
}
PERMISSIONS = {
    "certificate_and_chain_permission": {"mode": "0644"},
    "key_permission": {"mode": "0640"},
}
KEY_MODE = 0o640


def after_commit(renames):
    """Of the renames of a run, those after the journal's."""
    (commit,) = [place for place, point in enumerate(renames) if ".wcp-journal\")" in point.text]
    return renames[commit + 1 :]


class Device(Box):
    """AWS holds a certificate in versions that differ in every file: "old", "new", "newer"."""

    def __init__(self, root, aws, issuers, places=None, **table):
        super().__init__(root, aws, issuers[0])
        self.left, self.right = self.directory("etc/left"), self.directory("etc/right")
        self.directories = (self.left, self.right)
        self.mount()
        self.seen_file = self.root / "seen"
        paths = {key: str(self.root / "etc" / place) for key, place in (places or PLACES).items()}
        self.command = self._command(paths.values())
        options = {"refresh_command": self.command, **PERMISSIONS, **paths, **table}
        self.site = self.manage(**options)
        self.versions = {}
        for number, version in enumerate(VERSIONS):
            self.site.issuer = issuers[number % len(issuers)]
            self.site.renew()
            self.versions[version] = self.site.issued
        self.aws_holds("old")
        self.write_config()

    def mount(self):
        for directory in self.directories:
            namespace.mount("-t", "tmpfs", "-o", "mode=0755,size=1m", "wcp-tiny-tests", directory)

    def _command(self, paths):
        """A refresh command that writes down what it found in the files."""
        files = " ".join(sorted(paths))
        return self.script("refresh", f"cat {files} 2>/dev/null | sha256sum >>{self.seen_file}")

    # --- what there is --------------------------------------------------------------------

    def aws_holds(self, version, aws=None):
        """From now on this is what `aws` (the device's own by default) exports."""
        held = Held(self.versions[version], self.site.encryption)
        (aws or self.aws).certificates[self.site.arn] = held

    def texts(self, version):
        """Path to text of an installed version."""
        self.site.issued = self.versions[version]
        return self.site.expected()

    def digest(self, version):
        """What the refresh command writes down when it finds exactly this version."""
        texts = self.texts(version)
        whole = "".join(texts[path] for path in sorted(texts))
        return hashlib.sha256(whole.encode()).hexdigest()

    def interrupt(self, target):
        """An update to `target` is killed when the journal and the first of three files, the certificate,
        are in place."""
        self.aws_holds(target)
        before = self.capture()
        renames = [point for point in points(self, "once") if point.name.startswith("rename")]
        self.restore(before)
        reached, outcome = killed_before(self, "once", after_commit(renames)[1])
        assert reached and self.installed() == MIXED, outcome

    def install(self, version):
        """The device as it is after an undisturbed `once`."""
        self.aws_holds(version)
        outcome = self.agent("once")
        assert outcome.exit_code == 0, outcome
        assert self.installed() == version and self.leftovers() == [], outcome

    def capture(self):
        return Tree(*self.directories)

    def restore(self, tree):
        """The files are as they were captured, and no command has run yet."""
        tree.restore()
        self.forget()

    def forget(self):
        """No command has run yet."""
        self.seen_file.unlink(missing_ok=True)

    def remove(self):
        for directory in self.directories:
            subprocess.run(["umount", "--lazy", str(directory)], check=False)
        super().remove()

    # --- running --------------------------------------------------------------------------

    def argv(self, command, *wrapper):
        """A command of the agent, perhaps below strace."""
        return [str(argument) for argument in (*wrapper, agent(), command, "-c", self.config)]

    def agent(self, command, *wrapper, environment=None, **options):
        """Runs it. Unlike Box.run this prints nothing: there are hundreds of these."""
        done = subprocess.run(
            self.argv(command, *wrapper), env=self.surroundings(environment), cwd=self.root,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False,
            **options,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    def surroundings(self, environment=None):
        """The environment that the agent gets."""
        return {**self.environment, "ASAN_OPTIONS": "detect_leaks=0", **(environment or {})}

    # --- how the files stand --------------------------------------------------------------

    def installed(self):
        """The version that all files have; ABSENT when there is none of them, else MIXED."""
        found = {path: path.read_text() if path.exists() else None for path in self.site.paths}
        if not any(found.values()):
            return ABSENT
        whole = [version for version in VERSIONS if self.texts(version) == found]
        return whole[0] if whole else MIXED

    def leftovers(self, kind=".*"):
        """Temporary files, journals and records of hooks, or one kind of them; not the record of mount points, nor a
        temporary file of it, which the next success removes."""
        names = (name for directory in self.directories for name in os.listdir(directory))
        return sorted(name for name in names if re.search(rf"^\..*\.wcp-(?!mounts){kind}$", name))

    def temporaries(self):
        return self.leftovers("(new|old)")

    def temporary(self, member):
        """The temporary file of an interrupted replacement: beside a renamed target it has the old contents,
        else the new ones."""
        target = self.site.path(member)
        (path,) = target.parent.glob(f".{target.name}.*.wcp-new")
        return path

    def journal(self):
        """The journal's path; it may not be there."""
        path = self.site.path("certificate")
        return path.with_name(f".{path.name}.wcp-journal")

    def seen(self):
        """What the refresh command found, run by run."""
        with contextlib.suppress(FileNotFoundError):
            return [line.split()[0] for line in self.seen_file.read_text().splitlines()]
        return []

    def command_ran_for(self, version):
        return self.digest(version) in self.seen()

    def exposed(self):
        """Files with the key in them that more may read than may read the key."""
        for directory in self.directories:
            for path in map(Path, directory.iterdir()):
                mode = stat.S_IMODE(path.lstat().st_mode)
                if path.is_file() and mode & ~KEY_MODE and "PRIVATE KEY" in path.read_text():
                    yield f"{path.name} has mode {mode:o}"

    def modes_are_right(self):
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in self.site.paths}
        secret = [self.site.table.get("private_key_path"), self.site.table.get("combined_path")]
        return all(mode == (KEY_MODE if str(path) in secret else 0o644) for path, mode in modes.items())

