"""Our external tree for Buildroot: its options, read by a real Kconfig parser, and the package, taken through the steps
of Buildroot's infrastructure by a stand-in with a compiler of another C library behind Buildroot's wrapper."""

import filecmp
import itertools
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

import stand_in_buildroot as buildroot
import elf
import tree

FITTING = {"cortex-a7": "armv7", "cortex-a53": "aarch64", "arm926": "armv5", "arm1176": "armv6",
           "arm1136, soft float": "armv5", "24Kc": "mipsel",
           "24Kc, big endian": "mips", "rv64gc": "riscv64", "Pentium Pro": "i686", "x86-64": "x86-64"}
OPTIONS = ("INIT", "UNPRIVILEGED", "EXAMPLE", "NGINX")
ALWAYS = {"/usr/sbin/wcp-tiny", "/usr/sbin/aws-workload-credentials-provider"}
FOR_BUSYBOX = {"/etc/init.d/S49wcp-tiny", "/usr/share/wcp-tiny/inittab"}
PRESET = "/usr/lib/systemd/system-preset/50-wcp-tiny.preset"
EXAMPLE = "/etc/aws-workload-credentials-provider/config.toml.example"

pytestmark = pytest.mark.timeout(1500)  # compiled from nothing, maybe beside other work


@pytest.fixture(name="parsed")
def fixture_parsed(monkeypatch):
    return buildroot.kconfig(monkeypatch)


@pytest.fixture(name="configure")
def fixture_configure(parsed):
    def configure(*names, **options):
        buildroot.choose(parsed, *names, **options)
        return buildroot.configuration(parsed)
    return configure


@pytest.fixture(name="image", scope="module")
def fixture_image(pins, tmp_path_factory):
    """Built once, for armv7; tests install it again as other configurations want it."""
    image = buildroot.Image(tmp_path_factory.mktemp("buildroot") / "output", pins)
    with pytest.MonkeyPatch.context() as patch:
        parsed = buildroot.kconfig(patch)
    buildroot.choose(parsed)
    image.must(buildroot.configuration(parsed))
    return image


def selected(parsed, name):
    return parsed.syms[name].str_value == "y"


@pytest.mark.parametrize("processor", buildroot.PROCESSORS)
def test_a_processor_has_the_board_file_that_fits_or_none(parsed, processor):
    buildroot.choose(parsed, processor)

    board = parsed.syms["BR2_PACKAGE_WCP_TINY_BOARD"].str_value
    assert board == FITTING.get(processor, "")
    assert not board or (tree.BOARD / f"{board}.mk").exists()
    # Without one, the package is not offered.
    assert selected(parsed, "BR2_PACKAGE_WCP_TINY") == (board != "")
    assert (parsed.syms["BR2_PACKAGE_WCP_TINY_OWN_BOARD"].visibility == 0) == (board != "")


def test_every_board_file_is_for_a_processor_of_buildroots():
    assert set(FITTING.values()) == {path.stem for path in tree.BOARD.glob("*.mk")}


def test_every_combination_of_options_is_sound(parsed):
    for init, static, *values in itertools.product(buildroot.INITS, "ny", *["ny"] * len(OPTIONS)):
        buildroot.choose(parsed, "cortex-a7", init)
        parsed.syms["BR2_STATIC_LIBS"].set_value(static)
        for name, value in zip(OPTIONS, values):
            parsed.syms[f"BR2_PACKAGE_WCP_TINY_{name}"].set_value(value)
        wanted = dict(zip(OPTIONS, values))

        unprivileged = wanted["UNPRIVILEGED"] == "y" and static == "n"
        assert selected(parsed, "BR2_PACKAGE_WCP_TINY_UNPRIVILEGED") == unprivileged
        assert selected(parsed, "BR2_PACKAGE_SUDO") == unprivileged
        for name in ("NGINX", "NGINX_HTTP", "NGINX_HTTP_SSL_MODULE"):
            assert selected(parsed, f"BR2_PACKAGE_{name}") == (wanted["NGINX"] == "y")
    assert parsed.warnings == []


def test_systemd_brings_sudo_unless_that_is_refused(parsed):
    buildroot.choose(parsed, "cortex-a7", "BR2_INIT_SYSTEMD")
    assert selected(parsed, "BR2_PACKAGE_SUDO")
    buildroot.choose(parsed, "cortex-a7", "BR2_INIT_SYSTEMD", UNPRIVILEGED="n")
    assert not selected(parsed, "BR2_PACKAGE_SUDO")


def test_an_old_toolchain_hides_the_package_and_says_why(parsed):
    buildroot.choose(parsed)
    comment, = (node for node in parsed.node_iter() if str(node.prompt and node.prompt[0]).startswith("wcp-tiny needs"))
    assert not buildroot.kconfiglib.expr_value(comment.dep)
    parsed.syms["BR2_TOOLCHAIN_GCC_AT_LEAST_12"].set_value("n")
    assert not selected(parsed, "BR2_PACKAGE_WCP_TINY") and buildroot.kconfiglib.expr_value(comment.dep)


@pytest.mark.parametrize("init", buildroot.INITS)
def test_start_at_boot_is_offered_for_inits_that_start_something(parsed, init):
    buildroot.choose(parsed, "cortex-a7", init)
    assert selected(parsed, "BR2_PACKAGE_WCP_TINY_INIT") == (init in buildroot.STARTING)


def test_an_emptied_board_file_is_refused_with_what_to_do(configure, pins, tmp_path):
    status, said = buildroot.Image(tmp_path / "output", pins).make(configure(BOARD=""))
    assert status != 0
    assert "no board file for this processor" in said and "BR2_PACKAGE_WCP_TINY_BOARD" in said


def test_a_board_file_of_ones_own_is_used(configure, pins, tmp_path):
    mine = tmp_path / "my-board.mk"
    mine.write_text((tree.BOARD / "armv7.mk").read_text().replace("-march=armv7-a", "-march=armv7ve"), encoding="utf-8")

    config = configure("PowerPC", OWN_BOARD=str(mine))
    image = buildroot.Image(tmp_path / "output", pins)
    image.must(config, "wcp-tiny-configure")

    assert (image.built / "board/my-board.mk").read_text(encoding="utf-8") == mine.read_text(encoding="utf-8")
    assert "TARGET=my-board " in image.must(config, "wcp-tiny-show-make")


def test_the_image_has_the_same_binary_as_our_own_cross_build(image):
    """The toolchain's C library and the options that Buildroot's wrapper adds change nothing."""
    assert filecmp.cmp(image.target / "usr/sbin/wcp-tiny", tree.ROOT / "build/armv7/wcp-tiny", shallow=False)


def test_the_binary_needs_no_library_of_the_image(image):
    binary = elf.Elf(image.target / "usr/sbin/wcp-tiny")
    assert not binary.segments_of(elf.PT_INTERP) and elf.DT_NEEDED not in dict(binary.dynamic)
    assert (binary.machine, binary.wide, binary.order) == (40, False, "<")


def test_buildroots_strip_finds_nothing_left_to_take_out(image, tmp_path):
    binary = image.target / "usr/sbin/wcp-tiny"
    copy = shutil.copy(binary, tmp_path)
    subprocess.run(["arm-linux-gnueabihf-strip", "--remove-section=.comment", copy], check=True, capture_output=True)
    before, after = ({section.name for section in elf.Elf(path).sections} for path in (binary, Path(copy)))
    assert before == after and elf.Elf(Path(copy)).segments == elf.Elf(binary).segments


def test_exactly_the_pinned_archives_are_downloaded_and_once(image, configure, pins):
    image.must(configure())
    asked = (image.work / "asked").read_text(encoding="utf-8").split()
    assert sorted(asked) == sorted(pin.url for pin in pins.values())


def test_make_source_downloads_everything(configure, pins, tmp_path):
    image = buildroot.Image(tmp_path / "output", pins)
    image.must(configure(), "wcp-tiny-source")
    assert {path.name for path in (image.work / "dl/wcp-tiny").iterdir()} == {pin.archive for pin in pins.values()}


def test_a_released_archive_takes_the_tree_s_place(configure, released, pins, tmp_path):
    image = buildroot.Image(tmp_path / "output", pins)
    shutil.copy(released, image.internet)
    (image.work / "patches/wcp-tiny").mkdir(parents=True)
    config = configure(SITE="https://example.com/releases")
    assert image.make(config, "wcp-tiny-configure")[0] != 0  # no hash

    (image.work / "patches/wcp-tiny/wcp-tiny.hash").write_text(f"sha256  {tree.hash_of(released)}  {released.name}\n")
    image.must(config, "wcp-tiny-configure")
    image.must(config, "wcp-tiny-legal-info")

    assert (image.built / "src/main.c").exists() and (image.built / "build/src/mbedtls/LICENSE").exists()
    assert (image.work / "asked").read_text().split()[0] == f"https://example.com/releases/{released.name}"


def test_an_archive_with_another_hash_is_refused(configure, pins, tmp_path):
    image = buildroot.Image(tmp_path / "output", pins)
    (image.internet / pins["cjson"].archive).write_bytes(b"something else")
    status, _ = image.make(configure(), "wcp-tiny-source")
    assert status != 0 and not (image.work / "dl/wcp-tiny" / pins["cjson"].archive).exists()


def test_legal_info_has_every_license_and_the_archives(image, configure, pins):
    image.must(configure(), "wcp-tiny-legal-info")
    sources, = (image.work / "legal-info/sources").iterdir()
    for pin in pins.values():
        assert tree.hash_of(sources / pin.archive) == pin.sha256


def test_the_working_tree_is_taken_without_what_was_built_in_it(image):
    assert not {"dl", "venv", "wcp-tiny", "tests"} & {path.name for path in (image.built / "build").iterdir()}


def test_busybox_gets_the_init_script_and_no_units(image, configure, rootfs):
    image.again(configure())
    assert image.files() == ALWAYS | {path for path in rootfs if "/systemd/" not in path}
    for path in FOR_BUSYBOX | {"/etc/default/wcp-tiny", EXAMPLE}:
        assert (image.target / path[1:]).read_bytes() == rootfs[path].read_bytes()
        executable = path.startswith("/etc/init.d/")
        mode = 0o755 if executable else 0o600 if path.startswith("/etc/default/") else 0o644
        assert stat.S_IMODE((image.target / path[1:]).stat().st_mode) == mode


def test_systemd_gets_the_units_and_no_init_script(image, configure, rootfs):
    image.again(configure("cortex-a7", "BR2_INIT_SYSTEMD"))
    assert image.files() == ALWAYS | {PRESET} | {path for path in rootfs if path not in FOR_BUSYBOX}
    assert image.text(PRESET) == "disable wcp-tiny-first.service\n"


@pytest.mark.parametrize("init", buildroot.INITS)
def test_nothing_is_started_at_boot_when_that_is_not_wanted(image, configure, rootfs, init):
    image.again(configure("cortex-a7", init, INIT="n"))
    assert image.files() == ALWAYS | {path for path in rootfs if "/systemd/" not in path and path not in FOR_BUSYBOX}


@pytest.mark.parametrize(("chosen", "line"), [("n", "#WCP_USER=root"), ("y", "WCP_USER=aws-wcp")])
def test_the_agents_user(image, configure, chosen, line):
    image.again(configure(UNPRIVILEGED=chosen))
    assert line in image.text("/etc/default/wcp-tiny").splitlines()


def test_without_the_example_the_rest_is_there(image, configure, rootfs):
    image.again(configure(EXAMPLE="n"))
    assert image.files() == (ALWAYS | {path for path in rootfs if "/systemd/" not in path}) - {EXAMPLE}
    image.again(configure(EXAMPLE="n", DATA="/data"))
    assert not [path for path in image.files() if path.endswith(".example")]


def test_with_a_data_partition_the_root_may_be_read_only(image, configure):
    image.again(configure(DATA="/data"))
    assert (image.target / "etc/aws-workload-credentials-provider").readlink().as_posix() == "/data/wcp-tiny"
    script = image.target / "etc/init.d/S48wcp-tiny-data"
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    assert '"/data/wcp-tiny/tls/server.pem"' in image.text("/usr/share/wcp-tiny/config.toml.example")
    assert "/usr/lib/tmpfiles.d/wcp-tiny.conf" not in image.files()


def test_with_a_data_partition_and_systemd(image, configure):
    image.again(configure("cortex-a7", "BR2_INIT_SYSTEMD", DATA="/data"))
    assert "d /data/wcp-tiny 0755 root awscreds -" in image.text("/usr/lib/tmpfiles.d/wcp-tiny.conf").splitlines()
    assert "/etc/init.d/S48wcp-tiny-data" not in image.files()


def test_the_tables_make_the_users_and_give_the_logs_to_one(image, configure):
    image.must(configure())
    users = {fields[0]: fields[1:] for fields in image.table("users")}
    assert set(users) == {"aws-wcp", "wcp-worker"}
    for uid, group, gid, password, _, shell, groups, *comment in users.values():
        assert (uid, gid, password, shell, groups) == ("-1", "-1", "*", "-", "-") and comment
    home = users["aws-wcp"][4]
    assert users["aws-wcp"][1] == "awscreds" and home == "/opt/aws/workload-credentials-provider"
    # Buildroot gives a user his home and all in it; the table comes after.
    assert [fields[:5] for fields in image.table("permissions")] == [
        [home, "d", "755", "0", "0"], [f"{home}/logs", "d", "750", "aws-wcp", "awscreds"]]


def test_what_it_repeats_of_the_pins_is_the_same(pins):
    hashes = dict(line.split()[::-1][:2] for line in (buildroot.PACKAGE / "wcp-tiny.hash").read_text().splitlines()
                  if line.startswith("sha256"))
    recipe = (buildroot.PACKAGE / "wcp-tiny.mk").read_text(encoding="utf-8")
    for pin in pins.values():
        assert hashes.pop(pin.archive) == pin.sha256 and f"\t{pin.url}" in recipe
    for name, expected in hashes.items():
        assert tree.hash_of(tree.ROOT / name) == expected, name
    assert f"WCP_TINY_VERSION = {tree.VERSION}\n" in recipe


def test_the_init_script_is_the_one_of_every_device(rootfs):
    assert (buildroot.PACKAGE / "S49wcp-tiny").read_bytes() == rootfs["/etc/init.d/S49wcp-tiny"].read_bytes()
