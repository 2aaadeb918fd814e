"""The static binary is what it promises: self-contained, hardened, small."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import elf
import targets
from stopped import at_exit, mappings, permissions_of_tables

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build/wcp-tiny"
HOST = targets.Target(targets.HOST)
UNSTRIPPED = HOST.unstripped
DEBUG = HOST.binary.with_name("wcp-tiny.debug")


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
    assert not left & {".comment", ".symtab", ".strtab"} and not [name for name in left if ".debug_" in name]


def said_by(*argv):
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, errors="replace").stdout


def test_its_sections_are_there_for_those_who_look(binary):
    names = {section.name for section in binary.sections}
    assert names >= {".text", ".rodata", ".data.rel.ro", ".dynamic", ".data", ".bss", ".note.gnu.build-id", ".gnu_debuglink"}
    assert len(said_by("objdump", "-d", BINARY).splitlines()) > 10000


def build_id(path):
    identity, = re.findall(r"Build ID: ([0-9a-f]{40})$", said_by("readelf", "-n", path), re.MULTILINE)
    return identity


def test_its_debug_file_is_of_the_same_build():
    assert build_id(BINARY) == build_id(DEBUG) == build_id(UNSTRIPPED)
    assert "wcp-tiny.debug" in said_by("readelf", "--string-dump=.gnu_debuglink", BINARY)


def test_its_debug_file_finds_our_functions():
    """From an address, as a backtrace has it, to a name and a line; gdb takes the file from beside the binary."""
    addresses = dict(re.findall(r"^\s*\d+: ([0-9a-f]+) +\S+ FUNC .* (\w+)$", said_by("readelf", "-sW", DEBUG), re.MULTILINE))
    address, = [address for address, name in addresses.items() if name == "main"]
    function, line = said_by("addr2line", "-f", "-e", DEBUG, address).splitlines()
    assert function == "main" and re.search(r"src/main\.c:\d+", line)


@pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")
def test_gdb_names_our_functions_in_the_stripped_binary():
    said = said_by("gdb", "-batch", "-nx", "-ex", "info line relro_protect", HOST.binary)
    assert re.search(r'Line \d+ of "(\./)?src/base/relro\.c" starts at address', said), said


def test_functions_with_arrays_check_their_stack():
    assert "__stack_chk_fail" in elf.Elf(UNSTRIPPED).symbols


def test_the_guard_is_checked_in_our_code_and_in_the_libraries():
    """Without a guard a function does not call __stack_chk_fail: the disassembly has one call for each guarded one."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", UNSTRIPPED], check=True, capture_output=True, text=True)
    assert len(re.findall(r"<__stack_chk_fail>$", code.stdout, re.MULTILINE)) > 50


def test_it_fits_its_budget():
    assert BINARY.stat().st_size <= HOST.budget


def test_printing_to_files_and_time_zones_stayed_out():
    assert not elf.Elf(UNSTRIPPED).symbols & {"printf", "__strftime_l", "strftime", "do_tzset"}


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
    assert all("w" not in permissions for permissions in permissions_of_tables(binary, BINARY, memory))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may chroot")
def test_it_runs_with_nothing_else_on_the_system(tmp_path):
    """In a file system that holds the binary alone."""
    shutil.copy(BINARY, tmp_path / "wcp-tiny")
    done = subprocess.run(["chroot", tmp_path, "/wcp-tiny", "--version"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
