"""`make bench`: what the agent costs, beside its budget and beside AWS's own agent ("upstream").

Nothing here passes or fails; figures depend on the machine and on what else runs on it. Upstream's
were measured on an idle machine with two cores in the same way: user and system time of all
processes, medians, the same replies.

The budgets of CPU time were set on one machine. How much slower this one is, is measured with
work whose times there are known (calibrate.c), before and after each row; "scaled" is what was
measured, divided by that. It is an estimate: no machine is slower at everything by the same factor.
"""

import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import agent, calibrate, cpu_milliseconds, peak_memory, writes
from resident_bench import report_resident, report_roles

from harness.snapshot import snapshot
from harness.stub_aws import ROLE
from harness.stub_process import StubProcess
from harness.toml_text import config_text

SIZES = (1, 10, 50)
RUNS = {1: 21, 10: 11, 50: 7}
CPU_BUDGET = {"keeps": (4, 10, 25), "closes": (5, 18, 65)}
CPU_UPSTREAM = {"keeps": ("33", "42", "63"), "closes": ("36", "45", "75-90")}
SIZE_BUDGET_BYTES, SIZE_UPSTREAM_BYTES = 304 * 1024, 20_297_072
PSS_BUDGET_KB, PSS_UPSTREAM_KB = 600, 16_100


class Bench:
    """Directories and configurations; each run has new ones, all are removed at the end only."""

    def __init__(self, memory, disk):
        self.memory, self.disk, self.runs = Path(memory), Path(disk), 0

    def configuration(self, arns, base=None, roles=1, stays=False):
        """A new directory for these certificates, and the configuration for it.

        stays: for the agent that stays, with its log on stderr.
        """
        self.runs += 1
        home = (base or self.memory) / f"run-{self.runs}"
        files = home / "ssl"
        files.mkdir(parents=True)
        tables = [
            {
                "certificate_arn": arn,
                "role_arn": ROLE if number % roles == 0 else f"{ROLE}-{number % roles}",
                "certificate_path": str(files / f"{number}.crt"),
                "private_key_path": str(files / f"{number}.key"),
                "chain_path": str(files / f"{number}.chain"),
            }
            for number, arn in enumerate(arns)
        ]
        config = home / "config.toml"
        edge = {"worker_user": "nobody"}
        if stays:
            edge.update(log_destination="stderr", startup_jitter_seconds=0)
        config.write_text(config_text({}, tables, edge))
        config.chmod(0o644)
        return config, files

    def cpu(self, aws, certificates, base=None):
        """Median of several first installations, this machine's slowness at that time, and what the
        server saw in one."""
        measured, factors = [], [calibrate().factor]
        for _ in range(RUNS[certificates]):
            aws.counts()
            config, _files = self.configuration(aws.arns[:certificates], base)
            measured.append(cpu_milliseconds(config, environment(aws)))
        factors.append(calibrate().factor)
        return statistics.median(measured), statistics.mean(factors), aws.counts()


def environment(aws):
    return {"PATH": os.environ["PATH"], **aws.environment}


def row(name, measured, budget, upstream):
    print(f"{name:<46}{measured:>12}{budget:>10}{upstream:>12}")


def heading(title):
    print(f"\n{title}\n" + "-" * 80)
    row("", "measured", "budget", "upstream")


def cpu_row(certificates, median, factor, budget="", upstream=""):
    name = f"{certificates} certificate(s), median of {RUNS[certificates]}"
    print(f"{name:<34}{median:>10.2f}{f'/ {factor:.2f} =':>10}{median / factor:>8.2f}"
          f"{budget:>8}{upstream:>10}")


def cpu_heading(title):
    print(f"\n{title}\n" + "-" * 80)
    print(f"{'':<34}{'measured':>10}{'':>10}{'scaled':>8}{'budget':>8}{'upstream':>10}")


def report_machine():
    print("\nthis machine, beside the one that the budgets were set on\n" + "-" * 80)
    print(f"{'':<34}{'here, us':>10}{'there':>10}{'factor':>8}")
    found = calibrate()
    for name, here, there in found.yardsticks:
        print(f"{name:<34}{here:>10.0f}{there:>10.0f}{here / there:>8.2f}")
    print(f"{'the middle one is used':<54}{found.factor:>8.2f}")


def report_size():
    heading("the binary, bytes")
    row("size", f"{agent().stat().st_size:,}", f"{SIZE_BUDGET_BYTES:,}", f"{SIZE_UPSTREAM_BYTES:,}")
    listed = subprocess.run(["size", agent()], capture_output=True, text=True).stdout
    if match := re.search(r"\n\s*(\d+)\s+(\d+)\s+(\d+)", listed):
        for name, value in zip(("text", "data", "bss"), match.groups()):
            row(f"  {name}", f"{int(value):,}", "", "")


def report_memory(bench, aws):
    heading("memory at its peak, KB (supervisor and worker together)")
    for certificates in SIZES:
        config, _ = bench.configuration(aws.arns[:certificates])
        peak = peak_memory(config, environment(aws))
        first = certificates == 1
        row(
            f"PSS, {certificates} certificate(s), {peak.processes} processes", f"{peak.pss:,}",
            f"{PSS_BUDGET_KB:,}" if first else "", f"{PSS_UPSTREAM_KB:,}" if first else "",
        )
        resident = " + ".join(f"{value:,}" for value in peak.resident.values())
        row(f"  private; resident of each: {resident}", f"{peak.private:,}", "", "")


def report_cpu(bench, servers):
    seen = {}
    for behaviour, aws in servers.items():
        cpu_heading(f"CPU of all processes, ms, a server that {behaviour} connections")
        for column, certificates in enumerate(SIZES):
            median, factor, seen[behaviour, certificates] = bench.cpu(aws, certificates)
            cpu_row(certificates, median, factor, CPU_BUDGET[behaviour][column],
                    CPU_UPSTREAM[behaviour][column])
    cpu_heading("the same on the disk that holds /tmp: with the kernel's work for every fsync")
    for certificates in SIZES:
        median, factor, _ = bench.cpu(servers["keeps"], certificates, bench.disk)
        cpu_row(certificates, median, factor)
    return seen


def report_requests(seen):
    print("\nwhat the server saw in one run\n" + "-" * 80)
    print(f"{'':<30}{'STS':>6}{'ACM':>6}{'connections':>13}{'handshakes':>12}{'resumed':>9}")
    for (behaviour, certificates), counts in seen.items():
        operations = counts["operations"]
        print(
            f"{f'{certificates} certificate(s), {behaviour}':<30}"
            f"{operations.get('AssumeRole', 0):>6}{operations.get('ExportCertificate', 0):>6}"
            f"{counts['connections']:>13}{counts['handshakes']:>12}{counts['resumptions']:>9}"
        )
        for error in counts["errors"]:
            print(f"   AN ERROR: {error}")


def report_writes(bench, aws):
    print("\nsystem calls of one certificate\n" + "-" * 80)
    config, files = bench.configuration(aws.arns[:1])
    log = bench.disk / "strace.log"
    first = writes(config, environment(aws), log)
    before = snapshot(files)
    second = writes(config, environment(aws), log)
    same = snapshot(files) == before
    row("unchanged: bytes written to files", second.file_bytes, 0, "")
    row("unchanged: calls that change a file system", len(second.calls), 0, "")
    row("unchanged: files and directories as before", "yes" if same else "NO", "yes", "")
    row("first run: bytes written to files", f"{first.file_bytes:,}", "", "")
    row("first run: calls that change a file system", len(first.calls), "", "")
    row("sends per connection: hello, request, goodbye", str(first.segments), "3 each", "")


def main():
    if not agent().exists():
        raise SystemExit(f"bench: {agent()} is not there; run make first")
    with contextlib.ExitStack() as stack:
        # What an fsync costs is the disk's and its driver's affair, so most is done in memory.
        memory, disk = (
            stack.enter_context(tempfile.TemporaryDirectory(prefix="wcp-tiny-bench.", dir=place))
            for place in ("/dev/shm" if os.path.isdir("/dev/shm") else "/tmp", "/tmp")
        )
        os.chmod(memory, 0o755)
        os.chmod(disk, 0o755)
        bench = Bench(memory, disk)
        servers = {
            "keeps": stack.enter_context(StubProcess(disk, keep_alive=True)),
            "closes": stack.enter_context(StubProcess(disk, keep_alive=False)),
        }
        print(f"wcp-tiny bench of {agent()}")
        sys.stdout.flush()
        report_size()
        report_machine()
        seen = report_cpu(bench, servers)
        report_memory(bench, servers["keeps"])
        report_requests(seen)
        report_resident(bench, servers["keeps"], environment(servers["keeps"]), row, heading)
        report_roles(bench, row)
        report_writes(bench, servers["keeps"])


if __name__ == "__main__":
    main()
