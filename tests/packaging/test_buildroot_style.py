"""What Buildroot's utils/check-package asks of the files of a package. It comes with Buildroot only, so its rules, those of
utils/checkpackagelib/lib.py, lib_config.py, lib_hash.py, lib_mk.py and lib_sysv.py, are here in our words."""

import os
import re
import subprocess

import pytest

import stand_in_buildroot as buildroot
import tree

FILES = sorted(path for path in buildroot.EXTERNAL.rglob("*") if path.is_file())
PACKAGE = buildroot.PACKAGE
MAKE = PACKAGE / "wcp-tiny.mk"
CONFIGS = sorted(buildroot.EXTERNAL.rglob("Config.in"))
SCRIPTS = [PACKAGE / "S49wcp-tiny", tree.BOARD / "read-only/S48wcp-tiny-data"]

CONDITION = re.compile(r"\s*(ifeq|ifneq|ifdef|ifndef|else|endif)\b")
ENTRY = ("choice", "comment", "config", "endchoice", "endif", "endmenu", "if", "menu", "menuconfig", "source")
ATTRIBUTES = ("bool", "string", "prompt", "default", "depends", "select", "help")
ORDER = {"bool": 1, "string": 1, "prompt": 1, "default": 2, "depends": 3, "select": 4, "help": 5}


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def name(path):
    return path.name


@pytest.mark.parametrize("path", FILES, ids=name)
def test_lines_end_cleanly(path):
    text = path.read_text(encoding="utf-8")
    assert text.isascii() and text.endswith("\n") and not text.endswith("\n\n")
    assert "\n\n\n" not in text and not re.search(r"[ \t\r]$", text, re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_file_of_the_package_is_executable(path):
    assert not os.access(path, os.X_OK) or path.stat().st_mode & 0o111 == 0


def test_the_external_tree_has_a_name_that_make_can_use():
    description = dict(line.split(": ", 1) for line in lines_of(buildroot.EXTERNAL / "external.desc"))
    assert re.fullmatch(r"[A-Za-z0-9_]+", description["name"]) and description["desc"]
    for path in (buildroot.EXTERNAL / "external.mk", buildroot.EXTERNAL / "Config.in"):
        assert f"BR2_EXTERNAL_{description['name']}_PATH" in path.read_text(encoding="utf-8")


def test_the_makefile_has_its_header():
    assert lines_of(MAKE)[:6] == ["#" * 80, "#", "# wcp-tiny", "#", "#" * 80, ""]


def test_every_variable_of_the_makefile_is_the_packages():
    for line in lines_of(MAKE):
        assigned = re.match(r"(?:define\s+)?([A-Z0-9_]+_[A-Z0-9_]+)", line)
        assert not assigned or assigned.group(1).startswith("WCP_TINY_"), line


def test_no_variable_is_set_twice():
    variables = [match.group(1) for match in map(re.compile(r"([A-Z0-9_]+) :?= ?").match, lines_of(MAKE)) if match]
    assert len(variables) == len(set(variables)) > 10


def test_the_makefile_sets_nothing_to_its_default():
    text = MAKE.read_text(encoding="utf-8")
    assert not re.search(r"_(INSTALL_IMAGES|INSTALL_STAGING) *= *NO", text)
    assert not re.search(r"_(INSTALL_TARGET|INSTALL_REDISTRIBUTE) *= *YES", text)
    version, = re.findall(r"^WCP_TINY_VERSION = (.*)$", text, re.MULTILINE)
    defaults = {"VALID": "NO", "PREFIX": "cpe:2.3:a", "VENDOR": "wcp-tiny_project", "PRODUCT": "wcp-tiny", "VERSION": version,
                "UPDATE": "*"}
    for field, value in re.findall(r"_CPE_ID_(\w+) *= *(.*)$", text, re.MULTILINE):
        assert value != defaults[field], field
    assert not re.search(r"_SOURCE *= *wcp-tiny-\$\(WCP_TINY_VERSION\)\.tar\.gz", text)


def test_the_makefile_is_indented_with_tabs_where_it_continues_and_nowhere_else():
    defining = continued = False
    for line in lines_of(MAKE):
        conditional = not continued and CONDITION.match(line)
        if line.startswith(("define ", "endef")):
            defining = line.startswith("define ")
        elif line and not line.startswith("#") and not conditional:
            expected = defining or continued
            assert line.startswith("\t") == expected, line
        continued = line.endswith("\\") and not line.startswith("#")


def test_the_makefile_breaks_lines_with_one_space_and_uses_parentheses():
    lines = lines_of(MAKE)
    for line, following in zip(lines, lines[1:] + [""]):
        assert not re.search(r"(  |\t ?)\\$", line), line
        assert not (line.endswith("\\") and not line.startswith("#") and following.strip() == ""), line
        assert not re.search(r"[^$]\$\{\w+\}", line), line


def test_every_hash_has_its_type_two_spaces_and_its_length():
    for line in lines_of(PACKAGE / "wcp-tiny.hash"):
        assert line == "" or line.startswith("#") or re.fullmatch(r"sha256  [0-9a-f]{64}  \S+", line), line


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(buildroot.EXTERNAL)))
def test_options_are_laid_out_as_buildroot_wants_them(path):
    state, continued, in_help, first = 0, False, False, False
    for line in lines_of(path):
        word = line.split()[0] if line.split() else ""
        if word in ENTRY and not continued and not line.startswith("\t  "):
            assert line.startswith(word), f"an entry is not indented: {line}"
            state, in_help = 0, False
        elif in_help:
            assert line == "" or re.fullmatch(r"\t  \S.{0,61}" if first else r"\t  .{1,62}", line), f"help text: {line}"
            first = False
        elif continued:
            assert line.startswith("\t"), f"a continued line: {line}"
        elif word in ATTRIBUTES:
            assert line.startswith(f"\t{word}"), f"one tab: {line}"
            assert ORDER[word] >= state, f"type, default, depends on, select, help: {line}"
            assert line != "\tdefault n"
            state = ORDER[word]
            in_help = first = word == "help"
        continued = line.endswith("\\") and not line.startswith("#")


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_an_init_script_is_named_after_its_daemon_and_indented_with_tabs(path):
    text = path.read_text(encoding="utf-8")
    daemon, = re.findall(r'^DAEMON="([^"/]+)"$', text, re.MULTILINE)
    assert re.fullmatch(rf"S\d\d{daemon}", path.name)
    assert set(re.findall(r"^PIDFILE=(.*)$", text, re.MULTILINE)) <= {'"/var/run/$DAEMON.pid"'}
    assert not re.search(r"^\t* ", text, re.MULTILINE)
    assert subprocess.run(["shellcheck", path], check=False, capture_output=True).stdout == b""
