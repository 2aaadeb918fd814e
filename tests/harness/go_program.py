"""Programs of others, from the Go module proxy: built once, at a pinned version, where Go is there."""

import os
import shutil
import subprocess

import pytest

from .box import REPOSITORY

PROGRAMS = REPOSITORY / "build/go"
BUILD_SECONDS = 600


def go_program(module, version, name):
    """Path of the program, or the test is skipped."""
    program = PROGRAMS / version / name
    if program.exists():
        return program
    if not shutil.which("go"):
        pytest.skip(f"needs Go, to build {module}")
    program.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["go", "install", f"{module}@{version}"],
        env={**os.environ, "GOBIN": str(program.parent), "GOFLAGS": "-buildvcs=false"},
        capture_output=True, text=True, timeout=BUILD_SECONDS,
    )
    if done.returncode:
        pytest.skip(f"{module} cannot be built: {done.stderr[-300:]}")
    return program
