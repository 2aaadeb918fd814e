"""The static binary is what it promises: self-contained, hardened, small."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import elf
from stopped import at_exit

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build/wcp-tiny"
TARGET = {"x86_64": "x86-64"}.get(subprocess.check_output(["uname", "-m"], text=True).strip(), None)
UNSTRIPPED = ROOT / f"build/{TARGET}/wcp-tiny.unstripped"
PAGE = 4096


@pytest.fixture(name="binary", scope="module")
def fixture_binary():
    return elf.Elf(BINARY)


def test_no_dynamic_loader_is_asked_for(binary):
    assert not binary.segments_of(elf.PT_INTERP)


def test_no_shared_library_is_needed(binary):
    assert elf.DT_NEEDED not in [tag for tag, _ in binary.dynamic]


def test_it_is_position_independent(binary):
    flags = dict(binary.dynamic).get(elf.DT_FLAGS_1, 0)
    assert binary.type == elf.ET_DYN and flags & elf.DF_1_PIE


def test_code_needs_no_relocation(binary):
    tags = dict(binary.dynamic)
    assert elf.DT_TEXTREL not in tags and not tags.get(elf.DT_FLAGS, 0) & elf.DF_TEXTREL


def test_the_stack_is_not_executable(binary):
    stack, = binary.segments_of(elf.PT_GNU_STACK)
    assert not stack.flags & elf.PF_X


def test_no_segment_is_writable_and_executable(binary):
    both = elf.PF_W | elf.PF_X
    assert binary.segments_of(elf.PT_LOAD)
    assert not [segment for segment in binary.segments if segment.flags & both == both]


def test_tables_are_marked_to_become_read_only(binary):
    assert len(binary.segments_of(elf.PT_GNU_RELRO)) == 1


def test_it_is_stripped(binary):
    assert not binary.symbols
    left = {section.name for section in binary.sections}
    assert not left & {".comment", ".symtab", ".strtab"} and not [name for name in left if ".debug" in name]


def test_functions_with_arrays_check_their_stack():
    assert "__stack_chk_fail" in elf.Elf(UNSTRIPPED).symbols


def test_the_guard_is_checked_in_our_code_and_in_the_libraries():
    """Without a guard a function does not call __stack_chk_fail: the disassembly has one call for each guarded one."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", UNSTRIPPED], check=True, capture_output=True, text=True)
    assert len(re.findall(r"<__stack_chk_fail>$", code.stdout, re.MULTILINE)) > 50


def test_it_fits_its_budget():
    assert BINARY.stat().st_size <= targets.Target(TARGET).budget


def test_stdio_floats_and_time_zones_stayed_out():
    unwanted = {"vfprintf", "printf_core", "fmt_fp", "__floatscan", "strtod", "__strftime_l", "strftime", "do_tzset"}
    assert not elf.Elf(UNSTRIPPED).symbols & unwanted


def test_no_path_of_the_building_machine_is_in_it():
    data = BINARY.read_bytes()
    leaks = [text for text in (str(ROOT).encode(), b"build/src/", b"/home/", b"/root/") if text in data]
    assert not leaks


def test_version_names_the_libraries():
    said = subprocess.run([BINARY, "--version"], check=True, capture_output=True, text=True).stdout
    for name in ("mbedtls", "cjson", "musl"):
        version = (ROOT / f"build/src/{name}.version").read_text().strip()
        assert version in said, f"{name} {version} is not in: {said}"
    assert (ROOT / "VERSION").read_text().strip() in said


def mappings(text):
    """(start, end, permissions, name) of each line of /proc/PID/maps."""
    for line in text.splitlines():
        fields = line.split(maxsplit=5)
        start, end = (int(address, 16) for address in fields[0].split("-"))
        yield start, end, fields[1], fields[5] if len(fields) > 5 else ""


@pytest.fixture(name="memory", scope="module")
def fixture_memory():
    with at_exit(BINARY, "--version") as text:
        return list(mappings(text))


def test_running_it_maps_nothing_writable_and_executable(memory):
    assert [name for *_, name in memory if name == str(BINARY)]
    assert not [mapping for mapping in memory if "w" in mapping[2] and "x" in mapping[2]]


def test_running_its_stack_is_not_executable(memory):
    assert ["x" in permissions for _, _, permissions, name in memory if name == "[stack]"] == [False]


def test_running_its_tables_are_read_only(memory, binary):
    """PT_GNU_RELRO's pages, wherever the kernel put the program this time."""
    relro, = binary.segments_of(elf.PT_GNU_RELRO)
    base = min(start for start, _, _, name in memory if name == str(BINARY))
    first = (base + relro.address) & -PAGE
    last = (base + relro.address + relro.memory_size) & -PAGE
    assert first < last
    covering = [permissions for start, end, permissions, _ in memory if start < last and first < end]
    assert covering and all("w" not in permissions for permissions in covering)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may chroot")
def test_it_runs_with_nothing_else_on_the_system(tmp_path):
    """In a file system that holds the binary alone."""
    shutil.copy(BINARY, tmp_path / "wcp-tiny")
    done = subprocess.run(["chroot", tmp_path, "/wcp-tiny", "--version"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
