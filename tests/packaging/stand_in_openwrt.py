"""Stands in for OpenWrt's buildroot, as a package sees it: our package's Makefile is evaluated as OpenWrt's include files do, and
really builds, for 32-bit ARM with the host's cross compiler in the place of OpenWrt's. The files of stand_in_openwrt/ name
those of OpenWrt that they imitate; what a device is compiled for is in its include/target.mk."""

import tree

PACKAGE = tree.BOARD / "openwrt/wcp-tiny"
HARNESS = tree.ROOT / "tests/packaging/stand_in_openwrt"
CORTEX_A7 = {
    "ARCH": "arm", "CONFIG_arm_v7": "y", "TARGET_OPTIMIZATION": "-Os -pipe -mcpu=cortex-a7 -mfpu=neon-vfpv4",
    "TARGET_CC": "arm-linux-gnueabihf-gcc",
}


class Buildroot:
    """directory: where it downloads to and builds. What the package's tree has: `path`."""

    def __init__(self, directory, pins):
        self.directory = directory
        mirror = directory / "mirror"
        mirror.mkdir()
        for pin in pins.values():
            (mirror / pin.archive).symlink_to(pin.file)
        self.settings = {"TOPDIR": HARNESS, "BUILD_DIR": directory, "DL_DIR": directory / "dl", "MIRROR": mirror}

    def make(self, *goals, device=None, **more):
        """Exit status, and what make said."""
        settings = [f"{name}={value}" for name, value in {**self.settings, **(device or CORTEX_A7), **more}.items()]
        return tree.run("make", "-C", PACKAGE, *goals, *settings)

    def path(self, path):
        return self.directory / "package" / path.lstrip("/")

    @property
    def built(self):
        return self.directory / f"wcp-tiny-{tree.VERSION}"
