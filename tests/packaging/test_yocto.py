"""Our layer for Yocto: what oelint-adv says, and the recipe, taken through its tasks by a stand-in, for both releases that
the layer is for."""

import filecmp
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import stand_in_bitbake as bitbake
import elf
import tree
from harness import namespace

LAYER = tree.BOARD / "yocto/meta-wcp-tiny"
RECIPE = LAYER / f"recipes-security/wcp-tiny/wcp-tiny_{tree.VERSION}.bb"
PARTS = {name: next(RECIPE.parent.glob(f"wcp-tiny-{name}_*.bb")) for name in tree.LINKED}
GROUP = LAYER / "recipes-core/packagegroups/packagegroup-wcp-tiny.bb"
LAYER_CONF = (LAYER / "conf/layer.conf").read_text(encoding="utf-8")
# Where each release has sources: conf/bitbake.conf.
RELEASES = {"scarthgap": {"S": "${WORKDIR}/${BP}"},
            "wrynose": {"S": "${UNPACKDIR}/${BP}", "UNPACKDIR": "${WORKDIR}/sources"}}
ARMV7 = {"TARGET_ARCH": "arm", "TUNE_FEATURES": "arm armv7ve vfp thumb neon callconvention-hard cortexa7"}
TOOLS = ("arm-poky-linux-", "arm-linux-gnueabihf-")  # the prefix that recipes see, and that of Debian's
CJSON = "git://github.com/DaveGamble/cJSON.git"
UNITS = {f"/usr/lib/systemd/system/{name}.service" for name in
         ("aws-workload-credentials-provider-acm", "wcp-tiny-recover", "wcp-tiny-first")}

pytestmark = pytest.mark.timeout(1500)  # compiled from nothing, maybe beside other work


def recipe(work="/nowhere", release="wrynose", init="systemd", **settings):
    machine = {"WORKDIR": str(work), "DISTRO_FEATURES": init, **ARMV7, **RELEASES[release]}
    return bitbake.Recipe(RECIPE, {**machine, **settings})


@pytest.fixture(name="internet", scope="module")
def fixture_internet(pins, tmp_path_factory):
    directory = tmp_path_factory.mktemp("internet")
    for pin in pins.values():
        shutil.copy(pin.file, directory / pin.archive)
    repository = directory / "cJSON.git"
    repository.mkdir()
    tree.must("tar", "-xf", pins["cjson"].file, "-C", repository, "--strip-components=1")
    return directory


@pytest.fixture(name="unpacked", scope="module")
def fixture_unpacked(internet, tmp_path_factory):
    """A build in which do_unpack is done."""
    def unpacked(release):
        work = tmp_path_factory.mktemp(release) / "work"
        build = bitbake.Build(recipe(work, release), internet, TOOLS)
        build.unpack()
        return build
    return unpacked


@pytest.fixture(name="users", scope="module", autouse=True)
def fixture_users():
    """What the class useradd has made before do_install."""
    with namespace.replaced("/etc/group", Path("/etc/group").read_text(encoding="utf-8") + "awscreds:*:47110:\n"):
        yield


@pytest.fixture(name="built", scope="module")
def fixture_built(unpacked):
    build = unpacked("wrynose")
    build.run("do_configure")
    build.run("do_compile")
    return build


def install(built, **settings):
    """The same build, installed for an image with other settings."""
    shutil.rmtree(built.image, ignore_errors=True)
    built.recipe = recipe(built.work, **settings)
    built.install()
    return built


@pytest.mark.parametrize("release", RELEASES)
def test_oelint_finds_nothing(release):
    oelint = Path(sys.executable).with_name("oelint-adv")
    # The only suppressed rule would ask the home page on the network.
    done = subprocess.run([oelint, "--quiet", "--release", release, "--mode", "all",
                           "--suppress", "oelint.vars.homepageping", "--",
                           RECIPE, *PARTS.values(), GROUP, LAYER / "conf/layer.conf"],
                          check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_oelint_would_find_something(tmp_path):
    broken = tmp_path / RECIPE.name
    text = RECIPE.read_text(encoding="utf-8").replace('LICENSE = "Apache-2.0 & MIT"\n', "")
    broken.write_text(text, encoding="utf-8")
    done = subprocess.run([Path(sys.executable).with_name("oelint-adv"), "--quiet", broken], check=False,
                          capture_output=True, text=True)
    assert done.returncode != 0 and "oelint.var.mandatoryvar.LICENSE" in done.stderr


def test_the_layer_is_for_both_releases_and_finds_its_recipes():
    compatible, = re.findall(r'^LAYERSERIES_COMPAT_wcp-tiny = "(.*)"$', LAYER_CONF, re.MULTILINE)
    assert compatible.split() == list(RELEASES)
    patterns = re.search(r'^BBFILES \+= "(.*)"$', LAYER_CONF, re.MULTILINE).group(1).replace("${LAYERDIR}/", "").split()
    assert {path for pattern in patterns for path in LAYER.glob(pattern)} == set(LAYER.rglob("*.bb")) == {RECIPE, GROUP, *PARTS.values()}


def test_what_it_repeats_of_the_pins_is_the_same(pins):
    fetched = {parameters["name"]: url for url, parameters in bitbake.urls(recipe()) if "name" in parameters}
    archives = {name: pin for name, pin in pins.items() if name != "cjson"}
    assert fetched == {"cjson": CJSON, **{name: pin.url for name, pin in archives.items()}}
    hashes = {flag: value for (name, flag), value in recipe().flags.items() if name == "SRC_URI"}
    assert hashes == {f"{name}.sha256sum": pin.sha256 for name, pin in archives.items()}
    # A commit has a number, which says nothing; the comment above it does.
    assert f"# v{pins['cjson'].version}\nSRCREV_cjson = " in RECIPE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", tree.LINKED)
def test_what_is_inside_has_a_package_that_says_so(name, pins):
    """One recipe has one version, so that cve-check and bills of materials would take each part for the newest."""
    part = bitbake.Recipe(PARTS[name], {"WORKDIR": "/nowhere"})
    (url, parameters), = bitbake.urls(part)
    vendor, product = re.search(r"^cpe cpe:2\.3:a:(\S+):(\S+)$", (tree.ROOT / f"third_party/{name}/pin").read_text(),
                                re.MULTILINE).groups()

    assert part.get("PV") == pins[name].version
    assert f"{vendor}:{product}" in part.get("CVE_PRODUCT").split()
    if name == "cjson":
        assert (url, part.get("SRCREV")) == (CJSON, recipe().get("SRCREV_cjson")) and parameters["destsuffix"] == part.get("BP")
    else:
        assert (url, part.flags["SRC_URI", "sha256sum"]) == (pins[name].url, pins[name].sha256)
    assert part.get("ALLOW_EMPTY:${PN}") == "1" and f"wcp-tiny-{name}" in recipe().get("RDEPENDS:wcp-tiny").split()
    license, = part.get("LIC_FILES_CHKSUM").split()
    digest = license.rpartition("md5=")[2]
    assert digest in [word.rpartition("md5=")[2] for word in recipe().get("LIC_FILES_CHKSUM").split()]


def test_the_layer_passes_what_yocto_check_layer_looks_at():
    """Its checklayer/cases/common.py, insane.bbclass and yocto-check-layer.bbclass, as far as nobody has to parse a world."""
    assert (LAYER / "SECURITY.md").stat().st_size > 0
    readme = (LAYER / "README.md").read_text(encoding="utf-8")
    assert "aintainer" in readme and "patch" in readme and re.search(r"\S+@\S+\.\w+", readme)
    for path in [*LAYER.rglob("*.bb"), *LAYER.rglob("*.inc")]:
        assert "INSANE_SKIP" not in path.read_text(encoding="utf-8"), path
    for path in (RECIPE, *PARTS.values()):
        for url, _ in bitbake.urls(recipe() if path == RECIPE else bitbake.Recipe(path, {"WORKDIR": "/nowhere"})):
            assert not re.search(r"git(hu|la)b\.com/.+/.+/archive/.+", url), f"{path.name}: {url}"


@pytest.mark.parametrize(("arch", "features", "board"), [
    ("aarch64", "aarch64 cortexa53", "aarch64"),
    ("arm", "arm armv7ve vfp thumb neon callconvention-hard cortexa7", "armv7"),
    ("arm", "arm armv7a vfp thumb callconvention-hard cortexa8", "armv7"),
    ("arm", "arm vfp cortexa7 neon vfpv4 thumb callconvention-hard", "armv7"),
    ("arm", "arm vfp cortexa8 neon thumb callconvention-hard", "armv7"),
    ("arm", "arm armv7a vfp thumb", "armv5"),
    ("arm", "arm armv5 thumb dsp", "armv5"),
    ("arm", "arm armv6 vfp thumb callconvention-hard", "armv6"),
    ("arm", "arm vfp arm1176jzfs callconvention-hard", "armv6"),
    ("arm", "arm armv6 vfp thumb", "armv5"),
    ("arm", "arm armv8r callconvention-hard", ""),
    ("arm", "arm armv4 thumb", ""),
    ("i686", "m32 core2", "i686"),
    ("i586", "m32", ""),
    ("mips", "m32 o32 bigendian mips32r2 24kc", "mips"),
    ("mipsel", "m32 o32 mips32r2", "mipsel"),
    ("mipsel", "m32 o32 mips32", ""),
    ("riscv64", "riscv64", "riscv64"),
    ("x86_64", "m64 core2", "x86-64"),
    ("powerpc", "m32 fpu-hard", ""),
])
def test_a_machine_has_the_board_file_that_fits_or_none(arch, features, board):
    assert recipe(TARGET_ARCH=arch, TUNE_FEATURES=features).get("WCP_TINY_BOARD") == board
    assert not board or (tree.BOARD / f"{board}.mk").exists()


def test_a_machine_without_board_file_is_refused_with_what_to_do(internet, tmp_path):
    build = bitbake.Build(recipe(tmp_path / "work", TARGET_ARCH="powerpc"), internet, TOOLS)
    with pytest.raises(AssertionError, match="no board file is for this processor: see WCP_TINY_BOARD"):
        build.run("do_configure")


@pytest.mark.parametrize("release", RELEASES)
def test_sources_and_licenses_are_where_the_release_looks_for_them(unpacked, release):
    build = unpacked(release)

    assert (build.source / "Makefile").exists() and build.source.name == f"wcp-tiny-{tree.VERSION}"
    licenses = build.recipe.get("LIC_FILES_CHKSUM").split()
    assert len(licenses) == 4
    for license in licenses:
        name, digest = re.fullmatch(r"file://(\S+);md5=([0-9a-f]{32})", license).groups()
        assert tree.hash_of(build.source / name, "md5") == digest, name


def test_a_released_archive_takes_the_tree_s_place(internet, released, tmp_path):
    directory = shutil.copytree(internet, tmp_path / "internet")
    shutil.copy(released, directory)
    source = f"https://example.com/{released.name};name=wcp-tiny;sha256sum={tree.hash_of(released)}"
    build = bitbake.Build(recipe(tmp_path / "work", WCP_TINY_SOURCES=source), directory, TOOLS)

    build.unpack()

    assert (build.source / "src/main.c").exists() and (build.source / "build/src/cjson.version").exists()
    build.run("do_configure")


def test_an_archive_with_another_hash_is_refused(internet, pins, tmp_path):
    directory = shutil.copytree(internet, tmp_path / "internet")
    (directory / pins["musl"].archive).write_bytes(b"something else")
    build = bitbake.Build(recipe(tmp_path / "work"), directory, TOOLS)
    with pytest.raises(AssertionError, match="found"):
        build.unpack()


def test_the_image_has_the_same_binary_as_our_own_cross_build(built):
    install(built)
    assert filecmp.cmp(built.image / "usr/sbin/wcp-tiny", tree.ROOT / "build/armv7/wcp-tiny", shallow=False)


def test_the_binary_needs_no_library_of_the_image(built):
    install(built)
    binary = elf.Elf(built.image / "usr/sbin/wcp-tiny")
    assert not binary.segments_of(elf.PT_INTERP) and elf.DT_NEEDED not in dict(binary.dynamic)
    # It is split already.
    assert built.recipe.get("INHIBIT_PACKAGE_STRIP") == built.recipe.get("INHIBIT_PACKAGE_DEBUG_SPLIT") == "1"


@pytest.mark.parametrize(("init", "data"), [
    ("systemd", ""), ("sysvinit", ""), ("systemd", "/data"), ("sysvinit", "/data"), ("systemd sysvinit", ""), ("", "")])
def test_every_installed_file_is_in_one_package(built, init, data):
    install(built, init=init, WCP_TINY_DATA=data)
    ours, pages = built.shipped("wcp-tiny"), built.shipped("wcp-tiny-doc")
    assert ours | pages == built.installed() and not ours & pages
    assert pages == {"/usr/share/man/man5/wcp-tiny.toml.5", "/usr/share/man/man8/wcp-tiny.8"}


def test_no_installed_file_names_the_build_directory(built):
    install(built, WCP_TINY_DATA="/data")
    for path in built.installed():
        file = built.image / path[1:]
        assert file.is_symlink() or str(built.work).encode() not in file.read_bytes(), path


def test_systemd_has_the_units_that_it_enables(built):
    install(built)
    assert UNITS <= built.installed() and not [path for path in built.installed() if "/init.d/" in path]
    enabled = built.recipe.get("SYSTEMD_SERVICE:wcp-tiny").split()
    assert {f"/usr/lib/systemd/system/{name}" for name in [*enabled, "wcp-tiny-first.service"]} == UNITS
    assert len(enabled) == 2
    assert built.recipe.get("RRECOMMENDS:wcp-tiny") == "sudo"


def test_sysvinit_has_a_script_of_the_name_that_it_registers(built):
    install(built, init="sysvinit")
    assert not UNITS & built.installed()
    name = built.recipe.get("INITSCRIPT_NAME")
    script = (built.image / f"etc/init.d/{name}").read_text(encoding="utf-8")
    daemon, = re.findall(r'^DAEMON="(.*)"$', script, re.MULTILINE)
    # The script starts itself in the background, and so does inittab.
    assert '-x "/etc/init.d/$DAEMON" -- run' in script and daemon == name
    inittab = (built.image / "usr/share/wcp-tiny/inittab").read_text(encoding="utf-8")
    assert f"::respawn:/etc/init.d/{name} run\n" in inittab
    assert "S49" not in script and "/etc/init.d/S49wcp-tiny" not in built.installed()
    assert re.match(r"start 49 2 3 4 5 \. stop \d\d 0 1 6 \.$", built.recipe.get("INITSCRIPT_PARAMS"))


def test_sysvinit_prepares_the_data_partition_before_the_agent_starts(built):
    install(built, init="sysvinit", WCP_TINY_DATA="/data")
    for level in "2345":
        link = built.image / f"etc/rc{level}.d/S48wcp-tiny-data"
        assert (link.parent / link.readlink()).resolve() == built.image / "etc/init.d/wcp-tiny-data"
    script = (built.image / "etc/init.d/wcp-tiny-data").read_text(encoding="utf-8")
    assert 'DAEMON="wcp-tiny-data"' in script and "S48" not in script


def test_the_logs_belong_to_the_agents_user_and_nothing_else_does(built):
    install(built)
    home = built.image / "opt/aws/workload-credentials-provider"
    logs = (home / "logs").stat()
    assert stat.S_IMODE(logs.st_mode) == 0o750 and (logs.st_uid, logs.st_gid) == (namespace.SERVICE_ID, 47110)
    assert home.stat().st_uid == 0


def test_a_data_partition_makes_the_configuration_a_link(built):
    install(built, WCP_TINY_DATA="/data")
    assert (built.image / "etc/aws-workload-credentials-provider").readlink() == Path("/data/wcp-tiny")
    assert "/usr/lib/tmpfiles.d/wcp-tiny.conf" in built.shipped("wcp-tiny")


def test_the_users_are_those_that_the_system_tools_make(tmp_path):
    values = recipe()
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group", "shadow", "gshadow"):
        (tmp_path / "etc" / name).touch()
    for tool, parameters in (("groupadd", "GROUPADD_PARAM"), ("useradd", "USERADD_PARAM")):
        for words in values.get(f"{parameters}:wcp-tiny").split(";"):
            tree.must(f"/usr/sbin/{tool}", "--prefix", tmp_path, *words.split())
    groups = {line.split(":")[2]: line.split(":")[0] for line in (tmp_path / "etc/group").read_text().splitlines()}
    users = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()]
    assert [(name, groups[group], home, shell) for name, _, _, group, _, home, shell in users] == [
        ("aws-wcp", "awscreds", "/opt/aws/workload-credentials-provider", "/bin/false"),
        ("wcp-worker", "wcp-worker", "/", "/bin/false")]


@pytest.mark.parametrize(("features", "layers", "wanted"), [
    ("systemd", "core wcp-tiny webserver", {"wcp-tiny", "sudo", "nginx"}),
    ("sysvinit", "core wcp-tiny webserver", {"wcp-tiny", "nginx"}),
    ("sysvinit", "core wcp-tiny", {"wcp-tiny"}),
])
def test_the_packagegroup_asks_for_what_the_image_can_have(features, layers, wanted):
    group = bitbake.Recipe(GROUP, {"DISTRO_FEATURES": features, "BBFILE_COLLECTIONS": layers})
    assert "packagegroup" in group.inherited and set(group.get("RDEPENDS:packagegroup-wcp-tiny").split()) == wanted


def test_the_example_for_local_conf_names_what_is_there():
    example = (LAYER.parent / "local.conf.example").read_text(encoding="utf-8")
    assert f" {GROUP.stem}\"" in example and "WCP_TINY_DATA" in example and "WCP_TINY_DATA" in recipe().values
