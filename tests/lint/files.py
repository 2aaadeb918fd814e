"""Which files of the repository the checks look at."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def c_sources(*directories):
    """Sources and headers below the directories, as paths relative to the root."""
    found = (path for name in directories for path in (ROOT / name).rglob("*.[ch]"))
    return sorted(path.relative_to(ROOT) for path in found)


def shell_scripts():
    """Everything in the repository that begins as a shell script does."""
    found = []
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        if relative.parts[0] in ("build", ".git") or not path.is_file() or path.is_symlink():
            continue
        with path.open("rb") as file:
            first = file.readline(100)
        if first.startswith((b"#!/bin/sh", b"#!/usr/bin/env sh")):
            found.append(relative)
    return found
