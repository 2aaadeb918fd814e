"""A machine of its own: a root file system and a process 1 that end with the test.

Debian: this system's files under an overlay that takes what is written, with systemd or without.
Busybox: nothing but busybox, a user list and the agent, as on a board. The network is the tests'.
"""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from . import namespace
from .box import TIMEOUT_SECONDS, Outcome, agent
from .processes import is_killed_with_parent
from .toml_text import config_text

PATIENCE_SECONDS = 20
LOG = "/opt/aws/workload-credentials-provider/logs/acm_provider.log"

# $1: where the machine's file systems go. Ends as process 1 of the machine.
COMMON = """
set -e
mount -t proc proc $1/root/proc
mount -t tmpfs -o mode=755 dev $1/root/dev
for device in null zero full random urandom tty; do
    : > $1/root/dev/$device
    mount --bind /dev/$device $1/root/dev/$device
done
ln -s /proc/self/fd $1/root/dev/fd
ln -s pts/ptmx $1/root/dev/ptmx
mkdir $1/root/dev/shm $1/root/dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts $1/root/dev/pts
mount -t tmpfs -o mode=755 run $1/root/run
mkdir $1/root/run/lock
mount -t tmpfs -o mode=1777 tmp $1/root/tmp
"""
DEBIAN = """
mkdir -p $1/upper $1/work $1/root
mount -t overlay -o lowerdir=/,upperdir=$1/upper,workdir=$1/work overlay $1/root
"""
SYSTEMD = """
mount -t sysfs -o ro sysfs $1/root/sys
mount -t tmpfs -o mode=755 cgroup $1/root/sys/fs/cgroup
if grep -q name=systemd /proc/self/cgroup; then
    mkdir $1/root/sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd systemd $1/root/sys/fs/cgroup/systemd
else
    mount -t cgroup2 cgroup $1/root/sys/fs/cgroup
fi
"""
IDLE = """
exec chroot $1/root /bin/sh -c 'trap "exec /sbin/init" USR1; echo ready; while :; do sleep 1000 & wait; done'
"""
BOOT = """
exec chroot $1/root /usr/bin/env -i container=tests NOTIFY_SOCKET=@$2 \
    /lib/systemd/systemd --system --log-target=null
"""


def certificate_table(number, command, directory):
    """A certificate of a configuration, as text."""
    refresh = "" if command is None else f'refresh_command = "{command}"\n'
    return f"""
[[capabilities.acm.certificates]]
certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/{number}"
role_arn = "arn:aws:iam::123456789012:role/edge"
certificate_path = '{directory}/{number}.pem'
private_key_path = '{directory}/{number}.key'
{refresh}"""


class Machine:
    """A context manager. Paths of the machine are reached with `path`, programs run with `run`."""

    boot = IDLE

    def __init__(self, directory):
        self.directory = Path(directory)
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}

    def __enter__(self):
        self.directory.mkdir()
        namespace.mount("-t", "tmpfs", "-o", "mode=755,size=64m", "machine", self.directory)
        self.furnish()
        self._start()
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait(TIMEOUT_SECONDS)
        self._process.stdout.close()
        subprocess.run(["umount", "--lazy", self.directory], check=True)
        self.directory.rmdir()

    def furnish(self):
        """What is there before the machine's own namespaces are."""

    def _start(self):
        self._process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--cgroup", "--fork", "--kill-child",
             "sh", "-c", self.mounts + self.boot, "sh", self.directory, self.directory.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=is_killed_with_parent,
        )
        self.wait_until_up()
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        self.pid = int(children.read_text().split()[0])

    def wait_until_up(self):
        assert self._process.stdout.readline() == "ready\n"

    def path(self, path):
        """A path of the machine as the tests reach it; absolute links lead astray."""
        return Path(f"/proc/{self.pid}/root{path}")

    def write(self, path, text, mode=0o644):
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return path

    def read(self, path):
        return self.path(path).read_text()

    def run(self, *argv, user=None, **options):
        """A program on the machine, as root or another user."""
        prefix = ["nsenter", "-t", str(self.pid), "-m", "-p", "-C", "-r", "-w", "--"]
        if user:
            prefix += ["runuser", "-u", user, "--"]
        # Files, since a server that was started keeps a pipe open.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(
                [*prefix, *map(str, argv)], env=self.environment, stdout=out, stderr=err,
                stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False, **options,
            )
            texts = [file.seek(0) or file.read() for file in (out, err)]
        outcome = Outcome(done.returncode, *texts)
        print("$", *argv)
        print(outcome)
        return outcome

    def must(self, *argv, **options):
        """The same; it must succeed. Returns what it said on stdout."""
        outcome = self.run(*argv, **options)
        assert outcome.exit_code == 0, f"{argv}: {outcome}"
        return outcome.out

    @contextmanager
    def following(self, path=LOG):
        """A function that waits for the next line of this file that matches; it may not be there yet."""
        lines = queue.Queue()
        tail = subprocess.Popen(["tail", "-n", "+1", "-F", self.path(path)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        reader = threading.Thread(target=lambda: [lines.put(line) for line in tail.stdout], daemon=True)
        reader.start()
        seen = []

        def wait_for(pattern):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while True:
                try:
                    seen.append(lines.get(timeout=max(0, deadline - time.monotonic())))
                except queue.Empty:
                    raise AssertionError(f"no {pattern!r} in {path}:\n{''.join(seen)}") from None
                if re.search(pattern, seen[-1]):
                    return seen[-1]

        try:
            yield wait_for
        finally:
            tail.terminate()
            tail.wait(TIMEOUT_SECONDS)
            reader.join()
            tail.stdout.close()

    def connect_to(self, box):
        """What a site has on the machine before the agent comes: the box's AWS, its keys and configuration.

        Returns where the configuration is.
        """
        self.write("/etc/ssl/aws-ca.pem", box.ca_bundle.read_text())
        self.write("/etc/default/wcp-tiny", f"AWS_ENDPOINT_URL={box.environment['AWS_ENDPOINT_URL']}\n")
        self.write("/etc/ssl/aws-keys", "".join(
            f"{name.lower()} = {box.environment[name]}\n" if name else "[default]\n"
            for name in (None, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        ), 0o644)
        box.edge.setdefault("startup_jitter_seconds", 0)
        box.edge.update(credentials_file="/etc/ssl/aws-keys", ca_bundle="/etc/ssl/aws-ca.pem")
        for table in box.tables:
            self.path(Path(table["certificate_path"]).parent).mkdir(parents=True, exist_ok=True)
        return self.write("/root/config.toml", config_text(box.acm, box.tables, box.edge, box.logging))

    def tree(self, *below):
        """Every file below these directories: path to what makes it what it is."""
        found = {}
        for top in below:
            for path in sorted([self.path(top), *self.path(top).rglob("*")]):
                status = path.lstat()
                name = f"/{path.relative_to(self.path('/'))}"
                found[name] = (oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns)
        return found


class Debian(Machine):
    """This system, as it is installed; nothing of it runs."""

    mounts = DEBIAN + COMMON

    def _start(self):
        super()._start()
        for path in ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"):
            if self.path(path).exists():
                self.path(path).write_text(namespace.without_users(self.path(path)))
        self.put_agent("/root/wcp-tiny")

    def put_agent(self, path):
        shutil.copy(agent(), self.path(path))


class DebianWithSystemd(Debian):
    """The same with systemd as process 1, up to basic.target."""

    mounts = DEBIAN + COMMON + SYSTEMD
    boot = BOOT

    def _start(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as self._news:
            self._news.settimeout(TIMEOUT_SECONDS)
            self._news.bind(f"\0{self.directory.name}")
            super()._start()

    def furnish(self):
        upper = self.directory / "upper/etc/systemd/system"
        upper.mkdir(parents=True)
        (upper / "default.target").symlink_to("/lib/systemd/system/basic.target")
        (self.directory / "upper/etc/machine-id").touch()

    def wait_until_up(self):
        while b"READY=1" not in self._news.recv(4096).split(b"\n"):
            pass


class Busybox(Machine):
    """A board: busybox is all there is."""

    mounts = COMMON

    def furnish(self):
        root = self.directory / "root"
        for name in ("bin", "sbin", "usr/bin", "usr/sbin", "etc/init.d", "etc/default", "proc", "dev", "sys",
                     "run", "tmp", "root", "opt", "var/log"):
            (root / name).mkdir(parents=True)
        (root / "var/run").symlink_to("../run")
        shutil.copy("/bin/busybox", root / "bin/busybox")
        applets = subprocess.run(["/bin/busybox", "--list-full"], capture_output=True, text=True, check=True)
        for name in applets.stdout.split():
            link = root / name
            if not link.exists():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to("/bin/busybox")
        (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nnogroup:x:65533:\n")
        (root / "etc/shadow").write_text("root:*:::::::\n")
        (root / "etc/shadow").chmod(0o600)
        shutil.copy(agent(), root / "root/wcp-tiny")

    def boot_now(self):
        """Process 1 becomes busybox's init, which reads /etc/inittab."""
        os.kill(self.pid, signal.SIGUSR1)
