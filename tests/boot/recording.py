"""A boot in which certificates change many times, while everything that is written to their disk is logged."""

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from harness.box import Box
from harness.stub_aws import ACCESS_KEY, SECRET_KEY
from harness.toml_text import config_text

from changing import Changing, History, RenewingAws
from qemu import X86_64, Guest, Network, device
from write_log import BLOCK, read_log

CONFIG = "/etc/aws-workload-credentials-provider/config.toml"
PERMISSIONS = {"default_certificate_permission": {"mode": "0644"}, "default_key_permission": {"mode": "0600"}}
AWS = "10.0.2.100"
MACHINE = replace(X86_64, memory=160)


@dataclass(frozen=True)
class FileSystem:
    """name: what mount(8) calls it. keeps_order: whether it has the disk flush its cache."""

    label: str
    name: str
    options: str
    megabytes: int
    keeps_order: bool = True

    def __str__(self):
        return self.label

    def make(self, disk):
        """A file with an empty file system, and behind that a block which is not the file system's."""
        with disk.open("wb") as file:
            file.truncate((self.megabytes << 20) + BLOCK)
        if self.name == "ext4":
            argv = ["mkfs.ext4", "-q", "-b", BLOCK, "-m", "0", disk, f"{self.megabytes}M"]
        else:
            argv = ["mkfs.f2fs", "-q", disk, (self.megabytes << 20) // 512]
        subprocess.run([str(word) for word in argv], check=True, stdout=subprocess.PIPE)

    def repair(self, disk):
        """What a boot does with a file system that the kernel alone does not put right."""
        argv = ["e2fsck", "-fp", disk] if self.name == "ext4" else ["fsck.f2fs", "-a", disk]
        subprocess.run(argv, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


EXT4 = FileSystem("ext4", "ext4", "noatime", 16)
F2FS = FileSystem("f2fs", "f2fs", "noatime", 64)
EXT4_WITHOUT_BARRIERS = FileSystem("ext4-without-barriers", "ext4", "noatime,barrier=0", 16, keeps_order=False)


class Recording:
    """What was on the disk before, what was written to it, and what the certificates were; as kept in a directory."""

    def __init__(self, directory, file_system):
        self.directory, self.file_system = Path(directory), file_system
        self.before = (self.directory / "before").read_bytes()
        self.log = read_log(self.directory / "log")
        kept = json.loads((self.directory / "certificates.json").read_text())
        self.histories = [History(**each) for each in kept["histories"]]
        self.config = kept["config"]

    @property
    def first(self):
        """The entry of the log with which the certificates begin."""
        return next(number for number, entry in enumerate(self.log) if b".wcp-new" in entry.data)

    @staticmethod
    def is_in(directory):
        return (directory / "certificates.json").exists()


class Run:
    """Makes a recording. Each certificate's refresh command tells in the log what was promised (power/)."""

    def __init__(self, directory, file_system, issuers):
        self.directory, self.file_system = Path(directory), file_system
        shutil.rmtree(self.directory, ignore_errors=True)
        self.disk, self.log = self.directory / "disk", self.directory / "log"
        self.aws = RenewingAws()
        box = Box(self.directory / "box", None, issuers[0])
        box.aws = self.aws
        self.sites = [
            # So many names that the file takes more than a block: small ones lie beside their names on f2fs.
            Changing(box, "www", issuers, kind="rsa-2048", chain_path="/data/tls/chains/www.chain",
                     refresh_command="/usr/sbin/taken-up www", more_names=150),
            Changing(box, "mail", issuers, kind="ec-p256", chain_path=None, refresh_command="/usr/sbin/taken-up mail"),
            Changing(box, "api", issuers, kind="ec-p384", combined_path="/data/tls/api.pem",
                     refresh_command="/usr/sbin/taken-up api"),
        ]
        self.aws.sites = {site.arn: site for site in self.sites}

    def config(self, count):
        """Text with the first so many certificates."""
        tables = [site.table for site in self.sites[:count]]
        return config_text(PERMISSIONS, tables, {"log_directory": "/data/log", "startup_jitter_seconds": 0})

    def record(self, kernel, initramfs):
        self.file_system.make(self.disk)
        subprocess.run(["cp", "--sparse=always", self.disk, self.directory / "before"], check=True)
        self.log.touch()
        with self.aws:
            network = Network({f"{AWS}:80": self.aws.port})
            with Guest(MACHINE, kernel, initramfs, network, options=self._logged_disk()) as self.guest:
                self._change()
        kept = {"histories": [site.history().as_dictionary() for site in self.sites], "config": self.config(3)}
        (self.directory / "certificates.json").write_text(json.dumps(kept))
        return Recording(self.directory, self.file_system)

    def _logged_disk(self):
        """/dev/vda. Without discards, which the log would have, too; what is flushed need not survive this host."""
        blocks = [
            f"driver=file,filename={self.disk},node-name=file,cache.no-flush=on",
            "driver=raw,file=file,node-name=disk",
            f"driver=file,filename={self.log},node-name=log,cache.no-flush=on",
            "driver=blklogwrites,file=disk,log=log,log-sector-size=512,log-super-update-interval=1,node-name=logged",
        ]
        named = [word for block in blocks for word in ("-blockdev", block)]
        return [*named, *device("blk", drive="logged", discard="off", **{"write-zeroes": "off"})]

    # --- what happens on the guest --------------------------------------------------------

    def _change(self):
        self.guest.console.wait_for("tests: up")
        self._furnish()
        self._keep_resident()
        self._call_once()
        self.guest.must("umount /data")

    def _furnish(self):
        self.guest.must(f"""set -e
            mount -t {self.file_system.name} -o {self.file_system.options} /dev/vda /data
            mkdir -p /data/tls/chains /data/log {Path(CONFIG).parent} /run/wcp-tiny/default
            sync
            ip link set eth0 up
            ip address add 10.0.2.15/24 dev eth0
            mkfifo /run/taken-up
            sleep 86400 <> /run/taken-up &  # nobody who writes to it waits
            echo "export AWS_ENDPOINT_URL=http://{AWS} AWS_ACCESS_KEY_ID={ACCESS_KEY}" > /run/settings
            echo "export AWS_SECRET_ACCESS_KEY={SECRET_KEY}" >> /run/settings
        """)

    def _drop(self, count):
        self.guest.must(f"cat > {CONFIG}.new <<'.'\n{self.config(count)}\n.\nmv {CONFIG}.new {CONFIG}")

    def _wait_for_commands(self, count):
        self.guest.must(f"for each in $(seq {count}); do read -r name; done < /run/taken-up")

    def _keep_resident(self):
        """The agent stays, is told to refresh again and again, and gets a third certificate by a dropped file."""
        self._drop(2)
        self.guest.must(". /run/settings; setsid wcp-tiny run > /run/said 2>&1 & echo $! > /run/pid")
        self._wait_for_commands(2)
        for _ in range(4):
            self.guest.must("wcp-tiny refresh")
            self._wait_for_commands(2)
        self._drop(3)
        self._wait_for_commands(1)
        for _ in range(4):
            self.guest.must("wcp-tiny refresh")
            self._wait_for_commands(3)
        self.guest.must("kill $(cat /run/pid); while [ -e /proc/$(cat /run/pid) ]; do sleep 0.1; done")

    def _call_once(self):
        """Every other time the commands fail, so that a change comes while one is pending."""
        for _ in range(3):
            self.guest.must(". /run/settings; wcp-tiny once")
            self.guest.must("touch /run/refuse; . /run/settings; ! wcp-tiny once")
            self.guest.must("rm /run/refuse")
