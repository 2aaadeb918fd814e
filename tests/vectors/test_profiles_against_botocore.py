"""The shared files, as build/profile-values and botocore read them: made at random, of what people write.

Where they are meant to differ (docs/aws.md), nothing is made: comments after values, quotation marks, a profile of the same
name twice. $WCP_SEED makes others.
"""

import os
import random
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ConfigParseError
from botocore.session import Session

READER = Path(__file__).resolve().parents[2] / "build/profile-values"
SEED = os.environ.get("WCP_SEED", "wcp-tiny")
COUNT = 100
KEYS = ["region", "role_arn", "source_profile", "aws_access_key_id", "credential_process", "endpoint_url", "ca_bundle"]
OTHER_KEYS = ["output", "s3", "cli_pager", "x.y", "aws_access_key_ids", "regions"]
VALUES = ["x", "a=b", "a:b", "/opt/a b", "arn:aws:iam::123456789012:role/x", "a#b", "a;b", "[x]", "ä", "=", ":"]
NAMES = ["default", "box", "some-thing:long/the_one%only.foo@bar+", "BOX"]
BLANKS = ["", "", " ", "\t", "  "]


class Made:
    """The text of one file; the same for the same seed and number."""

    def __init__(self, kind, number):
        self.choice = random.Random(f"{SEED} {kind} {number}")
        self.kind = kind
        self.newline = self.choice.choice(["\n", "\n", "\r\n"])
        names = self.choice.sample(NAMES, self.choice.randint(0, len(NAMES)))
        self.text = "".join(line + self.newline for name in names for line in self._section(name))

    def _blank(self):
        return self.choice.choice(BLANKS)

    def _section(self, name):
        prefix = "profile" + self.choice.choice([" ", "\t", "  "]) if self.kind == "config" else ""
        if name == "default" and self.choice.random() < 0.5:
            prefix = ""
        # botocore takes other blanks in the brackets for a part of the name.
        inner = f"{prefix}{name}{self._blank()}" if prefix else name
        yield f"[{inner}]{self.choice.choice(['', '', ' # comment', ' ; comment'])}"
        indentation = self.choice.choice(["", "", "", "  ", "\t"])
        keys = self.choice.sample(KEYS + OTHER_KEYS, self.choice.randint(0, 6))
        for key in keys:
            yield from self._noise()
            yield from self._property(indentation, key)
        yield from self._noise()

    def _noise(self):
        if self.choice.random() < 0.3:
            yield self.choice.choice(["", "  ", "# comment = x", "; [x]", "  # region = x"])

    def _property(self, indentation, key):
        name = self.choice.choice([key, key, key.upper(), key.title()])
        sign = self._blank() + self.choice.choice("====:") + self._blank()
        if key in OTHER_KEYS and self.choice.random() < 0.4:
            yield f"{indentation}{name}{sign}"
            for nested in self.choice.sample(KEYS, 2):
                yield f"{indentation}  {nested} = nested"
            return
        value = self.choice.choice(VALUES)
        yield f"{indentation}{name}{sign}{value}{self._blank()}"
        if self.choice.random() < 0.1:
            yield f"{indentation}   {self.choice.choice(KEYS)} = continued"


def by_botocore(files, profile):
    session = Session(session_vars={"profile": (None, None, profile, None)})
    session.set_config_variable("credentials_file", str(files[0]))
    session.set_config_variable("config_file", str(files[1]))
    return session.full_config["profiles"].get(profile)


def by_us(files, profile):
    done = subprocess.run([READER, *files, profile], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    if done.returncode == 1:
        return None
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


@pytest.fixture(scope="module")
def read_by_both():
    seen = []
    yield seen
    assert len(seen) > COUNT / 2, "botocore refused most of what was made"


@pytest.mark.parametrize("number", range(COUNT))
def test_both_read_the_same(tmp_path, monkeypatch, number, read_by_both):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    files = []
    for kind in ("credentials", "config"):
        files.append(tmp_path / kind)
        files[-1].write_text(Made(kind, number).text, newline="")
    for profile in NAMES:
        try:
            theirs = by_botocore(files, profile)
        except ConfigParseError:
            return
        read_by_both.append(number)
        ours = by_us(files, profile)
        assert (ours is None) == (theirs is None)
        # A continued value is what none of the SDKs can use; here the first line counts, with a warning.
        expected = {key: value.split("\n")[0] for key, value in (theirs or {}).items()
                    if key in KEYS and isinstance(value, str) and value}
        assert (ours or {}) == expected, [path.read_text() for path in files]
