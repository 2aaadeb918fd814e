"""Between its tasks the agent rests; and it wakes up by itself for the next one."""

import signal
import subprocess
import time
from pathlib import Path

from harness.processes import timer_of

MINUTE_MS = 60 * 1000
DAY_MS = 24 * 60 * MINUTE_MS


def assert_rests(agent):
    """It comes to an end with what it does: while other processes run, it does not."""
    used = Path(f"/proc/{agent.pid}/schedstat")
    for _ in range(30):
        before = used.read_text()
        subprocess.run(["/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done"], check=True)
        if used.read_text() == before:
            return
    raise AssertionError(f"it is never at rest\n{agent}")


def test_rests_after_the_clock_was_set_while_nothing_is_due(box, site, resident, clock):
    agent = resident()
    agent.wait_until_fresh()
    clock.set(time.time() + 1800)
    agent.wait_for("The clock was set")
    assert_rests(agent)


def test_rests_when_nothing_waits_for_the_clock_any_more(box, site, resident, clock):
    clock.set(77)
    agent = resident()
    agent.wait_for("Waiting: nothing can be fetched")
    box.tables.clear()
    box.write_config()
    agent.wait_for("has changed")
    clock.set(78, later_ms=61 * MINUTE_MS)
    agent.wait_for("The clock was set")
    assert_rests(agent)


def test_tries_again_by_itself_when_no_worker_could_start(box, site, resident):
    box.forget_keys()
    agent = resident(environment={"WCP_TEST_HURRY": "1"})
    agent.wait_for("failure #1")
    assert_rests(agent)
    assert timer_of(agent) > 0


def test_an_idle_day_writes_nothing_and_has_one_timer(box, site, resident, clock):
    box.edge["status_file"] = str(box.root / "status.json")
    file = box.root / "status.json"
    agent = resident()
    agent.wait_until_fresh()
    agent.assert_sleeps()
    # A hard link keeps the inode: its number is not given to another file.
    (box.root / "kept.json").hardlink_to(file)
    left = timer_of(agent)
    assert DAY_MS - MINUTE_MS < left < DAY_MS + 6 * MINUTE_MS

    for hour in range(1, 24):
        clock.set(time.time() + hour * 3600, later_ms=60 * MINUTE_MS)
        agent.send(signal.SIGHUP)
        agent.wait_for("Asked to read")
    agent.assert_sleeps()

    assert file.samefile(box.root / "kept.json")
    assert abs(timer_of(agent) - (left - 23 * 60 * MINUTE_MS)) < MINUTE_MS
