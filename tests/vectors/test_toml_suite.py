"""The TOML parser, as build/toml-json, against the cases of the toml-test suite for TOML 1.1 (suites.py: where from).

Without them nothing is lost that a clone needs: tests/unit/test_toml*.c stand on their own, and so does
test_toml_against_tomllib.py.
"""

import json

import pytest

from suites import Missing, toml_suite
from toml_values import assert_refused_with_its_place, decode, meaning

LEAST_CASES = 492  # what the smaller copy has; the module: 681


def cases():
    """Kind to its cases, or to one that is skipped."""
    try:
        top, names = toml_suite()
    except Missing as reason:
        none = pytest.param(None, id="none", marks=pytest.mark.skip(reason=str(reason)))
        return {"valid/": [none], "invalid/": [none]}
    return {kind: [pytest.param(top / name, id=name.removesuffix(".toml")) for name in names if name.startswith(kind)]
            for kind in ("valid/", "invalid/")}


CASES = cases()


@pytest.mark.parametrize("path", CASES["valid/"])
def test_valid_text_is_decoded(path):
    result = decode(path.read_bytes())

    assert (result.returncode, result.stderr) == (0, b"")
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert meaning(json.loads(result.stdout)) == meaning(expected)


@pytest.mark.parametrize("path", CASES["invalid/"])
def test_invalid_text_is_refused_with_its_place(path):
    text = path.read_bytes()
    assert_refused_with_its_place(text, decode(text))


def test_the_suite_is_whole():
    count = sum(map(len, CASES.values()))
    if count == 2:
        pytest.skip("there is none")
    assert count >= LEAST_CASES
