"""Stands in for abuild, as an APKBUILD sees it: imitates its abuild.in. And OpenRC, the real one, on a machine."""

import platform
import subprocess

import tree

RECIPE = tree.BOARD / "alpine"
PACKAGES = tree.ROOT / "build/openrc"

# What abuild sets, and how it calls the functions of an APKBUILD; of its own functions those that 3.17 and 3.18 both have.
# No archive is fetched: see bring_objects().
ABUILD = r"""
set -e
startdir=$1 srcdir=$2/src pkgdir=$2/pkg CARCH=$3
export SOURCE_DATE_EPOCH=1
fetch() {
    mkdir -p "$srcdir"
    for name in $source; do
        case $name in
        http*) ;;
        *) ln -s "$startdir/$name" "$srcdir/" ;;
        esac
    done
}
verify() {
    fetch
    echo "$sha512sums" | grep '[.]\(initd\|confd\)$' >"$srcdir/sums"
    (cd "$srcdir" && sha512sum -c sums)
}
cd "$startdir"
. ./APKBUILD
if [ -d "$builddir" ]; then cd "$builddir"; fi
eval "$4"
"""
FIELDS = ("pkgname", "pkgver", "pkgrel", "pkgdesc", "url", "arch", "license", "source", "sha512sums", "install", "options", "pkgusers", "pkggroups",
          "subpackages", "builddir", "_target")


def abuild(directory, command, architecture=platform.machine(), **variables):
    """A command of a shell that has read the APKBUILD: exit status, and what it said."""
    return tree.run("busybox", "sh", "-c", ABUILD, "sh", RECIPE, directory, architecture, command, variables=variables)


def must(directory, command, **options):
    """The same; it must succeed. Objects that bring_objects() brought are as good as new."""
    status, said = abuild(directory, command, MAKEFLAGS=f"-j2 -- TREE={tree.ROOT}", **options)
    assert status == 0, said[-6000:]
    return said


def bring_objects(directory):
    """What was compiled here already: compiling it again elsewhere makes the same bytes, which other tests show, and takes
    a minute. The names of the places are all that differs, see must()."""
    build = directory / f"src/wcp-tiny-{tree.VERSION}/build"
    tree.must("mkdir", "-p", build / tree.HOST)
    tree.must("cp", "-a", tree.ROOT / "build/gen", tree.ROOT / "build/src", tree.ROOT / "build/wcp-tiny", build)
    parts = [path for path in (tree.ROOT / "build" / tree.HOST).iterdir() if path.name not in ("test", "size", "dist", "deb")]
    tree.must("cp", "-a", *parts, build / tree.HOST)


def fields(directory, architecture=platform.machine()):
    """The values of the APKBUILD."""
    show = "; ".join(f'printf "%s\\0" "${name}"' for name in FIELDS)
    return dict(zip(FIELDS, must(directory, show, architecture=architecture).split("\0")))


def sums(text):
    """File name to SHA-512."""
    words = text.split()
    return dict(zip(words[1::2], words[::2]))


def openrc_packages():
    """Debian's OpenRC, fetched and not installed here: it would take the place of other things."""
    PACKAGES.mkdir(parents=True, exist_ok=True)
    names = ("openrc", "librc1", "libeinfo1")
    if not all(list(PACKAGES.glob(f"{name}_*.deb")) for name in names):
        tree.must("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", *names, cwd=PACKAGES)
    return [next(PACKAGES.glob(f"{name}_*.deb")) for name in names]


def install_openrc(machine):
    for package in openrc_packages():
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as tar:
            subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", machine.path("/")], stdin=tar.stdout, check=True)
    # As after a boot.
    for name in ("exclusive", "starting", "started", "stopping", "stopped", "failed", "daemons", "options", "tmp"):
        machine.path(f"/run/openrc/{name}").mkdir(parents=True)
    machine.write("/run/openrc/softlevel", "default\n")
