"""What every boot test may ask for. harness is the end-to-end tests' own."""

import os
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the boot tests need root (file systems whose files are root's)", returncode=2)
