"""make for another processor: the same bytes in another place and with a compiler of one's own, sizes, and what is said
when something is missing."""

import filecmp
import os
import re
import shutil
import subprocess

import pytest

import targets

# Built a second time, of 64 bits; the recipes of tests/packaging do the same for one of 32.
WITH_ANOTHER_COMPILER = "aarch64"
BUILD_SECONDS = 1800  # a build that takes so long hangs


def make(directory, *arguments, **variables):
    kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "CC")}
    kept.setdefault("WCP_DL_DIR", str(targets.ROOT / "build/dl"))
    return subprocess.run(["make", *arguments], cwd=directory, env={**kept, **variables}, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def same_bytes(clone, target):
    built = f"build/{target}/wcp-tiny"
    return filecmp.cmp(clone / built, targets.ROOT / built, shallow=False)


@pytest.fixture(name="clone", scope="module")
def fixture_clone(tmp_path_factory):
    """The same sources in a directory with a name of another length, with nothing built."""
    directory = tmp_path_factory.mktemp("a-place-with-another-name") / "tree"
    shutil.copytree(targets.ROOT, directory, symlinks=True,
                    ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    return directory


@pytest.mark.long
@pytest.mark.timeout(BUILD_SECONDS)
def test_a_toolchain_of_ones_own_elsewhere_gives_the_same_bytes(clone, tmp_path):
    if WITH_ANOTHER_COMPILER not in targets.NAMES:
        pytest.skip(f"{WITH_ANOTHER_COMPILER} is not among the targets tested")
    compiler = tmp_path / "the-boards-compiler"
    compiler.write_text(f'#!/bin/sh\nexec {targets.Target(WITH_ANOTHER_COMPILER).compiler} "$@"\n')
    compiler.chmod(0o755)

    done = make(clone, "-j2", f"TARGET={WITH_ANOTHER_COMPILER}", f"CC={compiler}", TZ="Pacific/Kiritimati")

    assert done.returncode == 0, done.stdout[-4000:]
    assert same_bytes(clone, WITH_ANOTHER_COMPILER)


def size_table(*arguments):
    return make(targets.ROOT, "size-table", f"TARGETS={' '.join(targets.NAMES)}", *arguments)


def test_the_table_of_sizes_has_every_target_with_what_is_left_of_its_budget():
    done = size_table()

    assert done.returncode == 0, done.stdout
    heading, *lines = [line.split() for line in done.stdout.splitlines() if not line.startswith("make")]
    assert heading == ["target", "file", "text", "data", "bss", "budget", "left"]
    assert [line[0] for line in lines] == targets.NAMES
    for name, *numbers in lines:
        size, text, data, bss, budget, left = map(int, numbers)
        target = targets.Target(name)
        assert (size, budget) == (target.binary.stat().st_size, target.budget)
        assert left == budget - size and 0 < text + data <= size and min(text, data, bss) > 0


def test_the_table_of_sizes_fails_when_one_is_over_its_budget():
    sizes = {name: targets.Target(name).binary.stat().st_size for name in targets.NAMES}
    largest = max(sizes.values())

    done = size_table(f"BOARD_BUDGET={largest - 1}")

    assert done.returncode != 0
    over = ", ".join(name for name, size in sizes.items() if size == largest)
    assert f"error: over budget: {over} " in done.stdout


@pytest.mark.parametrize("name", targets.NAMES)
def test_a_missing_compiler_is_named_with_the_package_that_brings_it(name):
    target = targets.Target(name)
    done = make(targets.ROOT, f"TARGET={name}", "CC=/nowhere/to-be-found")

    assert done.returncode == 2
    assert "/nowhere/to-be-found" in done.stdout
    if name == targets.HOST:
        assert "make packages" in done.stdout
    else:
        owner = subprocess.run(["dpkg-query", "-S", shutil.which(target.compiler)], check=True, capture_output=True,
                               text=True).stdout.split(":")[0]
        assert f"apt-get install {owner} " in done.stdout


def test_an_unknown_target_is_answered_with_those_that_there_are():
    done = make(targets.ROOT, "TARGET=m68k")

    assert done.returncode == 2
    assert "there is no board/m68k.mk" in done.stdout
    assert set(re.findall(r"[\w-]+", done.stdout.split("Targets:")[1])) >= {path.stem for path in targets.BOARDS}


@pytest.mark.parametrize(("machine", "target"), [
    ("x86_64-linux-gnu", "x86-64"), ("i586-pc-linux-gnu", "i686"), ("arm-linux-gnueabihf", "armv7"),
    ("armv7l-unknown-linux-gnueabihf", "armv7"), ("arm-linux-gnueabi", "armv5"),
    ("armv6-alpine-linux-musleabihf", "armv6"),
    ("aarch64-alpine-linux-musl", "aarch64"),
    ("riscv64-linux-gnu", "riscv64"), ("mips-linux-gnu", "mips"), ("mipsel-linux-gnu", "mipsel"),
])
def test_without_a_target_it_is_that_of_the_hosts_compiler(tmp_path, machine, target):
    compiler = tmp_path / "gcc"
    compiler.write_text(f"#!/bin/sh\ntest $1 != -dumpmachine || echo {machine}\n")
    compiler.chmod(0o755)

    done = make(targets.ROOT, "-n", f"HOST_CC={compiler}", "CC=/nowhere/to-be-found")

    assert done.returncode == 2 and "/nowhere/to-be-found is missing" in done.stdout
    assert make(targets.ROOT, "-pn", "clean", f"HOST_CC={compiler}").stdout.count(f"\nO := build/{target}\n") == 1


def test_flags_of_one_processor_take_the_place_of_those_of_its_kind(tmp_path):
    compiler = tmp_path / "gcc"
    compiler.write_text("#!/bin/sh\necho '#define __GNUC__ 12'\n")
    compiler.chmod(0o755)

    done = make(targets.ROOT, "-s", "--eval", "show: ; @echo $(BOARD_CFLAGS)", "show", "TARGET=armv5", f"CC={compiler}",
                "CPU_CFLAGS=-mcpu=mpcore")

    assert "-marm -mcpu=mpcore" in done.stdout.splitlines()


@pytest.mark.parametrize(("macro", "float_abi"), [("__ARM_PCS_VFP", "hard"), ("__ARM_PCS", "softfp")])
def test_armv6_passes_floating_point_numbers_as_the_compilers_library_does(tmp_path, macro, float_abi):
    compiler = tmp_path / "gcc"
    compiler.write_text(f"#!/bin/sh\necho '#define __GNUC__ 12\n#define {macro} 1'\n")
    compiler.chmod(0o755)

    done = make(targets.ROOT, "-s", "--eval", "show: ; @echo $(BOARD_CFLAGS)", "show", "TARGET=armv6", f"CC={compiler}")

    assert f"-march=armv6 -marm -mfpu=vfp -mfloat-abi={float_abi}" in done.stdout.splitlines()


@pytest.mark.parametrize(("kind", "said"), [("#define __clang_major__ 13", "is clang 13"), ("#define __GNUC__ 11", "is GCC 11")])
def test_a_compiler_that_cannot_do_it_is_refused(tmp_path, kind, said):
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\necho '{kind}'\n")
    compiler.chmod(0o755)

    done = make(targets.ROOT, f"CC={compiler}")

    assert done.returncode == 2
    assert f"{compiler} {said}; the static binary needs GCC, 12 or later, or clang, 14 or later" in done.stdout


def test_all_targets_refuse_a_single_compiler():
    done = make(targets.ROOT, "-n", "all-targets", "CC=gcc")

    assert done.returncode == 2 and "takes one for each target" in done.stdout
