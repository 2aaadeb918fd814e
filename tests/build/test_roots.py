"""The built-in root certificates are Amazon's, as Debian's ca-certificates package has them."""

import base64
import hashlib
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted((ROOT / "third_party/amazon-roots").glob("*.pem"))
DEBIAN = Path("/usr/share/ca-certificates/mozilla")
NAMES = {
    "amazon-root-ca-1": "Amazon_Root_CA_1",
    "amazon-root-ca-2": "Amazon_Root_CA_2",
    "amazon-root-ca-3": "Amazon_Root_CA_3",
    "amazon-root-ca-4": "Amazon_Root_CA_4",
    "starfield-services-root-ca-g2": "Starfield_Services_Root_Certificate_Authority_-_G2",
}


def der(path):
    body, = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", path.read_text(), re.DOTALL)
    return base64.b64decode(body)


def test_there_are_five():
    assert [path.stem for path in OURS] == sorted(NAMES)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_fingerprint_is_debians(path):
    theirs = DEBIAN / f"{NAMES[path.stem]}.crt"
    if not theirs.exists():
        pytest.skip("ca-certificates is not installed")
    assert hashlib.sha256(der(path)).hexdigest() == hashlib.sha256(der(theirs)).hexdigest()


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_it_is_in_the_binary(path):
    built_in = der(path) in (ROOT / "build/wcp-tiny").read_bytes()
    assert built_in


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
                                  "-----BEGIN CERTIFICATE-----\nMII!\n-----END CERTIFICATE-----\n"])
def test_a_file_without_a_certificate_is_an_error(tmp_path, text):
    file = tmp_path / "root.pem"
    file.write_text(text)
    done = subprocess.run([ROOT / "third_party/amazon-roots/generate", file], check=False, capture_output=True, text=True)
    assert done.returncode != 0 and f"{file} holds no certificate" in done.stderr
