"""The TOML parser, as build/toml-json, against the cases of the toml-test suite for TOML 1.1.

They lie beside the repository, in ../shared/vectors/toml, or where WCP_TOML_VECTORS says. Without them nothing is lost
that a clone needs: tests/unit/test_toml*.c stand on their own.
"""

import json
import os
import re
import subprocess
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = Path(os.environ.get("WCP_TOML_VECTORS", ROOT.parent / "shared/vectors/toml"))
DECODER = ROOT / "build/toml-json"

DATE = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d(\.\d+)?)"
OFFSET = r"(Z|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))"
FORMS = {
    "datetime": f"{DATE}T{TIME}{OFFSET}",
    "datetime-local": f"{DATE}T{TIME}",
    "date-local": DATE,
    "time-local": TIME,
}


def cases(kind):
    """The stems of a kind; one that is skipped when there are none."""
    found = sorted(path.relative_to(VECTORS / kind).with_suffix("") for path in (VECTORS / kind).rglob("*.toml"))
    if not found:
        return [pytest.param(None, id="none", marks=pytest.mark.skip(reason=f"no vectors in {VECTORS / kind}"))]
    return [pytest.param(stem, id=str(stem)) for stem in found]


@pytest.fixture(scope="module", autouse=True)
def built():
    if not DECODER.exists():
        pytest.fail(f"{DECODER} is missing: run make build/toml-json", pytrace=False)


def decode(path):
    return subprocess.run([DECODER], input=path.read_bytes(), capture_output=True, timeout=60, check=False)


def seconds(kind, text):
    """A date or time as a number, which is the same for the same moment."""
    match = re.fullmatch(FORMS[kind], text)
    assert match, f"{text} has not the form of a {kind}"
    fields = match.groupdict()
    total = Fraction(fields.get("second", 0))
    total += 60 * int(fields.get("minute", 0)) + 3600 * int(fields.get("hour", 0))
    if "year" in fields:
        total += 86400 * date(int(fields["year"]), int(fields["month"]), int(fields["day"])).toordinal()
    if fields.get("sign"):
        offset = 3600 * int(fields["hours"]) + 60 * int(fields["minutes"])
        total -= offset if fields["sign"] == "+" else -offset
    return total


def meaning(tagged):
    """A tagged value with its value in a form that can be compared."""
    if isinstance(tagged, list):
        return [meaning(each) for each in tagged]
    if set(tagged) != {"type", "value"} or not isinstance(tagged["type"], str):
        return {key: meaning(each) for key, each in tagged.items()}
    kind, text = tagged["type"], tagged["value"]
    if kind == "integer":
        return kind, int(text)
    if kind == "float":
        return kind, "nan" if text == "nan" else float(text)
    return kind, seconds(kind, text) if kind in FORMS else text


@pytest.mark.parametrize("stem", cases("valid"))
def test_valid_text_is_decoded(stem):
    path = VECTORS / "valid" / stem
    result = decode(path.with_name(path.name + ".toml"))
    assert (result.returncode, result.stderr) == (0, b"")
    expected = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
    assert meaning(json.loads(result.stdout)) == meaning(expected)


@pytest.mark.parametrize("stem", cases("invalid"))
def test_invalid_text_is_refused_with_its_place(stem):
    path = VECTORS / "invalid" / stem
    path = path.with_name(path.name + ".toml")
    result = decode(path)
    assert (result.returncode, result.stdout) == (1, b"")
    lines = path.read_bytes().split(b"\n")
    errors = re.findall(rb"^(\d+):(\d+): .", result.stderr, re.MULTILINE)
    assert errors
    for line, column in errors:
        assert 1 <= int(line) <= len(lines)
        assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
