"""The resident agent's log: a bounded file on disks that fill up and go read-only, or syslog."""

import contextlib
import os
import re
import stat
import subprocess

import pytest

from harness import namespace
from harness.logger import Logger

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (DEBUG|INFO|WARN|ERROR) (.*)")
SMALLEST_LIMIT = 4096


@pytest.fixture
def directory(box):
    """Where the log is to be."""
    box.edge.update(log_directory=str(box.root / "logs"), log_max_bytes=SMALLEST_LIMIT)
    return box.root / "logs"


def messages(*files):
    """What whole lines of these files say; every line must be one."""
    found = []
    for file in files:
        text = file.read_text()
        assert text == "" or text.endswith("\n")
        found += [LINE.fullmatch(line)[2] for line in text.split("\n")[:-1]]
    return found


def newest_last(directory):
    archives = sorted(
        directory.glob("archive/acm_provider_*.log"),
        key=lambda path: -int(path.stem.rsplit("_", 1)[1]),
    )
    log = directory / "acm_provider.log"
    return [*archives, *([log] if log.exists() else [])]


def stderr(box):
    return (box.root / "stderr").read_text()


# --- levels ---------------------------------------------------------------------------------


@pytest.mark.parametrize("level, shown", [
    ("debug", "DEBUG INFO WARN ERROR"), ("info", "INFO WARN ERROR"), ("warn", "WARN ERROR"),
    ("error", "ERROR"), ("none", ""),
])
@pytest.mark.parametrize("case", [str.lower, str.upper, str.capitalize, str.swapcase])
def test_level_in_any_case(box, directory, level, shown, case):
    box.logging["log_level"] = case(level)
    with Logger(box) as logger:
        for each in ("debug", "info", "warn", "error"):
            logger.log("message", each)

    lines = (directory / "acm_provider.log").read_text().splitlines() if shown else []
    assert [LINE.fullmatch(line)[1] for line in lines] == shown.split()
    assert directory.exists() == bool(shown)
    assert stderr(box) == ""


def test_message_forges_no_line(box, directory):
    with Logger(box) as logger:
        logger.log("a\r2026-01-01T00:00:00Z ERROR forged\x1b[2J\x85\u2028\u202e")

    (message,) = messages(directory / "acm_provider.log")
    assert "\x1b" not in message and "\r" not in message and "\u202e" not in message


# --- rotation ---------------------------------------------------------------------------------


def test_rotation_that_is_killed_anywhere_loses_and_splits_nothing(box, directory):
    """At each system call of a line that rotates, from the first to the last."""
    box.edge["log_archives"] = 3
    lines_per_file, text, number = 4, "x" * 900, 0

    def write(logger):
        nonlocal number
        number += 1
        return logger.log(f"{number} {text}")

    def numbers():
        return [int(message.split()[0]) for message in messages(*newest_last(directory))]

    kills = 0
    for call in ("openat", "mkdirat", "unlinkat", "renameat", "writev", "ftruncate"):
        for when in range(1, 200):
            with Logger(box) as logger:
                while len(numbers()) < 4 * lines_per_file:
                    write(logger)  # until every file is full
            before = numbers()
            inject = f"inject={call}:signal=KILL:when={when}"
            prefix = ["strace", "-qq", "-f", "-o", "/dev/null", "-e", inject]
            with Logger(box, prefix, ASAN_OPTIONS="detect_leaks=0") as logger:
                if write(logger):
                    break  # there are fewer calls of this name
            kills += 1

            killed = numbers()
            assert killed[-1] in (number, number - 1)  # the line itself is there or not
            assert killed == list(range(killed[0], killed[-1] + 1))
            with Logger(box) as logger:
                write(logger)
            # One archive, the oldest, was given up: the interruption costs no other.
            assert set(before[lines_per_file:]) | {number} <= set(numbers())
            assert max(path.stat().st_size for path in newest_last(directory)) <= SMALLEST_LIMIT
            if killed[-1] == number - 2:
                for file in newest_last(directory):
                    file.unlink()  # a line is missing: the numbers begin again
    assert kills > 8


def test_several_thousand_lines_pass_through_rotations_whole(box, directory):
    box.edge["log_archives"] = 100
    with Logger(box) as logger:
        for number in range(4000):
            logger.log(f"{number} {'y' * (number % 97)}")

    expected = [f"{number} {'y' * (number % 97)}" for number in range(4000)]
    assert messages(*newest_last(directory)) == expected


def test_five_archives_by_default(box, directory):
    with Logger(box) as logger:
        for _ in range(100):
            logger.log("z" * 500)

    names = sorted(path.name for path in (directory / "archive").iterdir())
    assert names == [f"acm_provider_{number}.log" for number in range(1, 6)]
    assert stat.S_IMODE(directory.stat().st_mode) == 0o750
    assert {stat.S_IMODE(path.stat().st_mode) for path in newest_last(directory)} == {0o640}


# --- what happens to logs ---------------------------------------------------------------------


def test_full_disk_loses_no_line_and_leaves_none_torn(box, directory):
    directory.mkdir()
    with namespace.mounted("-t", "tmpfs", "-o", "size=64k", "log", directory):
        with Logger(box, WCP_TEST_HURRY="1000000") as logger:
            logger.log("before")
            ballast = directory / "ballast"
            with contextlib.suppress(OSError):
                ballast.write_bytes(b"\0" * 65536)
            filler = 0
            while "No space left" not in stderr(box):
                filler += 1
                logger.log(f"filler {filler} " + "f" * 200)
            logger.log("during")
            ballast.unlink()
            logger.log("after")

        logged = messages(*newest_last(directory))
        said = stderr(box)
    fillers = [message for message in logged if message.startswith("filler")]
    assert len(fillers) == filler - 1  # the last one went to stderr
    assert logged[-2:] == ["The log could not be written: 2 line(s) went to stderr instead", "after"]
    assert logged[0] == "before"
    assert f"filler {filler} " in said and said.endswith("INFO during\n")
    assert said.count("No space left") == 1


def test_read_only_directory_goes_to_stderr_until_it_is_writable(box, directory):
    directory.mkdir()
    with namespace.mounted("-t", "tmpfs", "log", directory):
        with Logger(box, WCP_TEST_HURRY="1000000") as logger:
            logger.log("one")
            namespace.mount("-o", "remount,ro", directory)
            logger.log("two")
            namespace.mount("-o", "remount,rw", directory)
            logger.log("three")
        logged = messages(*newest_last(directory))

    assert logged == ["one", "The log could not be written: 1 line(s) went to stderr instead", "three"]
    warning, message = stderr(box).splitlines()
    assert "WARN" in warning and str(directory) in warning and "Read-only file system" in warning
    assert message.endswith("INFO two")


def test_directory_of_somebody_else_is_not_fatal(box, directory):
    directory.mkdir(mode=0o755)
    with Logger(box, user=namespace.SERVICE) as logger:
        assert logger.log("one")

    assert "Permission denied" in stderr(box) and stderr(box).endswith("INFO one\n")


def test_partition_of_the_log_can_be_unmounted_between_two_lines(box, directory):
    directory.mkdir()
    with Logger(box) as logger:
        namespace.mount("-t", "tmpfs", "log", directory)
        logger.log("one")
        subprocess.run(["umount", directory], check=True)  # not lazily: nothing is open
        logger.log("two")

    assert messages(directory / "acm_provider.log") == ["two"]


def test_logrotate_may_move_the_log(box, directory):
    with Logger(box) as logger:
        logger.log("one")
        (directory / "acm_provider.log").rename(directory / "acm_provider.log.1")
        logger.log("two")

    assert messages(directory / "acm_provider.log.1") == ["one"]
    assert messages(directory / "acm_provider.log") == ["two"]


@pytest.mark.parametrize("plant", [
    lambda log, victim: log.symlink_to(victim),
    lambda log, victim: os.link(victim, log),
    lambda log, victim: os.mkfifo(log),
])
def test_what_was_planted_in_place_of_the_log_is_not_written(box, directory, plant):
    victim = box.root / "victim"
    victim.write_text("untouched")
    directory.mkdir()
    plant(directory / "acm_provider.log", victim)
    with Logger(box) as logger:
        assert logger.log("one")

    assert victim.read_text() == "untouched"
    assert "is a link or not a regular file" in stderr(box)


def test_another_configuration_moves_the_log(box, directory):
    with Logger(box) as logger:
        logger.log("one")
        box.edge["log_directory"] = str(box.root / "elsewhere")
        box.write_config()
        logger.apply()
        logger.log("two")

    assert messages(directory / "acm_provider.log") == ["one"]
    assert messages(box.root / "elsewhere/acm_provider.log") == ["two"]


# --- syslog -----------------------------------------------------------------------------------


class Syslogd:
    """busybox's, on a /dev of the test's own."""

    def __init__(self, box):
        self.file = box.root / "messages"
        self.process = None

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/dev/log")
        self.process = subprocess.Popen(["busybox", "syslogd", "-n", "-O", self.file])
        listening = subprocess.run(
            ["timeout", "20", "sh", "-c", "until [ -S /dev/log ] && logger -p daemon.info up; do :; done"],
            check=False, env={"PATH": os.environ["PATH"]},
        )
        assert listening.returncode == 0

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def lines(self):
        """What was logged until now: syslogd has read everything before what we send it last."""
        subprocess.run(["busybox", "logger", "end"], check=True)
        while "end\n" not in (text := self.file.read_text()):
            pass
        return [line for line in text.splitlines() if "wcp-tiny" in line]


@pytest.fixture
def dev(box):
    """An almost empty /dev, of which nobody else knows."""
    path = box.directory("dev")
    with namespace.mounted("-t", "tmpfs", "dev", path):
        for name, major, minor in [("null", 1, 3), ("urandom", 1, 9), ("full", 1, 7)]:
            os.mknod(path / name, 0o666 | stat.S_IFCHR, os.makedev(major, minor))
        with namespace.mounted("--bind", path, "/dev"):
            yield


@pytest.fixture
def syslogd(box, dev):
    daemon = Syslogd(box)
    daemon.start()
    yield daemon
    if daemon.process.poll() is None:
        daemon.stop()


def test_syslog_gets_level_name_and_pid(box, syslogd):
    box.edge["log_destination"] = "syslog"
    box.logging["log_level"] = "debug"
    with Logger(box) as logger:
        for level in ("debug", "info", "warn", "error"):
            logger.log(f"as {level}", level)
        pid = logger.process.pid

    shown = [re.fullmatch(r"\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ (\S+) (.*)", line) for line in syslogd.lines()]
    assert [match[1] for match in shown] == ["daemon.debug", "daemon.info", "daemon.warn", "daemon.err"]
    assert [match[2] for match in shown] == [
        f"wcp-tiny[{pid}]: as {level}" for level in ("debug", "info", "warn", "error")
    ]
    assert stderr(box) == ""


def test_restarted_syslogd_is_found_again(box, syslogd):
    box.edge["log_destination"] = "syslog"
    with Logger(box, WCP_TEST_HURRY="1000000") as logger:
        logger.log("one")
        syslogd.lines()
        syslogd.stop()
        logger.log("two")
        syslogd.start()
        logger.log("three")

    shown = [line.split(": ", 1)[1] for line in syslogd.lines()]
    assert shown == ["one", "The log could not be written: 1 line(s) went to stderr instead", "three"]
    warning, message = stderr(box).splitlines()
    assert "/dev/log" in warning
    assert message.endswith("INFO two")


def test_no_syslogd_is_not_fatal(box, dev):
    box.edge["log_destination"] = "syslog"
    with Logger(box) as logger:
        assert logger.log("one")

    assert "cannot send to syslogd at /dev/log: No such file" in stderr(box)
    assert stderr(box).endswith("INFO one\n")
