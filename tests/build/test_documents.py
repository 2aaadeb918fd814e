"""The documents name files and functions that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
FOLDERS = sorted(path.name for path in (ROOT / "src").iterdir() if path.is_dir())


def quoted(pattern):
    return sorted({found for text in re.findall(r"`([^`\n]+)`", ARCHITECTURE) for found in re.findall(pattern, text)})


@pytest.mark.parametrize("name", quoted(rf"^(?:src/)?((?:{'|'.join(FOLDERS)})/\w+\.[ch])$"))
def test_each_file_is_there(name):
    assert (ROOT / "src" / name).is_file()


@pytest.mark.parametrize("name", quoted(r"^([a-z]+(?:_[a-z]+)+)$"))
def test_each_function_or_key_is_there(name):
    assert any(re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")) for path in (ROOT / "src").rglob("*.[ch]"))


def test_every_folder_is_explained():
    explained = re.findall(r"^\| `(\w+)/` \|", ARCHITECTURE, re.MULTILINE)
    assert sorted(explained) == FOLDERS
