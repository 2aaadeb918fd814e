"""Our external tree in the hands of stand_in_buildroot.mk, which stands in for Buildroot. The options of Buildroot's own that
ours refer to are in stand_in_buildroot.Config.in; what processors switch on is in Buildroot's arch/Config.in.*."""

import shutil
from pathlib import Path

import kconfiglib

import tree

EXTERNAL = tree.BOARD / "buildroot"
PACKAGE = EXTERNAL / "package/wcp-tiny"
HARNESS = Path(__file__).with_name("stand_in_buildroot.mk")
KCONFIG = Path(__file__).with_name("stand_in_buildroot.Config.in")

# What a user has chosen in Buildroot's own menus, by processor.
PROCESSORS = {
    "cortex-a7": ("BR2_arm", "BR2_ARM_CPU_HAS_THUMB2", "BR2_ARM_EABIHF"),
    "cortex-a53": ("BR2_aarch64",),
    "arm926": ("BR2_arm", "BR2_ARM_EABI"),
    "arm920": ("BR2_arm", "BR2_ARM_CPU_ARMV4", "BR2_ARM_EABI"),
    "arm1176": ("BR2_arm", "BR2_ARM_CPU_ARMV6", "BR2_ARM_EABIHF"),
    "arm1136, soft float": ("BR2_arm", "BR2_ARM_CPU_ARMV6", "BR2_ARM_EABI"),
    "24Kc": ("BR2_mipsel", "BR2_MIPS_CPU_MIPS32R2"),
    "24Kc, big endian": ("BR2_mips", "BR2_MIPS_CPU_MIPS32R2"),
    "MIPS32 R6": ("BR2_mipsel",),
    "rv64gc": ("BR2_RISCV_64", "BR2_RISCV_ABI_LP64D"),
    "rv64, soft float": ("BR2_RISCV_64",),
    "Pentium": ("BR2_i386", "BR2_x86_i586"),
    "Pentium Pro": ("BR2_i386",),
    "x86-64": ("BR2_x86_64",),
    "PowerPC": ("BR2_powerpc",),
    "s390x": ("BR2_s390x",),
}
TOOLCHAIN = ("BR2_USE_MMU", "BR2_TOOLCHAIN_GCC_AT_LEAST_12", "BR2_TOOLCHAIN_HEADERS_AT_LEAST_4_4")
STARTING = ("BR2_INIT_BUSYBOX", "BR2_INIT_SYSV", "BR2_INIT_OPENRC", "BR2_INIT_SYSTEMD")
INITS = (*STARTING, "BR2_INIT_CATATONIT", "BR2_INIT_TINI", "BR2_INIT_TINYINIT", "BR2_INIT_NONE")


def kconfig(monkeypatch):
    """Our options between those of Buildroot's that they refer to; every warning of the parser is an error."""
    monkeypatch.setenv("BR2_EXTERNAL_WCP_TINY_PATH", str(EXTERNAL))
    monkeypatch.setenv("CONFIG_", "")  # no prefix, as Buildroot has it
    monkeypatch.setenv("KCONFIG_STRICT", "y")
    parsed = kconfiglib.Kconfig(str(KCONFIG), warn_to_stderr=False)
    assert parsed.warnings == []
    return parsed


def choose(parsed, processor="cortex-a7", init="BR2_INIT_BUSYBOX", **options):
    """As a user would in menuconfig: the toolchain, the processor, then our options by their short names."""
    parsed.unset_values()
    for name in (*TOOLCHAIN, *PROCESSORS[processor], init, "BR2_PACKAGE_WCP_TINY"):
        parsed.syms[name].set_value("y")
    for name, value in options.items():
        parsed.syms[f"BR2_PACKAGE_WCP_TINY_{name}"].set_value(value)


def configuration(parsed):
    """The .config that make reads."""
    lines = [symbol.config_string for symbol in parsed.unique_defined_syms]
    return "".join(line for line in lines if not line.startswith("#"))


class Image:
    """One output directory."""

    def __init__(self, work, pins, compiler="arm-linux-gnueabihf-gcc"):
        self.work, self.compiler = work, compiler
        self.internet = work / "internet"
        self.internet.mkdir(parents=True)
        for pin in pins.values():
            shutil.copy(pin.file, self.internet / pin.archive)

    @property
    def target(self):
        return self.work / "target"

    @property
    def built(self):
        """Where the package is compiled."""
        return self.work / f"build/wcp-tiny-{tree.VERSION}"

    def make(self, config, *goals):
        (self.work / ".config").write_text(config, encoding="utf-8")
        # Nothing of what this test suite was told: an image's maker knows only Buildroot.
        return tree.run("env", "-u", "WCP_DL_DIR", "make", "--no-print-directory", "-j2", "-f", HARNESS.name,
                        f"WORK={self.work}", f"INTERNET={self.internet}", f"COMPILER={self.compiler}", *goals,
                        cwd=HARNESS.parent)

    def must(self, config, *goals):
        status, said = self.make(config, *goals)
        assert status == 0, said[-6000:]
        return said

    def again(self, config):
        """Installs what is built into an empty target."""
        shutil.rmtree(self.target)
        (self.built / ".stamp_target_installed").unlink()
        self.must(config)

    def files(self):
        return {f"/{path.relative_to(self.target)}" for path in self.target.rglob("*")
                if path.is_symlink() or not path.is_dir()}

    def text(self, path):
        return (self.target / path.lstrip("/")).read_text(encoding="utf-8")

    def table(self, name):
        lines = (self.work / name).read_text(encoding="utf-8").splitlines()
        return [line.split() for line in lines if line.strip()]
