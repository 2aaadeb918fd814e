"""Programs that test something, run at the repository's root, and what came of them."""

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build/tests"
PYTEST = ["build/venv/bin/python", "-m", "pytest", "-q", "--tb=short"]
PROGRAM_LIMIT = 600  # seconds, for one program of ours: it hangs


@dataclass
class Result:
    """What came of a part: counts, and what it said."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    output: list = field(default_factory=list)  # for the log
    shown: list = field(default_factory=list)  # of that, what belongs to failures
    names_of_failed: list = field(default_factory=list)
    notes: list = field(default_factory=list)  # what a reader shall see even when all is well

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.output += other.output
        self.shown += other.shown or (other.output if other.failed else [])
        self.names_of_failed += other.names_of_failed
        self.notes += other.notes

    def fail(self, name):
        self.failed += 1
        self.names_of_failed.append(name)

    @property
    def count(self):
        return self.passed + self.failed + self.skipped


def without_make():
    """The environment, as if no make had started this program; and Python writes nothing between the sources."""
    kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def run(argv, limit=PROGRAM_LIMIT, **variables):
    """Exit status (None: out of time) and output of a program that is run at the repository's root."""
    try:
        done = subprocess.run(
            argv, cwd=ROOT, env={**without_make(), **variables}, timeout=limit, check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        return None, (expired.output or b"").decode("utf-8", "replace")


def ending(status):
    if status is None:
        return f"did not end within {PROGRAM_LIMIT} s"
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"


def run_tap(name, argv, **variables):
    """A program that reports in the Test Anything Protocol (ours, and cmocka's)."""
    status, output = run(argv, **variables)
    return counted(name, status, output)


def counted(name, status, output, impossible=frozenset()):
    """What a program said in that protocol; tests that are `impossible` must fail."""
    result = Result(output=[f"--- {name}", output.rstrip()])
    missing = set(impossible)
    for verdict, text in re.findall(r"^(ok|not ok)\b(.*)$", output, re.MULTILINE):
        label = re.sub(r"^\s*\d*\s*-?\s*", "", text)
        missing.discard(label)
        if verdict == "ok" and label in impossible:
            result.fail(f"{name}: {label} passes, but tests/targets/impossible has it: take it out there")
        elif re.search(r"#\s*skip", text, re.IGNORECASE) or label in impossible:
            result.skipped += 1
        elif verdict == "ok":
            result.passed += 1
        else:
            result.fail(f"{name}: {label}")
    for label in missing:
        result.fail(f"{name}: {label} is in tests/targets/impossible, but no test of that name ran")
    if status != 0 and not result.failed and not (impossible and result.skipped):
        result.fail(f"{name} {ending(status)}")
    if result.count == 0:
        result.fail(f"{name} ran no test")
    return result


def run_pytest(part, places, *options, **variables):
    """Tests of directories and files, with options of pytest's."""
    report = LOGS / f"{part}.xml"
    report.unlink(missing_ok=True)
    missing = [place for place in places
               if not (ROOT / place).is_file() and not any((ROOT / place).glob("test_*.py"))]
    if missing:
        result = Result(output=[f"no tests in {', '.join(missing)}"])
        result.fail(f"{part}: no tests in {', '.join(missing)}")
        return result
    status, output = run([*PYTEST, f"--junitxml={report}", *options, *places], limit=None, **variables)
    result = Result(output=[output.rstrip()])
    cases = ElementTree.parse(report).iter("testcase") if report.exists() else []
    for case in cases:
        kinds = {child.tag for child in case}
        result.notes += [found.get("value") for found in case.iter("property") if found.get("name") == "note"]
        if kinds & {"failure", "error"}:
            result.fail(f"{part}: {case.get('classname')}.{case.get('name')}")
        elif "skipped" in kinds:
            result.skipped += 1
        else:
            result.passed += 1
    if status != 0 and not result.failed:
        result.fail(f"{part}: pytest {ending(status)}")
    return result


def merged(results):
    total = Result()
    for result in results:
        total.add(result)
    return total
