"""make: what it rebuilds, and that the same sources give the same bytes wherever they lie."""

import filecmp
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OBJECTS = ("src/base/crypto.o", "src/base/relro.o", "src/main.o", "mbedtls/library/aes.o", "cjson/cJSON.o")


def make(directory, *arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    environment.setdefault("WCP_DL_DIR", str(ROOT / "build/dl"))
    done = subprocess.run(["make", *arguments], cwd=directory, env={**environment, **variables}, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


@pytest.fixture(name="clone", scope="module")
def fixture_clone(tmp_path_factory):
    """The same sources, built in a directory with a name of another length, time zone and language."""
    directory = tmp_path_factory.mktemp("a-clone-in-another-place") / "tree"
    shutil.copytree(ROOT, directory, symlinks=True, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    make(directory, "-j2", TZ="Pacific/Kiritimati", LC_ALL="C.UTF-8")
    return directory


def rebuilt(clone, *arguments):
    """Which of OBJECTS make would compile now."""
    compiled = re.findall(r" CC build/[\w-]+/(\S+\.o)$", make(clone, "-n", *arguments), re.MULTILINE)
    return set(OBJECTS) & set(compiled)


def test_two_builds_in_different_places_are_the_same_bytes(clone):
    assert filecmp.cmp(clone / "build/wcp-tiny", ROOT / "build/wcp-tiny", shallow=False)


def test_a_second_make_does_nothing(clone):
    assert "Nothing to be done for 'all'" in make(clone)


def test_a_changed_header_rebuilds_who_includes_it(clone):
    (clone / "src/base/relro.h").touch()
    assert rebuilt(clone) == {"src/base/relro.o", "src/main.o"}
    make(clone)


def test_a_changed_library_configuration_rebuilds_the_library_and_its_users(clone):
    (clone / "third_party/mbedtls/config.h").touch()
    assert rebuilt(clone) == {"mbedtls/library/aes.o", "src/base/crypto.o"}


def test_changed_flags_rebuild_everything(clone):
    assert rebuilt(clone, "BOARD_CFLAGS=-march=x86-64 -mtune=native") == set(OBJECTS)


def test_help_has_one_line_for_each_goal():
    goals = [line.split()[0] for line in make(ROOT, "-s", "help").splitlines()]
    for goal in ("all", "packages", "test", "unit", "asan", "e2e", "crash", "fuzz", "lint", "demo", "bench", "size",
                 "all-targets", "size-table", "targets", "clean", "distclean"):
        assert goals.count(goal) == 1, goal
