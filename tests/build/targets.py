"""The targets: what their files in board/ say."""

import os
import platform
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = {"x86_64": "x86-64"}.get(platform.machine(), platform.machine())
# $WCP_TARGETS: only these.
BOARDS = sorted((ROOT / "board").glob("*.mk"))
NAMES = os.environ.get("WCP_TARGETS", "").split() or [path.stem for path in BOARDS]


class Target:
    def __init__(self, name):
        self.name = name
        self.binary = ROOT / f"build/{name}/wcp-tiny"
        self.unstripped = ROOT / f"build/{name}/wcp-tiny.unstripped"
        text = (ROOT / f"board/{name}.mk").read_text(encoding="utf-8")
        self.settings = dict(re.findall(r"^BOARD_(\w+)\s*:=\s*(.*)$", text, re.MULTILINE))

    @property
    def budget(self):
        return int(self.settings["BUDGET"])

    @property
    def compiler(self):
        return self.settings["TRIPLE"] + "-gcc"

    @property
    def emulator(self):
        """Explicitly, for the host's own processor, too: a board may promise less than the host has."""
        return self.settings["EMULATOR"]

    @property
    def unit_emulator(self):
        """Of a processor that unit tests, which print more than the binary does, get along with."""
        return self.settings.get("UNIT_EMULATOR", self.emulator)
