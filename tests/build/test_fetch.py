"""third_party/fetch: where it looks, what it accepts, and what it says when something is wrong. The archive is a toy, the
servers are on loopback."""

import functools
import hashlib
import http.server
import io
import os
import shutil
import socket
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEW, OLD = "toy_2.orig.tar.gz", "toy_1.orig.tar.gz"


def archive(version):
    """A source archive with one file."""
    content = f"version {version}\n".encode()
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        entry = tarfile.TarInfo(f"toy-{version}/toy.c")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Tree:
    """A repository with nothing but the script and the pin of a toy."""

    def __init__(self, path):
        self.path = path
        self.archives = {NEW: archive(2), OLD: archive(1)}
        self.downloads, self.sources = path / "dl", path / "src"
        (path / "third_party/toy").mkdir(parents=True)
        shutil.copy(ROOT / "third_party/fetch", path / "third_party/fetch")
        self.write_pin()

    def write_pin(self, needs=100):
        lines = ["title Toy", f"needs {needs}"]
        for version, name in (("2", NEW), ("1", OLD)):
            digest = sha256(self.archives[name])
            lines += [f"version {version}", f"from release {name} {digest}", f"from debian {name} {digest}"]
        lines.append("lacks the second wheel")
        (self.path / "third_party/toy/pin").write_text("\n".join(lines) + "\n")

    def put(self, name, content=None, directory=None):
        directory = directory or self.downloads
        directory.mkdir(exist_ok=True)
        (directory / name).write_bytes(self.archives[name] if content is None else content)

    def fetch(self, **variables):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "WCP_DL_DIR": str(self.downloads),
                       "WCP_SRC_DIR": str(self.sources), "WCP_APT_MIRROR": closed_address() + "/debian", **variables}
        return subprocess.run(["third_party/fetch", "toy"], cwd=self.path, env=environment, check=False,
                              capture_output=True, text=True, timeout=120)

    @property
    def unpacked(self):
        file = self.sources / "toy/toy.c"
        return file.read_text() if file.exists() else None


def closed_address():
    """An address that refuses connections."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    return Tree(tmp_path)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(name="release")
def fixture_release(tmp_path):
    """A release address, and the directory behind it."""
    directory = tmp_path / "release"
    directory.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=directory))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", directory
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_archive_in_the_cache_is_unpacked(tree):
    tree.put(NEW)
    done = tree.fetch()
    assert done.returncode == 0, done.stderr
    assert tree.unpacked == "version 2\n" and (tree.sources / "toy.version").read_text() == "2\n"


def test_an_archive_in_the_cache_may_have_the_name_of_any_place(tree):
    pin = tree.path / "third_party/toy/pin"
    pin.write_text(pin.read_text().replace(f"from release {NEW}", "from release toy-2.tar.gz"))
    for name in ("toy-2.tar.gz", NEW):
        tree.put(name, tree.archives[NEW])
        assert tree.fetch().returncode == 0 and tree.unpacked == "version 2\n"
        shutil.rmtree(tree.downloads)
        shutil.rmtree(tree.sources)


def test_the_room_is_not_asked_for_where_no_tool_tells(tree):
    tree.put(NEW)
    tools = tree.path / "tools"
    tools.mkdir()
    for name in ("awk", "cut", "dirname", "gzip", "ln", "mkdir", "mv", "rm", "sha256sum", "sh", "tar"):
        (tools / name).symlink_to(shutil.which(name))
    done = tree.fetch(PATH=str(tools))
    assert (done.returncode, done.stderr, tree.unpacked) == (0, "", "version 2\n")


def test_a_wrong_file_in_the_cache_is_named_with_both_hashes_and_not_used(tree):
    tree.put(NEW, b"something else")
    done = tree.fetch()
    assert done.returncode == 1
    for text in (str(tree.downloads / NEW), sha256(tree.archives[NEW]), sha256(b"something else"), "Remove that file"):
        assert text in done.stderr
    assert tree.unpacked is None


def test_the_release_address_is_asked_when_the_cache_is_empty(tree, release):
    url, directory = release
    tree.put(NEW, directory=directory)
    done = tree.fetch(WCP_RELEASE_URL=url)
    assert done.returncode == 0, done.stderr
    assert tree.unpacked == "version 2\n" and (tree.downloads / NEW).read_bytes() == tree.archives[NEW]


def test_a_wrong_file_from_the_release_address_is_refused_and_thrown_away(tree, release):
    url, directory = release
    tree.put(NEW, b"something else", directory=directory)
    done = tree.fetch(WCP_RELEASE_URL=url)
    assert done.returncode == 1
    assert NEW in done.stderr and sha256(tree.archives[NEW]) in done.stderr and sha256(b"something else") in done.stderr
    assert tree.unpacked is None and not list(tree.downloads.iterdir())


def test_without_any_source_every_place_is_listed_and_what_to_do(tree):
    url = closed_address()
    done = tree.fetch(WCP_RELEASE_URL=url)
    assert done.returncode == 1
    for text in ("no place has toy 2", str(tree.downloads), url, "What to do", f"{NEW}  SHA-256 {sha256(tree.archives[NEW])}",
                 "ALLOW_OLDER=1 builds with 1, which lacks the second wheel"):
        assert text in done.stderr
    assert OLD not in done.stderr
    if shutil.which("apt-get"):
        for suite in ("sid", "testing", "trixie"):
            assert f"Debian {suite}: " in done.stderr
        assert "could not be read" in done.stderr
    assert tree.unpacked is None


def test_an_older_release_is_not_taken_unasked(tree):
    tree.put(OLD)
    done = tree.fetch()
    assert done.returncode == 1 and "no place has toy 2" in done.stderr
    assert tree.unpacked is None and not (tree.sources / "toy.version").exists()


def test_an_older_release_is_taken_where_it_is_allowed_and_what_it_lacks_is_said(tree):
    tree.put(OLD)
    done = tree.fetch(ALLOW_OLDER="1")
    assert done.returncode == 0, done.stderr
    assert tree.unpacked == "version 1\n" and (tree.sources / "toy.version").read_text() == "1\n"
    assert "warning: 2 is not to be had, using 1, which lacks the second wheel" in done.stderr
    assert (tree.sources / "toy.lacks").read_text() == "Toy 1 lacks the second wheel\n"


def test_the_wanted_release_lacks_nothing_even_where_an_older_one_is_allowed(tree):
    for name in (OLD, NEW):
        tree.put(name)
    done = tree.fetch(ALLOW_OLDER="1")
    assert (done.returncode, tree.unpacked, (tree.sources / "toy.lacks").read_text()) == (0, "version 2\n", "")


def test_an_unknown_library_is_an_error(tree):
    shutil.rmtree(tree.path / "third_party/toy")
    done = tree.fetch()
    assert done.returncode == 1 and "there is no" in done.stderr


@pytest.fixture(name="tiny_disk")
def fixture_tiny_disk(tmp_path):
    """A file system of 64 KiB."""
    directory = tmp_path / "tiny"
    directory.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory], check=False,
                             capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("may not mount a file system")
    yield directory
    subprocess.run(["umount", directory], check=True)


def test_no_room_for_the_archive_is_said_before_anything_is_fetched(tree, release, tiny_disk):
    url, directory = release
    tree.put(NEW, directory=directory)
    done = tree.fetch(WCP_RELEASE_URL=url, WCP_DL_DIR=str(tiny_disk))
    assert done.returncode == 1
    assert f"no space left in {tiny_disk}" in done.stderr and "100 KiB needed" in done.stderr
    assert "WCP_DL_DIR" in done.stderr and not list(tiny_disk.iterdir())


def test_no_room_for_the_source_is_said(tree, tiny_disk):
    tree.put(NEW)
    done = tree.fetch(WCP_SRC_DIR=str(tiny_disk))
    assert done.returncode == 1 and f"no space left in {tiny_disk}" in done.stderr


def test_a_disk_that_fills_up_while_unpacking_is_said(tree, tiny_disk):
    """Another process may take the room that was there: the archive is larger than the pin says."""
    large = io.BytesIO()
    with tarfile.open(fileobj=large, mode="w:gz") as tar:
        entry = tarfile.TarInfo("toy-2/toy.c")
        entry.size = 200000
        tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    tree.archives[NEW] = large.getvalue()
    tree.write_pin(needs=1)
    tree.put(NEW)
    done = tree.fetch(WCP_SRC_DIR=str(tiny_disk))
    assert done.returncode == 1
    assert "could not be unpacked" in done.stderr and "KiB free" in done.stderr
    assert not (tiny_disk / "toy.version").exists() and not (tiny_disk / "toy").exists()
