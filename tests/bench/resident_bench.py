"""The part of `make bench` that is about the agent that stays: asleep, and after many cycles."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from measure import rollup

from harness import pki, trace
from harness.stub_aws import ACCESS_KEY, SECRET_KEY, StubAws

PATIENCE_SECONDS = 120
SECONDS_ASLEEP = 60
CYCLES = (10, 200)
ROLES, SLOW_REPLY_SECONDS = 10, 1


class Sleeper:
    """`wcp-tiny run`, listened to; a context manager."""

    def __init__(self, binary, config, environment):
        self.binary, self.config, self.environment = binary, config, environment
        self.fresh = 0
        self.changed = threading.Condition()

    def __enter__(self):
        self.process = subprocess.Popen(
            [str(self.binary), "run", "-c", str(self.config)], env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.reader.join()

    def _read(self):
        for line in self.process.stderr:
            if "Certificate refresh successful" in line:
                with self.changed:
                    self.fresh += 1
                    self.changed.notify_all()

    @property
    def pid(self):
        return self.process.pid

    def wait_until_fresh(self, count):
        """Until so many refreshes have succeeded in all."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.fresh >= count, PATIENCE_SECONDS):
                raise SystemExit("bench: the agent did not refresh in time")

    def wait_for(self, count):
        """The same, and until it sleeps."""
        self.wait_until_fresh(count)
        self._wait_until_asleep()

    def _wait_until_asleep(self):
        """No child, and twice in a row no processor time."""
        last, deadline = None, time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            switches = re.findall(r"ctxt_switches:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
            now = (fields[11], fields[12], *switches)
            busy = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            if now == last and not busy:
                return
            last = now
            time.sleep(0.1)

    def refresh(self, certificates):
        expected = self.fresh + certificates
        self.process.send_signal(signal.SIGUSR1)
        self.wait_for(expected)

    @contextlib.contextmanager
    def traced(self, log):
        """What it does in the block, in `log`."""
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-yy", "-p", str(self.pid), "-o", log], stderr=subprocess.PIPE
        )
        while "TracerPid:\t0\n" in Path(f"/proc/{self.pid}/status").read_text():
            time.sleep(0.05)
        log.write_text("")  # the call it was in
        yield
        tracer.terminate()
        tracer.wait()


def sleeping_memory(bench, binary, arns, environment):
    """Of the agent that has fetched these certificates."""
    config, _ = bench.configuration(arns, stays=True)
    with Sleeper(binary, config, environment) as sleeper:
        sleeper.wait_for(len(arns))
        return rollup(sleeper.pid)


def report_resident(bench, arns, environment, row):
    print("\nthe agent that stays, one certificate\n" + "-" * 100)
    config, _ = bench.configuration(arns, stays=True)
    log = bench.disk / "resident.log"
    with Sleeper(bench.binaries.ours, config, environment) as sleeper:
        sleeper.wait_for(1)
        with sleeper.traced(log):
            sleeper.refresh(1)
        row("a cycle without a change: bytes to a disk", disk_bytes(log))
        asleep = bench.disk / "asleep.log"
        with sleeper.traced(asleep):
            time.sleep(SECONDS_ASLEEP)
        calls = len(trace.parse(asleep.read_text()))  # the one it sleeps in does not end
        row(f"system calls in {SECONDS_ASLEEP} s between cycles", calls)
        for cycle in range(2, CYCLES[1] + 1):
            sleeper.refresh(1)
            if cycle in CYCLES:
                memory, descriptors = rollup(sleeper.pid), len(os.listdir(f"/proc/{sleeper.pid}/fd"))
                row(f"after {cycle} cycles: PSS, KB", memory.pss)
                row(f"after {cycle} cycles: anonymous, KB", memory.anonymous)
                row(f"after {cycle} cycles: descriptors", descriptors)


def disk_bytes(log):
    """Bytes of write calls to files that are not in memory."""
    total = 0
    for call in trace.parse(log.read_text(errors="replace")):
        target = re.match(r"\d+<(/[^>]*)>", call.arguments)
        if not call.name.startswith(("write", "pwrite")) or target is None or call.failed:
            continue
        if not target[1].startswith(("/run/", "/dev/")):
            total += int(call.result.split()[0])
    return total


def report_roles(bench, row):
    """Everything fresh, beside how long the slowest role takes by itself."""
    authority = pki.Authority("Bench CA", number=1)
    with StubAws(authority.issue("localhost", number=2)) as aws:
        arns = [
            aws.hold(authority.issue(f"site{number}.example.com", number=3)) for number in range(50)
        ]
        slow = set(arns[1::ROLES])

        def export(_, request):
            if request.json["CertificateArn"] in slow:
                time.sleep(SLOW_REPLY_SECONDS)
            return aws.export(request)

        aws.always("ExportCertificate", export)
        (bench.disk / "ca.pem").write_text(authority.pem)
        environment = {
            "AWS_ENDPOINT_URL": aws.url, "AWS_CA_BUNDLE": str(bench.disk / "ca.pem"),
            "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        seconds = []
        for chosen in (arns[1::ROLES], arns):
            config, _ = bench.configuration(chosen, roles=len(chosen) // 5, stays=True)
            begun = time.monotonic()
            with Sleeper(bench.binaries.ours, config, environment) as sleeper:
                sleeper.wait_until_fresh(len(chosen))
            seconds.append(time.monotonic() - begun)
    row("50 certificates, 10 roles: times the slowest role", f"{seconds[1] / seconds[0]:.2f}")
