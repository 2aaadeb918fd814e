"""A box: the directory tree of a device, its configuration, and the agent run on it."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from . import stub_aws, trace
from .managed import Managed, Placed
from .recorder import Recorder
from .snapshot import snapshot
from .toml_text import config_text

REPOSITORY = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 100  # an agent that takes so long hangs


def agent():
    """The binary under test."""
    return Path(os.environ.get("WCP_TINY", REPOSITORY / "build/wcp-tiny")).resolve()


def emulator():
    """What runs the binary under test when it is for another processor, as the beginning of an argv."""
    return shlex.split(os.environ.get("WCP_EMULATOR", ""))


def is_test_build():
    """Test builds take their clock and their deadlines from the environment."""
    return b"WCP_TEST_CLOCK" in agent().read_bytes()


@dataclass
class Outcome:
    """How a run of the agent ended."""

    exit_code: int
    out: str
    err: str
    calls: list = field(default_factory=list)  # with trace only

    @property
    def certificates(self):
        """ARN to what --json says of it."""
        listed = json.loads(self.out)["certificates"]
        return {certificate["arn"]: certificate for certificate in listed}

    @property
    def results(self):
        """What --json says became of each certificate, in the configuration's order."""
        return [certificate["result"] for certificate in self.certificates.values()]

    def __str__(self):
        return f"exit {self.exit_code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


class Box:
    """Certificates are managed with `manage`, then `once`, `check` and `recover` run the agent."""

    def __init__(self, root, aws=None, authority=None):
        self.root, self.aws, self.authority = Path(root), aws, authority
        self.tables = []  # one per certificate
        self.acm = {}
        self.edge = {}
        self.logging = {}
        self.own_secrets = set()  # that no AWS knows of
        self.files = self.directory("etc/ssl")  # where certificates go unless a test says else
        self.home = self.directory("home")
        self.config = self.directory("etc/wcp") / "config.toml"
        self.ca_bundle = self.root / "ca.pem"
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.home),
                            "AWS_EC2_METADATA_DISABLED": "true"}
        if authority:
            self.ca_bundle.write_text(authority.root.pem)
            self.environment["AWS_CA_BUNDLE"] = str(self.ca_bundle)
        if aws:
            self.environment["AWS_ENDPOINT_URL"] = aws.url
            self.use_keys(stub_aws.ACCESS_KEY, stub_aws.SECRET_KEY)

    # --- furnishing -----------------------------------------------------------------------

    def directory(self, name, mode=0o755):
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        return path

    def use_keys(self, access_key, secret_key):
        self.environment["AWS_ACCESS_KEY_ID"] = access_key
        self.environment["AWS_SECRET_ACCESS_KEY"] = secret_key

    def forget_keys(self):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            self.environment.pop(name, None)

    def manage(self, name="www.example.com", **options):
        """One more certificate: issued, held by AWS, written into the configuration."""
        return Managed(self, name, **options)

    def place(self, name, arn, **options):
        """The same for a certificate that another AWS holds."""
        return Placed(self, name, arn, **options)

    def recorder(self, name="refresh", body=""):
        """A refresh command that writes down how it was run."""
        return Recorder(self, name, body)

    def script(self, name, text):
        """An executable of the box's own, for refresh commands; returns its path."""
        path = self.directory("bin") / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def write_config(self, text=None):
        if text is None:
            text = config_text(self.acm, self.tables, self.edge, self.logging)
        self.config.write_text(text)
        self.config.chmod(0o644)

    # --- running --------------------------------------------------------------------------

    def once(self, *arguments, **options):
        """`once --json` with the configuration as the tables say."""
        self.write_config()
        return self.run("once", "--json", *arguments, **options)

    def check(self, text=None, **options):
        self.write_config(text)
        return self.run("check", **options)

    def recover(self, **options):
        self.write_config()
        return self.run("recover", **options)

    def run(self, command, *arguments, **options):
        """A command of the agent, with the box's configuration file."""
        return self.run_bare(command, "-c", str(self.config), *arguments, **options)

    def run_bare(self, *arguments, **options):
        """The agent with exactly these arguments."""
        return self.run_program(*emulator(), agent(), *arguments, **options)

    def run_program(self, *argv, user=None, traced=None, environment=None, **options):
        """Run a program with the box's environment and nothing else.

        user: a user name instead of root. traced: a strace filter, for Outcome.calls.
        environment: on top of the box's; None removes. Others: as subprocess.run takes them.
        """
        surroundings = {**self.environment, **(environment or {})}
        surroundings.update({k: v for k, v in os.environ.items() if re.match("(A|UB)SAN_", k)})
        if traced:
            log = self.root / "strace.log"
            argv = ["strace", "-f", "-qq", "-s", "4096", "-o", log, "-e", f"trace={traced}", *argv]
            surroundings["ASAN_OPTIONS"] = "detect_leaks=0"  # it would need ptrace for itself
        if user:
            options.update(user=user, group=user, extra_groups=[])
        done = subprocess.run(
            [str(argument) for argument in argv],
            env={name: value for name, value in surroundings.items() if value is not None},
            cwd=self.root,
            capture_output=True,
            stdin=options.pop("stdin", subprocess.DEVNULL),
            timeout=TIMEOUT_SECONDS,
            **options,
        )
        outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
        if traced:
            outcome.calls = trace.parse(log.read_text(errors="replace"))
            log.unlink()
        self.assert_no_secret_in(outcome.out + outcome.err)
        print(outcome)
        return outcome

    # --- looking --------------------------------------------------------------------------

    def snapshot(self):
        """Everything under the directories that hold certificates."""
        return snapshot(self.files)

    def installed_files(self):
        """The same without the directories: a file that came and went does not show."""
        return {path: state for path, state in self.snapshot().items() if state.kind != "directory"}

    def secrets(self):
        """Every secret that the agent has met on this box."""
        found = {self.environment.get("AWS_SECRET_ACCESS_KEY"), *self.own_secrets}
        if self.aws:
            for secret, token in self.aws.secrets.values():
                found |= {secret, token}
            found.update(self.aws.passphrases)
            for held in self.aws.certificates.values():
                found.update(held.issued.key_pem.splitlines()[1:-1])
        return {secret for secret in found if secret}

    def assert_no_secret_in(self, text):
        for secret in self.secrets():
            assert secret not in text, f"a secret in the output: {secret[:12]}…"

    def leftovers(self):
        """Temporary files and journals of the agent below etc. The record of mount points is there to stay."""
        found = (self.root / "etc").rglob(".*.wcp-*")
        return sorted(str(path) for path in found if not path.name.endswith(".wcp-mounts"))

    def kill(self, pid_file):
        """End a process that a script of the box left behind."""
        if pid_file.exists():
            os.kill(int(pid_file.read_text()), signal.SIGKILL)

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)
