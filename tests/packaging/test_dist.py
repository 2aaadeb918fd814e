"""The tarball: everything that belongs on a device, and what its licences ask for; the same bytes each time."""

import os
import stat
import tarfile

import pytest

import tree

NAME = f"wcp-tiny-{tree.VERSION}-{tree.HOST}"
ARCHIVE = tree.ROOT / f"build/packages/{NAME}.tar.gz"


@pytest.fixture(name="content", scope="module")
def fixture_content(tmp_path_factory):
    """Path below the tarball's directory to the unpacked file."""
    tree.make("dist")
    top = tmp_path_factory.mktemp("unpacked")
    tree.must("tar", "-xpf", ARCHIVE, "-C", top)
    assert os.listdir(top) == [NAME]
    return {str(path.relative_to(top / NAME)): path for path in (top / NAME).rglob("*")}


def test_has_the_binary_and_everything_of_rootfs(content, rootfs):
    assert content["rootfs/usr/sbin/wcp-tiny"].read_bytes() == (tree.ROOT / "build/wcp-tiny").read_bytes()
    for path, file in rootfs.items():
        assert content[f"rootfs{path}"].read_bytes() == file.read_bytes(), path
        assert stat.S_IMODE(content[f"rootfs{path}"].stat().st_mode) == (0o755 if os.access(file, os.X_OK) else 0o644)


def test_has_the_licences_of_everything_inside(content):
    for name, words in (("Apache-2.0.txt", "Apache License"), ("mbedtls.txt", "Mbed TLS files are provided under"),
                        ("cjson.txt", "Dave Gamble"), ("musl.txt", "Rich Felker"), ("README", "libgcc")):
        assert words in content[f"licenses/{name}"].read_text(encoding="utf-8"), name


def test_has_the_bill_of_materials_of_its_binary(content):
    digest = tree.hash_of(content["rootfs/usr/sbin/wcp-tiny"])
    assert digest in content["sbom.cdx.json"].read_text()


def test_says_how_to_install_and_every_file_it_names_is_there(content):
    text = content["INSTALL"].read_text()
    assert "rootfs/usr/sbin/wcp-tiny install" in text
    named = [word.rstrip(".,;") for word in text.split() if word.startswith("rootfs/") and word != "rootfs/."]
    assert len(named) >= 3
    for path in named:
        assert path in content, path


def test_everything_belongs_to_root_and_bears_the_build_s_date():
    with tarfile.open(ARCHIVE) as archive:
        members = archive.getmembers()
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert len({member.mtime for member in members}) == 1
    assert [member.name for member in members] == sorted(member.name for member in members)


def test_made_again_it_is_the_same_bytes(content, tmp_path):
    """Also by somebody with another umask, language and time zone."""
    before = tree.hash_of(ARCHIVE)
    ARCHIVE.unlink()
    tree.must("sh", "-c", "umask 077 && exec make -s dist", variables={"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"})
    assert tree.hash_of(ARCHIVE) == before
