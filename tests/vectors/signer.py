"""Our signing of requests, as build/sigv4-vector does it."""

import subprocess
from pathlib import Path
from typing import NamedTuple

SIGNER = Path(__file__).resolve().parents[2] / "build/sigv4-vector"


class Signed(NamedTuple):
    canonical_request: bytes
    string_to_sign: bytes
    signature: bytes
    authorization: bytes


def sign(request, **settings):
    """A raw HTTP request, signed. settings: see tests/tools/sigv4-vector.c."""
    arguments = [f"{name}={value}" for name, value in settings.items()]
    done = subprocess.run([SIGNER, *arguments], input=request, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    *parts, rest = done.stdout.split(b"\0")
    assert rest == b""
    return Signed(*parts)
