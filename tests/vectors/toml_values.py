"""What build/toml-json says of a document, in a form that can be compared."""

import re
import subprocess
from datetime import date
from fractions import Fraction
from pathlib import Path

DECODER = Path(__file__).resolve().parents[2] / "build/toml-json"

DATE = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d(\.\d+)?)"
OFFSET = r"(Z|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))"
FORMS = {
    "datetime": f"{DATE}T{TIME}{OFFSET}",
    "datetime-local": f"{DATE}T{TIME}",
    "date-local": DATE,
    "time-local": TIME,
}


def decode(text):
    """The decoder, run on the bytes of a document."""
    return subprocess.run([DECODER], input=text, capture_output=True, timeout=60, check=False)


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


def assert_refused_with_its_place(text, result):
    """The decoder names a line and a column that the document has."""
    assert (result.returncode, result.stdout) == (1, b"")
    lines = text.split(b"\n")
    errors = re.findall(rb"^(\d+):(\d+): .", result.stderr, re.MULTILINE)
    assert errors
    for line, column in errors:
        assert 1 <= int(line) <= len(lines)
        assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
