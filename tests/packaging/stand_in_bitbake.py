"""Stands in for BitBake, which is no package of Debian's or PyPI's: reads a recipe, expands its variables and takes it
through the tasks that ours has, with OpenEmbedded-Core's variables, fetcher and tools. What no recipe of ours uses is
not here. Imitates BitBake's lib/bb/parse/parse_py/BBHandler.py and ConfHandler.py (syntax), lib/bb/data_smart.py (values),
lib/bb/fetch2 (SRC_URI); of OpenEmbedded-Core what stands beside each part."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

ASSIGNMENT = re.compile(r'(?P<name>[\w${}./-]+(?::[\w${}-]+)*)(?:\[(?P<flag>[^\]]+)\])?\s*'
                        r'(?P<how>\?\?=|\?=|:=|\+=|=\+|\.=|=\.|=)\s*"(?P<value>[^"]*)"\s*$', re.DOTALL)

# conf/bitbake.conf, as far as it matters. What differs between releases: see Release.
DEFAULTS = {
    "PN": "${BPN}", "BP": "${BPN}-${PV}", "D": "${WORKDIR}/image", "B": "${S}",
    "prefix": "/usr", "sysconfdir": "/etc", "datadir": "/usr/share", "sbindir": "/usr/sbin", "mandir": "/usr/share/man",
    "nonarch_libdir": "/usr/lib", "systemd_system_unitdir": "/usr/lib/systemd/system",
    "FILES:${PN}": "${sbindir}/* ${sysconfdir} ${datadir}/${BPN}", "FILES:${PN}-doc": "${mandir}",
    "HOST_PREFIX": "${TARGET_ARCH}-poky-linux-", "TOOLCHAIN_OPTIONS": " --sysroot=${WORKDIR}/recipe-sysroot",
    "CC": "${HOST_PREFIX}gcc -march=armv7ve -mfpu=neon -O2 -D_FORTIFY_SOURCE=2 ${TOOLCHAIN_OPTIONS}",
    "BUILD_CC": "gcc ", "PARALLEL_MAKE": "-j 2", "BBFILE_COLLECTIONS": "core wcp-tiny",
    "CFLAGS": "-O2 -pipe -g -fmacro-prefix-map=${S}=/usr/src", "CPPFLAGS": "",
    "LDFLAGS": "-Wl,-O1 -Wl,--hash-style=gnu -Wl,--as-needed",
    "AR": "${HOST_PREFIX}gcc-ar", "STRIP": "${HOST_PREFIX}strip", "READELF": "${HOST_PREFIX}readelf",
}
EXPORTED = ("CC", "CFLAGS", "CPPFLAGS", "LDFLAGS", "AR", "STRIP", "READELF")

# conf/bitbake.conf, HOSTTOOLS: a task sees no other tool of the machine it runs on.
HOST_TOOLS = """
    [ ar as awk basename bash bunzip2 bzip2 cat chgrp chmod chown chrpath cmp comm cp cpio cpp cut date dd diff diffstat
    dirname du echo egrep env expand expr false fgrep file find flock g++ gawk gcc getconf getopt git grep gunzip gzip head
    hostname iconv id install ld ldd ln ls make md5sum mkdir mkfifo mknod mktemp mv nm objcopy objdump od patch perl pr
    printf pwd python3 ranlib readelf readlink realpath rm rmdir rpcgen sed seq sh sha1sum sha224sum sha256sum sha384sum
    sha512sum sleep sort split stat strings strip tail tar tee test touch tr true truncate tty uname uniq unzstd wc wget
    which xargs zstd
""".split()

# classes-global/base.bbclass and logging.bbclass
SHELL = """set -e
bbfatal() { echo "ERROR: $*"; exit 1; }
oe_runmake() { make %(make)s "$@" || bbfatal "oe_runmake failed"; }
"""


def contains(variable, values, yes, no, data):
    return yes if set(values.split()) <= set((data.getVar(variable) or "").split()) else no


class Recipe:
    """Variables, flags and functions of a recipe under settings that stand for the distribution's and the machine's."""

    def __init__(self, path, settings):
        self.path = path
        name, version = path.stem.rsplit("_", 1) if "_" in path.stem else (path.stem, "1.0")
        self.values = {**DEFAULTS, "BPN": name, "PV": version, "THISDIR": str(path.parent), **settings}
        self.flags, self.functions, self.inherited, self.added = {}, {}, [], []
        self.python = {"bb": SimpleNamespace(utils=SimpleNamespace(contains=contains)), "d": self}
        self._read(path.read_text(encoding="utf-8"))

    def _read(self, text):
        lines = iter(text.splitlines())
        for line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("def "):
                block = [line]
                for line in lines:
                    if not line.strip():
                        break
                    block.append(line)
                exec("\n".join(block), self.python)  # the recipe is ours
            elif re.fullmatch(r"[\w:]+\(\) \{", line):
                body = []
                for inner in lines:
                    if inner == "}":
                        break
                    body.append(inner)
                self.functions[line.split("(")[0]] = "\n".join(body)
            elif line.startswith("inherit "):
                self.inherited += line.split()[1:]
            elif line.startswith("require "):
                self._read((self.path.parent / line.split()[1]).read_text(encoding="utf-8"))
            else:
                while line.endswith("\\"):
                    line = line[:-1] + next(lines)
                self._assign(line)

    def _assign(self, line):
        match = ASSIGNMENT.fullmatch(line)
        assert match, f"{self.path.name}: what is this? {line}"
        name, flag, how, value = match.group("name", "flag", "how", "value")
        if flag:
            self.flags[name, flag] = value
            return
        if how == ":=":
            value = self.expand(value)
        if name.endswith(":prepend") or name.endswith(":append"):
            self.added.append((*name.rsplit(":", 1), value))
            return
        old = self.values.get(name)
        self.values[name] = {"+=": f"{old or ''} {value}", "=+": f"{value} {old or ''}", ".=": f"{old or ''}{value}",
                             "=.": f"{value}{old or ''}", "?=": value if old is None else old,
                             "??=": value if old is None else old}.get(how, value)

    def getVar(self, name):  # BitBake's name
        value = self.values.get(name, self.values.get(name.replace(self.values["BPN"], "${PN}")))
        for added, where, text in self.added:
            if added == name:
                value = text + (value or "") if where == "prepend" else (value or "") + text
        return None if value is None else self.expand(value)

    def expand(self, text):
        def variable(match):
            value = self.getVar(match.group(1))
            return match.group(0) if value is None else value

        text = re.sub(r"\$\{@(.*?)\}(?=\s|\"|$)", lambda match: str(eval(match.group(1), self.python)), text)
        return re.sub(r"\$\{([\w:$-]+)\}", variable, text)

    def get(self, name):
        return self.getVar(name) or ""


def urls(recipe):
    """SRC_URI: kind, path behind it, parameters."""
    for word in recipe.get("SRC_URI").split():
        url, *parameters = word.split(";")
        yield url, dict(parameter.split("=", 1) for parameter in parameters)


class Build:
    """The tasks of a recipe in a work directory, which is its WORKDIR."""

    def __init__(self, recipe, internet, tools):
        """INTERNET holds files by the names in URLs; TOOLS: the prefix of the toolchain, and of one that is here."""
        self.recipe = recipe
        self.work = Path(recipe.get("WORKDIR"))
        self.internet = internet
        self.bin = self.work / "recipe-sysroot-native/bin"
        self._link_tools(*tools)

    def _link_tools(self, prefix, ours):
        self.bin.mkdir(parents=True)
        for name in HOST_TOOLS:
            if shutil.which(name):
                (self.bin / name).symlink_to(shutil.which(name))
        for name in ("gcc", "gcc-ar", "ar", "as", "ld", "nm", "objcopy", "objdump", "ranlib", "readelf", "strip"):
            (self.bin / f"{prefix}{name}").symlink_to(shutil.which(f"{ours}{name}"))
        headers = self.work / "recipe-sysroot/usr/include"
        headers.mkdir(parents=True)
        for name in ("linux", "asm", "asm-generic"):
            (headers / name).symlink_to(f"/usr/{ours.rstrip('-')}/include/{name}")

    @property
    def source(self):
        return Path(self.recipe.get("S"))

    @property
    def image(self):
        return Path(self.recipe.get("D"))

    def _fetched(self, url, parameters):
        if url.startswith("git://"):
            name = f"SRCREV_{parameters['name']}" if "name" in parameters else "SRCREV"
            assert re.fullmatch("[0-9a-f]{40}", self.recipe.get(name)), f"{name} pins no commit"
            return self.internet / url.rsplit("/", 1)[1]
        if url.startswith("file://"):
            places = self.recipe.get("FILESEXTRAPATHS").split(":")
            return next(Path(place, url[7:]) for place in places if place and Path(place, url[7:]).exists())
        file = self.internet / url.rsplit("/", 1)[1]
        expected = parameters.get("sha256sum") or self.recipe.flags["SRC_URI", f"{parameters['name']}.sha256sum"]
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        assert found == expected, f"{url}: expected {expected}, found {found}"
        return file

    def unpack(self):
        top = Path(self.recipe.getVar("UNPACKDIR") or self.work)
        for url, parameters in urls(self.recipe):
            fetched = self._fetched(url, parameters)
            if url.startswith("git://"):
                shutil.copytree(fetched, top / parameters["destsuffix"])
                continue
            directory = top / parameters.get("subdir", "")
            directory.mkdir(parents=True, exist_ok=True)
            if not url.startswith("file://") and parameters.get("unpack") != "0":
                subprocess.run(["tar", "--no-same-owner", "-xf", fetched, "-C", directory], check=True)
                continue
            subprocess.run(["cp", "-fpPRH", fetched, directory], check=True)
        for function in self.recipe.flags.get(("do_unpack", "postfuncs"), "").split():
            self.run(function)
        assert self.source.is_dir(), f"S is {self.source}, and nothing was unpacked there"

    def script(self, function):
        exports = "".join(f"export {name}='{self.recipe.get(name)}'\n" for name in EXPORTED)
        make = self.recipe.get("EXTRA_OEMAKE")
        if function == "do_compile":
            make = f"{self.recipe.get('PARALLEL_MAKE')} {make}"
        return exports + SHELL % {"make": make} + self.recipe.expand(self.recipe.functions[function])

    def run(self, function):
        """Runs a shell function as a task; returns what it said, and fails when it did."""
        where = self.source if self.source.is_dir() else self.work
        environment = {"PATH": str(self.bin), "HOME": str(self.work), "LC_ALL": "C.UTF-8",
                       "SOURCE_DATE_EPOCH": "1302044400"}
        done = subprocess.run(["bash", "-c", self.script(function)], cwd=where, env=environment, check=False, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, f"{function}: {done.stdout[-6000:]}"
        return done.stdout

    def install(self):
        self.image.mkdir()
        return self.run("do_install")

    def installed(self):
        return {f"/{path.relative_to(self.image)}" for path in self.image.rglob("*")
                if path.is_symlink() or not path.is_dir()}

    def shipped(self, package):
        """Which of the installed files go into a package."""
        patterns = self.recipe.get(f"FILES:{package}").split()

        def matches(path):
            return any(part.match(pattern) for pattern in patterns for part in (path, *path.parents))

        return {path for path in self.installed() if matches(Path(path))}
