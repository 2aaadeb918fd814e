"""Signature Version 4, as build/sigv4-vector, against the published test suite.

It lies beside the repository, in ../shared/vectors/sigv4, or where WCP_SIGV4_VECTORS says: a folder for each case. Without it
nothing is lost that a clone needs: tests/unit/test_sigv4.c stands on its own.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = Path(os.environ.get("WCP_SIGV4_VECTORS", ROOT.parent / "shared/vectors/sigv4"))
SIGNER = ROOT / "build/sigv4-vector"
STEMS = 38


def cases():
    """Each case's folder; as many skipped ones as the suite has when there are none."""
    found = sorted(path.parent for path in VECTORS.glob("*/context.json"))
    if found:
        return [pytest.param(folder, id=folder.name) for folder in found]
    missing = pytest.mark.skip(reason=f"no vectors in {VECTORS}")
    return [pytest.param(None, id=f"none-{number}", marks=missing) for number in range(1, STEMS + 1)]


def settings(context):
    """What the case wants, in the form of the signer's arguments."""
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
    flags = [f"{name}=1" for name in ("normalize", "sign_body") if context[name]]
    return [f"{name}={value}" for name, value in values.items()] + flags


@pytest.mark.parametrize("folder", cases())
def test_a_request_is_signed_byte_for_byte_as_published(folder):
    context = json.loads((folder / "context.json").read_text(encoding="utf-8"))
    signed = subprocess.run(
        [SIGNER, *settings(context)], input=(folder / "request.txt").read_bytes(), capture_output=True, timeout=60, check=False
    )
    assert (signed.returncode, signed.stderr) == (0, b"")
    canonical_request, string_to_sign, signature, authorization, rest = signed.stdout.split(b"\0")
    assert canonical_request == (folder / "header-canonical-request.txt").read_bytes()
    assert string_to_sign == (folder / "header-string-to-sign.txt").read_bytes()
    assert signature == (folder / "header-signature.txt").read_bytes()
    assert b"\nAuthorization:" + authorization + b"\n" in (folder / "header-signed-request.txt").read_bytes()
    assert rest == b""


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no vectors in {VECTORS}")
def test_the_suite_is_whole():
    assert len(list(VECTORS.glob("*/context.json"))) == STEMS
