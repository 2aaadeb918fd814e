"""make SYSTEM_LIBS=1: the program, linked with libraries of the system and nothing of ours.

Debian 12 has no Mbed TLS that is new enough: a prefix below build/ holds the pinned release as its own CMake builds and
installs it, in its default configuration. cJSON is Debian's.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import elf
from stopped import at_exit, mappings, permissions_of_tables

ROOT = Path(__file__).resolve().parents[2]
VERSION = (ROOT / "build/src/mbedtls.version").read_text(encoding="utf-8").strip()
OF_MBEDTLS = ("libmbedtls.so", "libmbedx509.so", "libmbedcrypto.so")
CMAKE = ("-DENABLE_PROGRAMS=OFF", "-DENABLE_TESTING=OFF", "-DGEN_FILES=OFF", "-DUSE_SHARED_MBEDTLS_LIBRARY=ON",
         "-DUSE_STATIC_MBEDTLS_LIBRARY=OFF", "-DCMAKE_INSTALL_LIBDIR=lib", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_FLAGS=-O1")
# What a builder's environment may hold.
FOREIGN = re.compile(r"(MAKE(FLAGS|LEVEL)|PKG_CONFIG.*|(HOST_|)CC|(C|CPP|LD)FLAGS|LDLIBS|DESTDIR|PREFIX|WCP_.*)")


def run(*argv, directory=ROOT, **variables):
    """What a program that must succeed says, errors as well."""
    environment = {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)}
    done = subprocess.run([str(word) for word in argv], cwd=directory, env={**environment, **variables}, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


# --- the libraries ---------------------------------------------------------------------------------------------------


def pinned():
    """Archive and SHA-256 of the release that the static binary has inside, from wherever it was fetched."""
    downloads = Path(os.environ.get("WCP_DL_DIR", ROOT / "build/dl"))
    pin = (ROOT / "third_party/mbedtls/pin").read_text(encoding="utf-8")
    release = pin.split(f"\nversion {VERSION}\n")[1].split("\n\n")[0]
    places = [(downloads / name, sha256) for name, sha256 in re.findall(r"^from \w+ +(\S+) (\w+)$", release, re.MULTILINE)]
    return next(place for place in places if place[0].exists())


@pytest.fixture(name="prefix", scope="module")
def fixture_prefix():
    """Where the library is installed: kept from run to run."""
    archive, sha256 = pinned()
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == sha256
    recipe = repr((ROOT, sha256, CMAKE, run("cc", "--version")))
    prefix = ROOT / "build/system-libs" / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    if not prefix.exists():
        with tempfile.TemporaryDirectory() as place:
            run("tar", "-xf", archive, "-C", place, "--strip-components=1", "--no-same-owner")
            run("cmake", "-S", place, "-B", f"{place}/build", f"-DCMAKE_INSTALL_PREFIX={prefix}", *CMAKE)
            run("cmake", "--build", f"{place}/build", "-j2")
            run("cmake", "--install", f"{place}/build", DESTDIR=f"{place}/root")
            shutil.rmtree(prefix.parent, ignore_errors=True)  # of another release or compiler
            shutil.copytree(f"{place}/root{prefix}", prefix, symlinks=True)
    return prefix


def module(directory, name, version):
    """A library as far as pkg-config knows it."""
    directory.mkdir(exist_ok=True)
    (directory / f"{name}.pc").write_text(f"Name: {name}\nDescription: none\nVersion: {version}\nLibs: -l{name}\n")
    return directory


# --- the build -------------------------------------------------------------------------------------------------------


@pytest.fixture(name="tree", scope="module")
def fixture_tree():
    """The sources, and nothing that was fetched or built before. Other users may run what is built there."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        directory = Path(place) / "tree"
        shutil.copytree(ROOT, directory, symlinks=True, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
        yield directory


@pytest.fixture(name="make", scope="module")
def fixture_make(tree, prefix):
    """Runs make as a distribution would, by its environment and command line."""

    def make(*arguments, before=()):
        return run(*before, "make", "SYSTEM_LIBS=1", f"PKG_CONFIG_PATH={prefix}/lib/pkgconfig",
                   f"LDFLAGS=-Wl,-rpath,{prefix}/lib", *arguments, directory=tree, CFLAGS="-O1",
                   CPPFLAGS="-D_FORTIFY_SOURCE=2")

    return make


@pytest.fixture(name="binary", scope="module")
def fixture_binary(tree, make):
    said = make("-j2", before=["unshare", "--net"])
    assert "warning" not in said
    assert re.search(r"^build/system/wcp-tiny \(\d+ KB, with the system's libraries\)", said, re.MULTILINE)
    return tree / "build/system/wcp-tiny"


def test_nothing_was_fetched(tree, binary):
    assert binary.exists()
    assert sorted(path.name for path in (tree / "build").iterdir()) == ["system"]


def test_it_needs_the_system_s_libraries(binary):
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-dW", binary))
    for name in (*OF_MBEDTLS, "libcjson.so", "libc.so"):
        assert [library for library in needed if library.startswith(name)], f"{name} is not among {needed}"


def test_it_is_linked_as_a_distribution_links(binary):
    program = elf.Elf(binary)
    assert program.segments_of(elf.PT_INTERP) and dict(program.dynamic)[elf.DT_FLAGS_1] & elf.DF_1_PIE
    assert not program.segments_of(elf.PT_GNU_STACK)[0].flags & elf.PF_X


def test_its_tables_are_read_only_when_it_runs(binary):
    with at_exit(binary, "--version") as text:
        memory = list(mappings(text))
    assert all("w" not in permissions for permissions in permissions_of_tables(elf.Elf(binary), binary, memory))


def test_version_says_whose_libraries_they_are(binary):
    cjson = run("pkg-config", "--modversion", "libcjson").strip()
    ours = (ROOT / "VERSION").read_text().strip()
    assert run(binary, "--version") == f"wcp-tiny {ours} (system libraries: Mbed TLS {VERSION}, cJSON {cjson})\n"


def test_the_unit_tests_pass_with_these_libraries(make):
    said = make("-j2", "check")
    assert said.count("[  PASSED  ]") == len(list((ROOT / "tests/unit").glob("test_*.c")))


def test_the_heart_of_the_end_to_end_tests_passes(binary):
    """But for the one that looks for musl."""
    said = run(sys.executable, "-m", "pytest", "-q", "--tb=short", "-m", "heart", "-k", "not version_names_the_libraries_inside",
               "tests/e2e", WCP_TINY=str(binary))
    assert re.search(r"^\d{2,} passed", said, re.MULTILINE), said


def test_it_is_installed_below_destdir_and_prefix(make, binary, tmp_path):
    make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/local")
    assert (tmp_path / "opt/local/sbin/wcp-tiny").read_bytes() == binary.read_bytes()
    unit, = (tmp_path / "opt/local/lib/systemd/system").glob("*acm.service")
    assert "/opt/local/sbin/wcp-tiny" in unit.read_text(encoding="utf-8")


def test_the_distribution_s_flags_come_after_ours(make):
    said = make("-n", "V=1", "CC=gcc -pipe", "CPPFLAGS=-DFIRST", "CFLAGS=-DSECOND", "LDFLAGS=-Wl,--trace", "LDLIBS=-lm")
    compiled, = re.findall(r"^gcc -pipe .* -c src/main\.c .*$", said, re.MULTILINE)
    assert compiled.index(" -fstack-protector-strong ") < compiled.index(" -DFIRST -DSECOND ")
    linked, = re.findall(r"^gcc -pipe -pie .*$", said, re.MULTILINE)
    assert re.search(r" -Wl,-z,now .* -DSECOND -Wl,--trace .* -lcjson +-lm$", linked)


def test_from_mbed_tls_4_on_cryptography_is_another_library(make, tmp_path):
    for name, version in (("mbedtls", "4.1.0"), ("mbedx509", "4.1.0"), ("tfpsacrypto", "1.1.0")):
        module(tmp_path / "pc", name, version)
    said = make("-n", "V=1", f"PKG_CONFIG_PATH={tmp_path}/pc")
    assert " -lmbedtls -lmbedx509 -ltfpsacrypto " in said and "mbedcrypto" not in said


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(tree, *arguments, **variables):
    with pytest.raises(AssertionError) as refusal:
        run("make", "SYSTEM_LIBS=1", *arguments, directory=tree, **variables)
    return str(refusal.value)


def test_an_older_mbed_tls_is_refused(tree, tmp_path):
    said = refused(tree, f"PKG_CONFIG_PATH={module(tmp_path / 'pc', 'mbedtls', '2.28.3')}")
    assert "SYSTEM_LIBS=1 needs Mbed TLS 3.6 or later, and pkg-config found 2.28.3. Install it" in said


def test_an_older_mbed_tls_that_only_has_headers_is_refused(tree, tmp_path):
    """As Debian 12's libmbedtls-dev."""
    (tmp_path / "mbedtls").mkdir()
    (tmp_path / "mbedtls/version.h").write_text('#define MBEDTLS_VERSION_STRING "2.28.3"\n')
    said = refused(tree, f"CPPFLAGS=-I{tmp_path}", PKG_CONFIG_LIBDIR=str(tmp_path))
    assert "needs Mbed TLS 3.6 or later, and pkg-config found no mbedtls.pc; the headers here are of Mbed TLS 2.28.3. " in said


def test_a_missing_cjson_is_refused(tree, tmp_path):
    said = refused(tree, f"PKG_CONFIG_LIBDIR={module(tmp_path / 'pc', 'mbedtls', '3.6.0')}")
    assert "SYSTEM_LIBS=1 needs cJSON 1.7.13 or later, and pkg-config found no libcjson.pc. Install it" in said


def test_a_missing_pkg_config_is_said(tree):
    assert "SYSTEM_LIBS=1 needs no-pkg-config, which is missing" in refused(tree, "PKG_CONFIG=no-pkg-config")


def test_help_and_clean_need_no_library(tree, tmp_path):
    assert "SYSTEM_LIBS" in run("make", "SYSTEM_LIBS=1", "help", directory=tree, PKG_CONFIG_LIBDIR=str(tmp_path))
