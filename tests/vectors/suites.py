"""Where the published suites are: on this machine already, or in a package that its package manager fetches.

A package is taken by its name through the package manager's own client and known by its hash. Nothing of the suites is
in the repository.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BESIDE = ROOT.parent / "shared/vectors"  # where this project's own machines have them
FETCH_SECONDS = 120

TOML_MODULE = "github.com/toml-lang/toml-test/v2"  # its version and hash: toml-test/go.mod, go.sum
TOML_LIST = "tests/files-toml-1.1.0"
SIGV4_CRATE, SIGV4_VERSION = "aws-sigv4", "1.6.4"
SIGV4_SHA256 = "f385da9b7757ed4c8214797ad663ff534fb622006143530aa80e21f8e06ff85c"
SIGV4_FOLDER = f"{SIGV4_CRATE}-{SIGV4_VERSION}/aws-signing-test-suite/v4/"
# The crate changed this request, not what comes of it: as published, its path is still to be encoded.
SIGV4_CHANGED = {"get-space-normalized/request.txt": (b"/example%20space/", b"/example space/")}


class Missing(Exception):
    """Why a suite cannot be had here."""


def run(argv, directory):
    try:
        return subprocess.run(argv, cwd=directory, check=True, timeout=FETCH_SECONDS, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout
    except FileNotFoundError:
        raise Missing(f"{argv[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Missing(f"{' '.join(argv)}: no answer") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        raise Missing(f"{' '.join(argv)}: {said[-1] if said else 'failed'}") from None


def first_of(*places):
    """What the first of these functions finds that finds something."""
    reasons = []
    for place in places:
        try:
            return place()
        except Missing as reason:
            reasons.append(str(reason))
    raise Missing("; ".join(reasons))


def folder(path, sample):
    if not any(path.glob(sample)):
        raise Missing(f"nothing is in {path}")
    return path


# --- TOML ------------------------------------------------------------------------------------------------------------


def toml_suite():
    """A folder with valid/ and invalid/, and the paths below it of the cases for TOML 1.1."""
    if named := os.environ.get("WCP_TOML_VECTORS"):
        return all_toml(Path(named))
    return first_of(toml_of_module, lambda: all_toml(BESIDE / "toml"))


def all_toml(top):
    folder(top, "valid/**/*.toml")
    return top, sorted(str(path.relative_to(top)) for path in top.rglob("*.toml"))


def toml_of_module():
    """The go command refuses what has another hash than go.sum says."""
    found = json.loads(run(["go", "mod", "download", "-json", TOML_MODULE], HERE / "toml-test"))
    module = Path(found["Dir"])
    listed = (module / TOML_LIST).read_text(encoding="utf-8").split()
    return module / "tests", [name for name in listed if name.endswith(".toml")]


# --- Signature Version 4 ---------------------------------------------------------------------------------------------


def sigv4_suite():
    """A folder with one folder for each case."""
    if named := os.environ.get("WCP_SIGV4_VECTORS"):
        return folder(Path(named), "*/context.json")
    return first_of(sigv4_of_crate, lambda: folder(BESIDE / "sigv4", "*/context.json"))


def sigv4_of_crate():
    top = ROOT / f"build/vectors/{SIGV4_CRATE}-{SIGV4_SHA256[:12]}"
    if not top.exists():
        part = top.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        unpack(crate(part), part)
        part.rename(top)
    return folder(top, "*/context.json")


def crate(directory):
    """The .crate file; cargo fetches it to show what it is about."""
    kept = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "registry/cache"
    name = f"*/{SIGV4_CRATE}-{SIGV4_VERSION}.crate"
    if not any(kept.glob(name)):
        run(["cargo", "info", f"{SIGV4_CRATE}@{SIGV4_VERSION}"], directory)
    for file in kept.glob(name):
        if hashlib.sha256(file.read_bytes()).hexdigest() == SIGV4_SHA256:
            return file
    raise Missing(f"cargo has no {SIGV4_CRATE} {SIGV4_VERSION} with the right hash")


def unpack(file, directory):
    with tarfile.open(file) as archive:
        for member in archive:
            case, _, name = member.name.removeprefix(SIGV4_FOLDER).partition("/")
            if member.isfile() and member.name.startswith(SIGV4_FOLDER) and "/" not in name:
                (directory / case).mkdir(exist_ok=True)
                changed, published = SIGV4_CHANGED.get(f"{case}/{name}", (b"", b""))
                (directory / case / name).write_bytes(archive.extractfile(member).read().replace(changed, published))
