"""The time as test builds of the agent see it."""

import time


class Clock:
    """What the agent takes for the time: it stands still until it is set."""

    def __init__(self, path):
        self.path = path
        self.ahead_ms = 0
        self.set(time.time())

    def set(self, wall, later_ms=0):
        """The clock on the wall; `later_ms` pass on the one that nobody sets."""
        self.ahead_ms += later_ms
        new = self.path.with_name("clock.new")
        new.write_text(f"{int(wall)}\n{self.ahead_ms}\n")
        new.rename(self.path)

    def pass_until(self, agent, pattern, step_ms):
        """Lets time pass, step by step, until the agent says it. (What it says, it says before it
        knows when to try again: a single step might come too early.)"""
        for _ in range(40):
            self.set(time.time(), step_ms)
            if line := agent.look_for(pattern, patience=1):
                return line
        raise AssertionError(f"no {pattern!r}, whatever the time\n{agent}")
