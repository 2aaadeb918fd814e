"""`make bench`: what the agent costs, beside its budgets, and beside other binaries in the same run.

UPSTREAM names AWS's own agent ("upstream"), BEFORE another wcp-tiny. They take turns with ours
against the same simulated AWS, so that what else the machine does hits all alike: the ratios count,
medians over the turns, and not the milliseconds. Without UPSTREAM its figures from another, idle
machine are shown in brackets, and there is no ratio to them.

Nothing here passes or fails.
"""

import contextlib
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import upstream
from credential_bench import report_credentials
from measure import cpu_milliseconds, peak_memory, writes
from resident_bench import report_resident, report_roles, sleeping_memory

from harness.box import agent
from harness.snapshot import snapshot
from harness.stub_aws import ROLE
from harness.stub_process import StubProcess
from harness.toml_text import config_text

SIZES = (1, 10, 50)
TURNS = {1: 11, 10: 9, 50: 7}
MEMORY_SIZES = (1, 50)

# Most that is accepted on x86-64. CPU: beside upstream's.
CPU_BUDGET = {1: 0.2, 10: 0.5, 50: 1.0}
SIZE_BUDGET_BYTES = 448 * 1024
PEAK_BUDGET_KB = {1: 1024}
ASLEEP_BUDGET_KB = {1: (400, 128), 50: (512, 256)}  # PSS; private, which is what no file backs


@dataclass
class Binaries:
    """Paths; None for what is not there."""

    ours: Path
    before: Path
    upstream: Path

    @classmethod
    def from_environment(cls):
        named = [Path(os.environ[name]).resolve() if os.environ.get(name) else None
                 for name in ("BEFORE", "UPSTREAM")]
        binaries = cls(agent(), *named)
        for path in filter(None, (binaries.ours, *named)):
            if not os.access(path, os.X_OK):
                raise SystemExit(f"bench: {path} is no program")
        return binaries


class Bench:
    """Directories and configurations; each run has new ones, all are removed at the end only."""

    def __init__(self, memory, disk, binaries):
        self.memory, self.disk, self.runs = Path(memory), Path(disk), 0
        self.binaries = binaries

    def configuration(self, arns, base=None, roles=1, stays=False, edge=None):
        """A new directory for these certificates, and the configuration for it.

        stays: for the agent that stays, with its log on stderr. edge: more of that table.
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
        edge = {"worker_user": "nobody", **(edge or {})}
        if stays:
            edge.update(log_destination="stderr", startup_jitter_seconds=0)
        config.write_text(config_text({}, tables, edge))
        config.chmod(0o644)
        return config, files

    def first_installation(self, binary, aws, certificates, base=None):
        config, _ = self.configuration(aws.arns[:certificates], base)
        return cpu_milliseconds(binary, config, environment(aws))

    def take_turns(self, aws, certificates, base=None):
        """Milliseconds of each binary in each turn, and what the server saw of ours in one."""
        arns = aws.arns[:certificates]
        times, seen = {"ours": [], "before": [], "upstream": []}, None
        for _ in range(TURNS[certificates]):
            aws.counts()
            times["ours"].append(
                self.first_installation(self.binaries.ours, aws, certificates, base))
            seen = aws.counts()
            if self.binaries.before:
                times["before"].append(
                    self.first_installation(self.binaries.before, aws, certificates, base))
            if self.binaries.upstream:
                config, _ = self.configuration(arns, base)
                times["upstream"].append(
                    upstream.measure(self.binaries.upstream, config, aws, certificates).cpu)
        return times, seen


def environment(aws):
    return {"PATH": os.environ["PATH"], **aws.environment}


# --- tables --------------------------------------------------------------------------------------


def heading(title):
    print(f"\n{title}\n" + "-" * 114)
    row("", "ours", "before", "/before", "upstream", "/upstream", "budget")


def row(name, ours, *others):
    """One line; a list stands for the median of its values, an empty one for nothing."""
    print(f"{name:<44}{ours!s:>10}" + "".join(f"{other!s:>12}" for other in others), flush=True)


def ratio(ours, others):
    return f"{statistics.median(a / b for a, b in zip(ours, others)):.2f}" if others else ""


def median(values, otherwise=""):
    return f"{statistics.median(values):.1f}" if values else otherwise


def compared(name, ours, before, upstreams, elsewhere, budget):
    """A row of single numbers. elsewhere: upstream's, when it is not here."""
    row(name, f"{ours:,}", "" if before is None else f"{before:,}", "" if before is None else f"{ours / before:.2f}",
        f"[{elsewhere:,}]" if upstreams is None else f"{upstreams:,}",
        "" if upstreams is None else f"{ours / upstreams:.2f}", "" if budget is None else f"{budget:,}")


# --- reports -------------------------------------------------------------------------------------


def report_size(binaries):
    heading("size of the binary, bytes")
    sizes = [None if path is None else path.stat().st_size
             for path in (binaries.ours, binaries.before, binaries.upstream)]
    compared("size", *sizes, upstream.SIZE, SIZE_BUDGET_BYTES)


def cpu_row(name, times, elsewhere="", budget=""):
    row(name, median(times["ours"]), median(times["before"]), ratio(times["ours"], times["before"]),
        median(times["upstream"], elsewhere), ratio(times["ours"], times["upstream"]), budget)


def report_cpu(bench, servers):
    seen = {}
    for behaviour, aws in servers.items():
        heading(f"CPU of all processes, user and system, ms; the server {behaviour} connections")
        for certificates, elsewhere in zip(SIZES, upstream.CPU[behaviour]):
            times, seen[behaviour, certificates] = bench.take_turns(aws, certificates)
            cpu_row(f"{certificates} certificate(s), {TURNS[certificates]} turns", times, f"[{elsewhere}]",
                    f"<= {CPU_BUDGET[certificates]} u.")
    heading("the same on the disk that holds /tmp: with the kernel's work for every fsync")
    for certificates in SIZES:
        times, _ = bench.take_turns(servers["keeps"], certificates, bench.disk)
        cpu_row(f"{certificates} certificate(s), the server keeps", times)
    return seen


def report_memory(bench, aws):
    """At the peak and asleep. Upstream is one process that keeps what it has."""
    at_rest = {}
    heading("memory at its peak, supervisor and worker together, KB of PSS")
    for certificates in MEMORY_SIZES:
        arns = aws.arns[:certificates]
        peaks = [binary and peak_memory(binary, bench.configuration(arns)[0], environment(aws))
                 for binary in (bench.binaries.ours, bench.binaries.before)]
        if bench.binaries.upstream:
            at_rest[certificates] = upstream.measure(
                bench.binaries.upstream, bench.configuration(arns)[0], aws, certificates)
        compared(f"{certificates} certificate(s), {peaks[0].processes} processes", peaks[0].pss,
                 peaks[1] and peaks[1].pss, at_rest and at_rest[certificates].pss,
                 upstream.PEAK[certificates], PEAK_BUDGET_KB.get(certificates))
    heading("memory asleep, KB")
    for certificates in MEMORY_SIZES:
        slept = [binary and sleeping_memory(bench, binary, aws.arns[:certificates], environment(aws))
                 for binary in (bench.binaries.ours, bench.binaries.before)]
        theirs = at_rest.get(certificates)
        for name, elsewhere, budget in zip(("pss", "anonymous"), upstream.ASLEEP[certificates],
                                           ASLEEP_BUDGET_KB[certificates]):
            compared(f"{certificates} certificate(s): {name}", getattr(slept[0], name),
                     slept[1] and getattr(slept[1], name), theirs and getattr(theirs, name),
                     elsewhere, budget)


def report_requests(seen):
    print("\nwhat the server saw of ours in one run\n" + "-" * 114)
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
    print("\nsystem calls of one certificate\n" + "-" * 114)
    config, files = bench.configuration(aws.arns[:1])
    log = bench.disk / "strace.log"
    first = writes(bench.binaries.ours, config, environment(aws), log)
    before = snapshot(files)
    second = writes(bench.binaries.ours, config, environment(aws), log)
    row("unchanged: bytes written to files", second.file_bytes)
    row("unchanged: calls that change a file system", len(second.calls))
    row("unchanged: files and directories as before", "yes" if snapshot(files) == before else "NO")
    row("first run: bytes written to files", f"{first.file_bytes:,}")
    row("first run: calls that change a file system", len(first.calls))
    row("sends of each connection (3: hello, request, bye)", first.segments)


def main():
    binaries = Binaries.from_environment()
    with contextlib.ExitStack() as stack:
        # What an fsync costs is the disk's and its driver's affair, so most is done in memory.
        memory, disk = (
            stack.enter_context(tempfile.TemporaryDirectory(prefix="wcp-tiny-bench.", dir=place))
            for place in ("/dev/shm" if os.path.isdir("/dev/shm") else "/tmp", "/tmp")
        )
        os.chmod(memory, 0o755)
        os.chmod(disk, 0o755)
        bench = Bench(memory, disk, binaries)
        servers = {
            "keeps": stack.enter_context(StubProcess(disk, keep_alive=True)),
            "closes": stack.enter_context(StubProcess(disk, keep_alive=False)),
        }
        print(f"ours      {binaries.ours}\nbefore    {binaries.before or '-'}\n"
              f"upstream  {binaries.upstream or '[measured on another machine, idle]'}")
        sys.stdout.flush()
        report_size(binaries)
        seen = report_cpu(bench, servers)
        report_memory(bench, servers["keeps"])
        report_requests(seen)
        report_writes(bench, servers["keeps"])
        report_credentials(bench, servers["keeps"], cpu_row)
        report_resident(bench, servers["keeps"].arns[:1], environment(servers["keeps"]), row)
        report_roles(bench, row)


if __name__ == "__main__":
    main()
