"""Signature Version 4, as build/sigv4-vector, against the published test suite (suites.py: where from).

Without it nothing is lost that a clone needs: tests/unit/test_sigv4.c stands on its own, and so does
test_sigv4_against_botocore.py.
"""

import json

import pytest

from signer import sign
from suites import Missing, sigv4_suite

STEMS = 38


def cases():
    """Each case's folder; as many skipped ones as the suite has when there are none."""
    try:
        return [pytest.param(path.parent, id=path.parent.name) for path in sorted(sigv4_suite().glob("*/context.json"))]
    except Missing as reason:
        missing = pytest.mark.skip(reason=str(reason))
        return [pytest.param(None, id=f"none-{number}", marks=missing) for number in range(1, STEMS + 1)]


CASES = cases()


def settings(context):
    """What the case wants, as the signer takes it."""
    keys = context["credentials"]
    values = {
        "access_key_id": keys["access_key_id"],
        "secret_access_key": keys["secret_access_key"],
        "region": context["region"],
        "service": context["service"],
        "timestamp": context["timestamp"],
    }
    if "token" in keys and not context.get("omit_session_token"):
        values["token"] = keys["token"]
    return values | {name: 1 for name in ("normalize", "sign_body") if context[name]}


@pytest.mark.parametrize("folder", CASES)
def test_a_request_is_signed_byte_for_byte_as_published(folder):
    context = json.loads((folder / "context.json").read_text(encoding="utf-8"))

    signed = sign((folder / "request.txt").read_bytes(), **settings(context))

    assert signed.canonical_request == (folder / "header-canonical-request.txt").read_bytes()
    assert signed.string_to_sign == (folder / "header-string-to-sign.txt").read_bytes()
    assert signed.signature == (folder / "header-signature.txt").read_bytes()
    assert b"\nAuthorization:" + signed.authorization + b"\n" in (folder / "header-signed-request.txt").read_bytes()


def test_the_suite_is_whole():
    if CASES[0].values == (None,):
        pytest.skip("there is none")
    assert len(CASES) == STEMS
