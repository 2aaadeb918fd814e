"""A small machine in QEMU, driven by its console, a shell behind a port of its own, and QEMU's own control socket."""

import base64
import json
import re
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field

from harness.box import Outcome
from harness.processes import is_killed_with_parent

PATIENCE_SECONDS = 300  # a guest that says nothing for so long hangs
SHELL_PORT, LOG_PORT = "tests.shell", "tests.log"


@dataclass(frozen=True)
class Machine:
    """What QEMU emulates. Its devices are virtio's on PCI: elsewhere their queues are so long that they take 12 MB."""

    program: str
    machine: str
    cpu: str
    console: str
    memory: int  # MB


X86_64 = Machine("qemu-system-x86_64", "q35", "max", "ttyS0", 80)
ARMV7 = Machine("qemu-system-arm", "virt,highmem=off", "cortex-a7", "ttyAMA0", 64)
AARCH64 = Machine("qemu-system-aarch64", "virt", "cortex-a53", "ttyAMA0", 64)


def device(kind, **settings):
    """-device virtio-KIND with its settings."""
    return ["-device", f"virtio-{kind}-pci" + "".join(f",{name}={value}" for name, value in settings.items())]


@dataclass
class Network:
    """An interface that leads nowhere but to what is named here.

    relays: "address:port" as the guest sees it, to a port of this host's loopback. served: ports of the guest that
    this host may connect to.
    """

    relays: dict = field(default_factory=dict)
    served: tuple = ()

    def options(self):
        # A relay for each connection, since QEMU's own would be one connection for its whole life.
        relays = "".join(f",guestfwd=tcp:{there}-cmd:sh -c 'exec busybox nc 127.0.0.1 {here} 2>/dev/null'"
                         for there, here in self.relays.items())
        served = "".join(f",hostfwd=tcp:127.0.0.1:0-:{port}" for port in self.served)
        return ["-netdev", f"user,id=net,restrict=on{relays}{served}",
                *device("net", netdev="net", id="nic", romfile="")]


@dataclass(frozen=True)
class Line:
    """When it came: time.monotonic()."""

    text: str
    time: float


class Lines:
    """What comes line by line, as it comes."""

    def __init__(self, name, stream):
        self.name, self._stream = name, stream
        self.all = []
        self._next = 0
        self._ended = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for raw in self._stream:
            line = Line(raw.decode("utf-8", "replace").rstrip("\r\n"), time.monotonic())
            with self._news:
                self.all.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _look(self, pattern):
        while self._next < len(self.all):
            self._next += 1
            if re.search(pattern, self.all[self._next - 1].text):
                return self.all[self._next - 1]
        return None

    def wait_for(self, pattern):
        """The next line that matches, of those after the last one that was waited for."""
        found = None

        def came():
            nonlocal found
            found = self._look(pattern)
            return found or self._ended

        with self._news:
            self._news.wait_for(came, PATIENCE_SECONDS)
            assert found, f"{self.name}: {'it ended' if self._ended else 'still'} without {pattern!r}:\n{self.text}"
        return found

    def first(self, pattern):
        """The first line of all that matches and has come; None."""
        return next((line for line in list(self.all) if re.search(pattern, line.text)), None)

    @property
    def text(self):
        return "\n".join(line.text for line in list(self.all))

    def wait_until_ended(self):
        with self._news:
            assert self._news.wait_for(lambda: self._ended, PATIENCE_SECONDS), f"{self.name} goes on:\n{self.text}"


class Guest:
    """A context manager: from switching on to switching off.

    console: Lines. run: a script on the guest, once its tests' shell is up. log: Lines of the file that is followed
    (image/usr/lib/tests/follow). disks: files that become /dev/vda and on, written through. clock: when the machine's
    clock is set to something else than now, as QEMU's -rtc base takes it. options: more of QEMU's.
    """

    def __init__(self, machine, kernel, initramfs, network=None, disks=(), append="", clock=None, options=()):
        self.machine, self.network = machine, network
        self._argv = [
            machine.program, "-M", machine.machine, "-cpu", machine.cpu, "-m", str(machine.memory), "-accel", "tcg",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-kernel", kernel.image, "-initrd", initramfs,
            "-append", f"console={machine.console} quiet panic=-1 {append}".rstrip(),
            *device("serial", id="serial", max_ports=3), *(network.options() if network else ()), *options,
        ]
        if clock:
            self._argv += ["-rtc", f"base={clock}"]
        for number, disk in enumerate(disks):
            self._argv += ["-drive", f"if=none,id=disk{number},format=raw,cache=writethrough,file={disk}",
                           *device("blk", drive=f"disk{number}")]

    def __enter__(self):
        self._control, control = socket.socketpair()
        self._shell, shell = socket.socketpair()
        self._log, log = socket.socketpair()
        handed = {"control": control, "shell": shell, "log": log}
        for name, end in handed.items():
            self._argv += ["-chardev", f"socket,id={name},fd={end.fileno()}"]
        self._argv += ["-mon", "chardev=control,mode=control"]
        for name, port in (("shell", SHELL_PORT), ("log", LOG_PORT)):
            self._argv += ["-device", f"virtserialport,chardev={name},name={port}"]
        self.switched_on = time.monotonic()
        self._process = subprocess.Popen(
            [str(word) for word in self._argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, pass_fds=[end.fileno() for end in handed.values()],
            start_new_session=True, preexec_fn=is_killed_with_parent,
        )
        for end in handed.values():
            end.close()
        self.console = Lines("console", self._process.stdout)
        self.log = Lines("log", self._log.makefile("rb"))
        self._answers = self._control.makefile("rb")
        self._shell_answers = self._shell.makefile("rb")
        for end in (self._control, self._shell):
            end.settimeout(PATIENCE_SECONDS)
        self._negotiate()
        return self

    def __exit__(self, *_):
        self.cut_power()
        print(f"--- console\n{self.console.text}\n--- log\n{self.log.text}")
        self._process.stdout.close()
        for end in (self._control, self._shell, self._log):
            end.close()

    # --- the guest ------------------------------------------------------------------------

    def run(self, script, shown=True):
        """A script for the guest's /bin/sh, as root; with an Outcome when it has ended. shown: when a test fails."""
        self._shell.sendall(base64.b64encode(script.encode()) + b"\n")
        status, out, err = (self._shell_answers.readline().decode().strip() for _ in range(3))
        assert status, f"the guest ended while it ran:\n{script}\n{self.console.text}"
        outcome = Outcome(int(status), *(base64.b64decode(text).decode("utf-8", "replace") for text in (out, err)))
        if shown:
            print(f"$ {script}\n{outcome}")
        return outcome

    def must(self, script, shown=True):
        """The same; it must succeed. Returns what it said on stdout."""
        outcome = self.run(script, shown)
        assert outcome.exit_code == 0, f"{script}: {outcome}"
        return outcome.out

    # --- the machine ----------------------------------------------------------------------

    def _negotiate(self):
        try:
            self._answers.readline()
            self.qmp("qmp_capabilities")
        except OSError as error:
            self.console.wait_until_ended()
            command = " ".join(map(str, self._argv))
            raise RuntimeError(f"QEMU did not start: {command}\n{self.console.text}") from error

    def qmp(self, command, **arguments):
        """A command for QEMU itself; what it returns. Its events are passed over."""
        self._control.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while line := self._answers.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"QEMU refuses {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise ConnectionError(f"QEMU ended at {command}:\n{self.console.text}")

    def set_link(self, up):
        self.qmp("set_link", name="nic", up=up)

    def port(self, served):
        """This host's port behind which the guest's port is."""
        shown = self.qmp("human-monitor-command", **{"command-line": "info usernet"})
        (found,) = re.findall(rf"HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+{served}\s", shown)
        return int(found)

    def wait_until_off(self):
        """Until the guest has switched itself off."""
        self.console.wait_until_ended()
        assert self._process.wait(PATIENCE_SECONDS) == 0, self.console.text

    def cut_power(self):
        """Nothing more is written than what QEMU has been given."""
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)
        self.console.wait_until_ended()
