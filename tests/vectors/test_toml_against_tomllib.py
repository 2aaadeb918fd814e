"""The TOML parser, as build/toml-json, and Python's tomllib: both read the same documents, made at random.

tomllib reads TOML 1.0, ours 1.1, which means the same by all that 1.0 has. So what tomllib takes, ours must take, with the
same values; what tomllib refuses, ours must refuse unless something in the text is new in 1.1. $WCP_SEED makes other
documents.
"""

import datetime
import json
import math
import os
import random
import re
import tomllib
from fractions import Fraction

import pytest

from toml_documents import Maker, mutated
from toml_values import FORMS, assert_refused_with_its_place, decode, meaning

SEED = os.environ.get("WCP_SEED", "wcp-tiny")
GROUPS, IN_A_GROUP = 40, 20
# New in TOML 1.1, wherever it stands: inline tables over several lines or with a comma at their end, \e and \x, times
# without seconds.
NEW = re.compile(r"\{|\\[ex]|(?<![\d:+-])\d\d:\d\d(?!:\d)")
INTEGERS = range(-(1 << 63), 1 << 63)  # tomllib has no limit


def seconds(value):
    """A date or time as toml_values counts it."""
    total = Fraction(0)
    if isinstance(value, datetime.date):
        total += 86400 * value.toordinal()
    if isinstance(value, (datetime.datetime, datetime.time)):
        total += 3600 * value.hour + 60 * value.minute + value.second + Fraction(value.microsecond, 10**6)
    if isinstance(value, datetime.datetime) and value.tzinfo:
        total -= int(value.utcoffset().total_seconds())
    return total


def kind_of_date(value):
    if isinstance(value, datetime.datetime):
        return "datetime" if value.tzinfo else "datetime-local"
    return "time-local" if isinstance(value, datetime.time) else "date-local"


def expected(value):
    """What tomllib found, in the form of toml_values.meaning()."""
    if isinstance(value, dict):
        return {key: expected(each) for key, each in value.items()}
    if isinstance(value, list):
        return [expected(each) for each in value]
    if isinstance(value, bool):
        return "bool", str(value).lower()
    if isinstance(value, int):
        return "integer", value
    if isinstance(value, float):
        return "float", "nan" if math.isnan(value) else value
    if isinstance(value, str):
        return "string", value
    return kind_of_date(value), seconds(value)


def found(result):
    """What ours found. tomllib counts no more than microseconds."""

    def shortened(value):
        if isinstance(value, dict):
            return {key: shortened(each) for key, each in value.items()}
        if isinstance(value, list):
            return [shortened(each) for each in value]
        kind, each = value
        return kind, Fraction(math.floor(each * 10**6), 10**6) if kind in FORMS else each

    return shortened(meaning(json.loads(result.stdout)))


def has_large_integer(value):
    if isinstance(value, (dict, list)):
        return any(map(has_large_integer, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and value not in INTEGERS


def read(document):
    """What tomllib finds, or None."""
    try:
        return tomllib.loads(document)
    except tomllib.TOMLDecodeError:
        return None


def documents(group, wanted):
    for number in range(group * IN_A_GROUP, (group + 1) * IN_A_GROUP):
        choice = random.Random(f"{SEED} {wanted} {number}")
        yield choice, Maker(choice, with_inline_tables=wanted == "valid" or number % 4 == 0).document()


@pytest.mark.parametrize("group", range(GROUPS))
def test_valid_documents_have_the_same_values(group):
    for _, document in documents(group, "valid"):
        result = decode(document.encode())

        assert (result.returncode, result.stderr) == (0, b""), document
        assert found(result) == expected(tomllib.loads(document)), document


@pytest.mark.parametrize("group", range(GROUPS))
def test_damaged_documents_are_judged_alike(group):
    for choice, whole in documents(group, "damaged"):
        document = mutated(choice, whole)
        values = read(document)
        if values is not None and has_large_integer(values):
            continue
        result = decode(document.encode())

        if values is not None:
            assert (result.returncode, result.stderr) == (0, b""), document
            assert found(result) == expected(values), document
        elif not NEW.search(document) or result.returncode != 0:
            assert_refused_with_its_place(document.encode(), result)
