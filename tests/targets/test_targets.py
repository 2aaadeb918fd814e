"""The static binary of every target is what it promises, and does its work there."""

import re
import shlex
import subprocess

import pytest
from harness import box as boxes

import elf
import targets

# e_machine, 64 bits, byte order (gABI chapter 4).
MACHINES = {"x86-64": (62, True, "<"), "i686": (3, False, "<"), "armv7": (40, False, "<"), "armv5": (40, False, "<"),
            "armv6": (40, False, "<"),
            "aarch64": (183, True, "<"), "riscv64": (243, True, "<"), "mipsel": (8, False, "<"),
            "mips": (8, False, ">")}

# The newest architecture whose instructions a 32-bit ARM binary may need (ABI addenda, Tag_CPU_arch).
ARM_ARCHITECTURES = {"armv5": "v5TE", "armv6": "v6", "armv7": "v7"}

# What becomes read-only besides .data.rel.ro, where it is not .dynamic and .got: on MIPS .dynamic lies with the code,
# and .got beside the small data, within reach of a register; on RISC-V too, the linker puts .got behind .data.
READ_ONLY_TABLES = {"mips": set(), "mipsel": set(), "riscv64": {".dynamic"}}


@pytest.fixture(name="binary")
def fixture_binary(target):
    return elf.Elf(target.binary)


def test_it_is_for_that_processor(target, binary):
    assert (binary.machine, binary.wide, binary.order) == MACHINES[target.name]


def test_it_needs_no_newer_processor(target):
    if target.name not in ARM_ARCHITECTURES:
        pytest.skip("for 32-bit ARM, which says so in the file")
    said = subprocess.run(["readelf", "-A", target.unstripped], check=True, capture_output=True, text=True).stdout
    assert re.findall(r"Tag_CPU_arch: (\S+)", said) == [ARM_ARCHITECTURES[target.name]]


def test_it_fits_its_budget(target):
    assert target.binary.stat().st_size <= target.budget


def test_it_is_self_contained_and_position_independent(binary):
    tags = dict(binary.dynamic)
    assert not binary.segments_of(elf.PT_INTERP) and elf.DT_NEEDED not in tags
    assert binary.type == elf.ET_DYN and tags[elf.DT_FLAGS_1] & elf.DF_1_PIE
    assert elf.DT_TEXTREL not in tags and not tags.get(elf.DT_FLAGS, 0) & elf.DF_TEXTREL


def test_nothing_is_writable_and_executable(binary):
    both = elf.PF_W | elf.PF_X
    stack, = binary.segments_of(elf.PT_GNU_STACK)
    assert not stack.flags & elf.PF_X
    assert not [segment for segment in binary.segments if segment.flags & both == both]


def test_its_tables_end_where_a_page_does_to_become_read_only(target, binary):
    """Of 4 KiB; with larger pages, the part before the last page's start becomes read-only."""
    relro, = binary.segments_of(elf.PT_GNU_RELRO)
    end = relro.address + relro.memory_size
    assert end % 4096 == 0 and end & -4096 > relro.address & -4096
    inside = {section.name for section in binary.sections if relro.address <= section.address < end and section.size}
    assert inside >= {".data.rel.ro"} | READ_ONLY_TABLES.get(target.name, {".dynamic", ".got"})
    assert not inside & {".data", ".bss"}


def test_its_debug_file_is_of_the_same_build(target):
    said = [subprocess.run(["readelf", "-n", path], check=True, capture_output=True, text=True).stdout
            for path in (target.binary, target.binary.with_name("wcp-tiny.debug"))]
    first, second = (re.findall(r"Build ID: ([0-9a-f]{40})$", text, re.MULTILINE) for text in said)
    assert first == second and len(first) == 1
    assert "main" in elf.Elf(target.binary.with_name("wcp-tiny.debug")).symbols


def test_functions_with_arrays_check_their_stack(target):
    assert "__stack_chk_fail" in elf.Elf(target.unstripped).symbols


def test_version_is_said(target):
    said = subprocess.run([*shlex.split(target.emulator), target.binary, "--version"], check=True, capture_output=True,
                          text=True).stdout
    assert (targets.ROOT / "VERSION").read_text().strip() in said


@pytest.mark.parametrize("kind", ["rsa-2048", "ec-p384"])
def test_once_installs_a_certificate(box, kind):
    site = box.manage("www.example.com", kind=kind)

    outcome = box.once()

    assert outcome.exit_code == 0 and outcome.results == ["updated"]
    site.assert_installed()
    assert box.leftovers() == []
    assert box.once().results == ["unchanged"]


def test_a_renewed_certificate_replaces_the_old_one_and_its_command_runs(box):
    command = box.recorder()
    site = box.manage("www.example.com", refresh_command=command.command)
    assert box.once().exit_code == 0
    site.renew()

    outcome = box.once()

    assert outcome.exit_code == 0 and outcome.results == ["updated"]
    site.assert_installed()
    assert command.runs == 2


def test_recover_finishes_what_a_kill_interrupted(box):
    site = box.manage("www.example.com")
    assert box.once().exit_code == 0
    site.renew()
    box.write_config()
    # The journal and the certificate are in place, the key is not.
    box.run_program("strace", "-qq", "-o", "/dev/null", "-P", site.path("private_key").name, "-e", "inject=/rename:signal=KILL",
                    *boxes.emulator(), boxes.agent(), "once", "-c", box.config)
    with pytest.raises(AssertionError):
        site.assert_installed()

    outcome = box.recover()

    assert outcome.exit_code == 0
    site.assert_installed()
    assert box.leftovers() == []
