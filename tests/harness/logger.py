"""The log as the resident agent writes it, line by line (tests/tools/log-lines.c)."""

import os
import subprocess

from .box import REPOSITORY, agent

PROGRAM = REPOSITORY / "build/log-lines"


class Logger:
    """A process that logs with the box's configuration; a context manager."""

    def __init__(self, box, prefix=(), user=None, **environment):
        box.write_config()
        options = {"user": user, "group": user, "extra_groups": []} if user else {}
        self.process = subprocess.Popen(
            [*map(str, prefix), PROGRAM, box.config], env={**box.environment, **environment},
            cwd=box.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=(box.root / "stderr").open("ab"), text=True, bufsize=1, **options,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def log(self, message, level="info"):
        """True once it is logged; False when the process is gone."""
        try:
            self.process.stdin.write(f"{level} {message}\n")
            return self.process.stdout.readline() == "done\n"
        except BrokenPipeError:
            return False

    def apply(self):
        """Another configuration is in force."""
        self.process.stdin.write("apply\n")
        assert self.process.stdout.readline() == "done\n"
