"""make: what it rebuilds, and that the same sources give the same bytes in any directory."""

import contextlib
import filecmp
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import elf
import targets

ROOT = Path(__file__).resolve().parents[2]
OBJECTS = ("src/crypto/crypto.o", "src/base/relro.o", "src/main.o", "mbedtls/library/aes.o", "cjson/cJSON.o")


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


@contextlib.contextmanager
def unchanged(*files):
    """Contents and times of the files are as before afterwards: nothing is rebuilt for their sake."""
    before = [(file, file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    yield
    for file, contents, time in before:
        file.write_bytes(contents)
        os.utime(file, ns=(time, time))


def rebuilt(clone, *arguments):
    """Which of OBJECTS make would compile now."""
    with unchanged(*clone.glob("build/*/flags*"), *clone.glob("build/gen/flags")):
        compiled = re.findall(r" CC build/[\w-]+/(\S+\.o)$", make(clone, "-n", *arguments), re.MULTILINE)
    return set(OBJECTS) & set(compiled)


def test_two_builds_in_different_places_are_the_same_bytes(clone):
    assert filecmp.cmp(clone / "build/wcp-tiny", ROOT / "build/wcp-tiny", shallow=False)


def test_a_second_make_does_nothing_but_say_what_is_next(clone):
    said, = make(clone).splitlines()
    assert re.fullmatch(r"build/wcp-tiny \(\d+ KB, static\)\. Next: make demo, or make quick; make help lists the rest", said)


def test_a_changed_header_rebuilds_who_includes_it(clone):
    header = clone / "src/base/relro.h"
    with unchanged(header):
        header.touch()
        assert rebuilt(clone) == {"src/base/relro.o", "src/main.o"}


def test_a_changed_library_configuration_rebuilds_the_library_and_its_users(clone):
    configuration = clone / "third_party/mbedtls/config.h"
    with unchanged(configuration):
        configuration.touch()
        assert rebuilt(clone) == {"mbedtls/library/aes.o", "src/crypto/crypto.o"}


def test_changed_flags_rebuild_everything(clone):
    assert rebuilt(clone, "BOARD_CFLAGS=-march=x86-64 -mtune=native") == set(OBJECTS)


def test_the_user_s_flags_come_after_ours(clone):
    with unchanged(*clone.glob("build/*/flags*")):
        said = make(clone, "-n", "V=1", "CPPFLAGS=-DFIRST", "CFLAGS=-DSECOND -O1", "LDFLAGS=-Wl,--trace")
    compiled, = re.findall(r"^\S+gcc .* -c src/main\.c .*$|^gcc .* -c src/main\.c .*$", said, re.MULTILINE)
    assert compiled.index(" -Os ") < compiled.index(" -DFIRST -DSECOND -O1 ")
    linked, = re.findall(r"^gcc .* -static-pie .*$", said, re.MULTILINE)
    assert linked.index(" -static-pie ") < linked.index(" -Wl,--trace ")


@pytest.fixture(name="by_clang", scope="module")
def fixture_by_clang():
    """Beside GCC's, as the part `clang` of tests/run has it."""
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed")
    said = make(ROOT, "-j2", CC="clang")
    assert "warning" not in said
    return ROOT / f"build/{targets.HOST}-clang/wcp-tiny"


def test_clang_builds_the_same_kind_of_binary(by_clang):
    binary = elf.Elf(by_clang)
    assert not binary.segments_of(elf.PT_INTERP) and len(binary.segments_of(elf.PT_GNU_RELRO)) == 1
    assert dict(binary.dynamic)[elf.DT_FLAGS_1] & elf.DF_1_PIE
    assert "clang" in subprocess.run(["readelf", "--string-dump=.comment", by_clang.with_suffix(".unstripped")], check=True,
                                     capture_output=True, text=True).stdout
    said = subprocess.run([by_clang, "--version"], check=True, capture_output=True, text=True).stdout
    assert said == subprocess.run([ROOT / "build/wcp-tiny", "--version"], check=True, capture_output=True, text=True).stdout


def test_clang_and_gcc_keep_out_of_each_other_s_way(by_clang):
    assert len(make(ROOT).splitlines()) == 1 and by_clang.exists()


@pytest.mark.skipif(shutil.which("ld.lld") is None, reason="lld is not installed")
def test_clang_links_with_lld_too(by_clang):
    said = make(ROOT, "LDFLAGS=-fuse-ld=lld", CC="clang")
    assert "warning" not in said
    assert "LLD" in subprocess.run(["readelf", "--string-dump=.comment", by_clang.with_suffix(".unstripped")], check=True,
                                   capture_output=True, text=True).stdout
    subprocess.run([by_clang, "--version"], check=True, capture_output=True)
    make(ROOT, CC="clang")  # as others expect it


def older_release(directory):
    """As ALLOW_OLDER=1 would have left it, of cJSON."""
    version = directory / "build/src/cjson.version"
    version.write_text("1.7.18\n")
    (directory / "build/src/cjson.lacks").write_text("cJSON 1.7.18 lacks a \"thing\"\n".replace('"', ""))
    return version


def test_what_an_older_release_lacks_is_said_by_version(clone):
    older_release(clone)
    make(clone, "-j2", "ALLOW_OLDER=1")
    said = subprocess.run([clone / "build/wcp-tiny", "--version"], check=True, capture_output=True, text=True).stdout
    assert "older than wanted: cJSON 1.7.18 lacks a thing\n" in said


def test_a_build_that_does_not_allow_it_fetches_the_wanted_release_anew(clone):
    older_release(clone)
    make(clone, "-j2")
    said = subprocess.run([clone / "build/wcp-tiny", "--version"], check=True, capture_output=True, text=True).stdout
    assert "older" not in said and (clone / "build/src/cjson.version").read_text() != "1.7.18\n"
    assert filecmp.cmp(clone / "build/wcp-tiny", ROOT / "build/wcp-tiny", shallow=False)


def test_help_has_one_line_for_each_goal():
    goals = [line.split()[0] for line in make(ROOT, "-s", "help").splitlines()]
    for goal in ("all", "packages", "test", "unit", "asan", "e2e", "crash", "fuzz", "lint", "demo", "bench", "size",
                 "all-targets", "size-table", "targets", "clean", "distclean"):
        assert goals.count(goal) == 1, goal
