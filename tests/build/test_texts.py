"""Texts are packed on their way to the assembler, and come out as they went in (src/base/text.h)."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build/wcp-tiny"

TEXTS = ["", "a", "aaaaaaa", "the file %s is not there", "the file %s is not a file", 'quotes " and \\ and \\n',
         "two\nlines\n", "digits behind an escape: \n7 \n12", "the file " * 50, "x" * 511,
         *[f"certificate {number} of {number * 7} is valid" for number in range(200)]]


@pytest.fixture(name="compiler", scope="module")
def fixture_compiler(tmp_path_factory):
    """gcc as the Makefile calls it for the static binary."""
    place = tmp_path_factory.mktemp("packer")
    subprocess.run(["gcc", "-O1", '-DASSEMBLER="as"', "-o", place / "as", ROOT / "tools/pack_texts.c"], check=True)
    return ["gcc", f"-B{place}/", "-DWCP_PACKED_TEXTS", "-I", ROOT / "src"]


def compiled(compiler, place, texts):
    source = place / "program.c"
    lines = ",\n".join(f"PACKED {json.dumps(text)}" for text in texts)
    source.write_text('#include "base/text.h"\n#include <stdio.h>\n'
                      f"static const char *const texts[] = {{{lines}}};\n"
                      'static const char *const plain[] = {"a", "plain: aaaaaaa"};\n'
                      "int main(int count, char **arguments)\n{\n"
                      "    char room[TEXT_MOST];\n    (void)arguments;\n"
                      "    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)\n"
                      "        printf(\"%s\", text_unpack(texts[i], room)), putchar(0);\n"
                      "    return printf(\"%s\", plain[count]) < 0;\n}\n")
    program = place / "program"
    done = subprocess.run([*compiler, "-o", program, source, ROOT / "src/base/text.c"], check=False, capture_output=True,
                          text=True)
    return program, done


def test_what_is_packed_is_unpacked(compiler, tmp_path):
    program, done = compiled(compiler, tmp_path, TEXTS)
    assert done.returncode == 0, done.stderr
    said = subprocess.run([program], check=True, capture_output=True).stdout.decode().split("\0")
    assert said == [*TEXTS, "plain: aaaaaaa"]


def test_packed_texts_are_shorter_and_others_untouched(compiler, tmp_path):
    program, _ = compiled(compiler, tmp_path, TEXTS)
    data = program.read_bytes()
    assert b"plain: aaaaaaa" in data
    assert b"certificate" not in data and b"the file" not in data


@pytest.mark.parametrize("text, why", [("a\ttab", "cannot be packed"), ("a dash – here", "cannot be packed"),
                                       ("x" * 512, "longer than TEXT_MOST")])
def test_what_cannot_be_packed_ends_the_build(compiler, tmp_path, text, why):
    _, done = compiled(compiler, tmp_path, [text])
    assert done.returncode != 0 and why in done.stderr


def test_no_text_of_the_binary_was_left_out():
    """A mark in front of a sentence, or a sentence that the sources mark as packed."""
    data = BINARY.read_bytes()
    assert not re.findall(rb"\x01[A-Za-z%][a-z %]{7,}", data)
    assert b"wcp-tiny: there is no command" not in data
