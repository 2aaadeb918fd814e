"""The source archive: what the last commit has, the same bytes each time, and sums of all that a build from it needs."""

import shutil
import tarfile

import tree


def test_has_every_file_of_the_commit_and_no_other(released):
    with tarfile.open(released) as archive:
        found = {member.name: member for member in archive.getmembers() if not member.isdir()}
    listed = tree.must("git", "ls-tree", "-r", "--full-tree", "HEAD").splitlines()
    expected = {f"wcp-tiny-{tree.VERSION}/{line.split(chr(9))[1]}": line.split()[0] for line in listed}
    assert set(found) == set(expected)
    for name, mode in expected.items():
        assert found[name].mode == (0o755 if mode == "100755" else 0o644 if mode == "100644" else found[name].mode), name


def test_sums_are_its_own_and_those_of_the_pinned_archives(released, pins):
    sums = dict(line.split()[::-1] for line in (released.parent / "SHA256SUMS").read_text().splitlines())
    assert sums == {released.name: tree.hash_of(released), **{pin.archive: pin.sha256 for pin in pins.values()}}


def test_made_again_it_is_the_same_bytes(released):
    before = tree.hash_of(released)
    released.unlink()
    tree.must("sh", "-c", "umask 077 && exec make -s dist-source", variables={"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"})
    assert tree.hash_of(released) == before


def test_without_a_repository_it_says_so(tmp_path):
    """As in a tree that was unpacked from such an archive."""
    for name in ("Makefile", "VERSION", "mk", "board", "third_party", "rootfs", "src", "tools"):
        copy = shutil.copytree if (tree.ROOT / name).is_dir() else shutil.copy
        copy(tree.ROOT / name, tmp_path / name)
    status, said = tree.run("make", "dist-source", cwd=tmp_path, variables={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    assert status != 0 and "error: dist-source archives the last commit: it needs git" in said
