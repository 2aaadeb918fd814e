"""The resident agent of a box: started, listened to, signalled, stopped."""

import hashlib
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from .box import TIMEOUT_SECONDS, agent

PATIENCE_SECONDS = 40  # for a line that must come


def run_directory(config):
    """The run-time directory of the agent with this configuration file, whose directory exists."""
    place = config.parent.stat()
    text = f"{place.st_dev:x}:{place.st_ino:x}/{config.name}"
    return Path("/run/wcp-tiny", hashlib.sha256(text.encode()).hexdigest()[:16])


class Resident:
    """`wcp-tiny run`, with its log on stderr unless the box says else. A context manager.

    Lines are waited for in order: each wait_for looks at what came after the one before.
    """

    def __init__(
        self, box, *arguments, command=("run",), user=None, environment=None, config=True
    ):
        """config: write the box's configuration first."""
        self.box, self.config = box, config
        box.edge.setdefault("log_destination", "stderr")
        box.edge.setdefault("startup_jitter_seconds", 0)
        self.arguments = [str(agent()), *command, "-c", str(box.config), *arguments]
        self.surroundings = {k: v for k, v in os.environ.items() if re.match("(A|UB)SAN_", k)}
        self.surroundings.update({**box.environment, **(environment or {})})
        self.user = user
        self.lines, self.seen = [], 0
        self.more = threading.Condition()

    def start(self):
        if self.config:
            self.box.write_config()
        options = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        self.process = subprocess.Popen(
            self.arguments,
            env={k: v for k, v in self.surroundings.items() if v is not None},
            cwd=self.box.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **options,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _read(self):
        for line in self.process.stderr:
            with self.more:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.more.notify_all()
        with self.more:
            self.lines.append(None)  # no more will come
            self.more.notify_all()

    @property
    def pid(self):
        return self.process.pid

    def look_for(self, pattern, count=1, patience=PATIENCE_SECONDS):
        """The next line that matches, or the count-th; None when it does not come in time."""
        deadline = time.monotonic() + patience
        with self.more:
            while True:
                while self.seen < len(self.lines):
                    line = self.lines[self.seen]
                    self.seen += 1
                    if line is None:
                        raise AssertionError(f"the agent ended without {pattern!r}\n{self}")
                    if re.search(pattern, line):
                        count -= 1
                        if count == 0:
                            return line
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self.more.wait(left)

    def wait_for(self, pattern, count=1):
        """The same for a line that must come."""
        if line := self.look_for(pattern, count):
            return line
        raise AssertionError(f"no {pattern!r} came\n{self}")

    def wait_until_fresh(self, count=1):
        self.wait_for("Certificate refresh successful for ", count)

    def assert_sleeps(self):
        """It does not wake up by itself: it is looked at for a moment, once it is asleep."""
        seen = None
        for _ in range(100):
            before, seen = seen, Path(f"/proc/{self.pid}/status").read_text()
            time.sleep(0.1)  # long enough for a thousand rounds of a loop that spins
            if before == seen:
                return
        raise AssertionError(f"the agent never sleeps\n{self}")

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Exit status after a signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.end()

    def end(self):
        """Exit status, once it ends by itself."""
        status = self.process.wait(TIMEOUT_SECONDS)
        self.reader.join()
        self.box.assert_no_secret_in(self.text)
        return status

    @property
    def text(self):
        return "\n".join(line for line in self.lines if line is not None)

    def __str__(self):
        return f"--- the resident agent's log\n{self.text}"

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        print(self)
        if kind is None:
            self.box.assert_no_secret_in(self.text)
