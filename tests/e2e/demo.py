"""`make demo`: an expired certificate in a running nginx is replaced by the one that ACM holds.

A simulated AWS (moto, over TLS, signatures and IAM policies enforced) and a real nginx run on
loopback ports of their own, everything lies in a temporary directory, and all of it is gone at the
end, however the end comes. Two demos may run at once. `--renew` lets ACM renew, too.
"""

import argparse
import contextlib
import datetime
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import namespace, pki  # noqa: E402 (found by the line above)
from harness.box import agent  # noqa: E402
from harness.simulated_aws import SimulatedAws  # noqa: E402
from harness.snapshot import snapshot  # noqa: E402
from harness.toml_text import config_text  # noqa: E402
from harness.web_server import Nginx  # noqa: E402

NAME = "www.example.com"
WIDTH = 80
INDENT = "   "


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal ended the demo."""


class Interruption:
    """Ends the demo on a signal, but never between the start of a process and its being known."""

    def __init__(self):
        self.signal, self.held = None, False
        for number in SIGNALS:
            signal.signal(number, self._arrived)

    def _arrived(self, number, _frame):
        again, self.signal = self.signal is not None, signal.Signals(number).name
        if again or not self.held:
            self.check()

    def check(self):
        """Raises when a signal came; Python may have swallowed what its handler raised."""
        if self.signal is not None:
            self.ignore()
            raise Stopped(self.signal)

    @contextlib.contextmanager
    def delayed(self):
        self.held = True
        try:
            yield
        finally:
            self.held = False
        self.check()

    @staticmethod
    def ignore():
        """From here on everything is being stopped anyway."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


interruption = Interruption()


def say(text=""):
    print(text, flush=True)
    interruption.check()


def step(name, text):
    say(f"{name:<14}{text}")


def describe(title, certificate):
    """A served certificate in three lines."""
    until = certificate.not_valid_after_utc
    days = (until - datetime.datetime.now(datetime.timezone.utc)).days
    left = f"{days} days left" if days >= 0 else f"EXPIRED {-days} days ago"
    own = "  (self-signed)" if certificate.issuer == certificate.subject else ""
    say(f"\nnginx serves {title}")
    say(f"{INDENT}subject    {certificate.subject.rfc4514_string()}"[:WIDTH])
    say(f"{INDENT}issuer     {certificate.issuer.rfc4514_string()}{own}"[:WIDTH])
    say(f"{INDENT}not after  {until:%Y-%m-%d %H:%M} UTC, {left}")


def run_agent(config, environment, arn):
    """`once`, its output as it comes; the ARN is shortened, for it is longer than a line."""
    say(f"\n$ wcp-tiny once -c {config}")
    started = time.monotonic()
    with contextlib.ExitStack() as cleanup:
        with interruption.delayed():
            process = subprocess.Popen(
                [agent(), "once", "-c", config], env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            cleanup.enter_context(process)  # waits for its end
            cleanup.callback(process.kill)
        for line in process.stdout:
            text = line.rstrip().replace(arn, "ARN")
            say(textwrap.fill(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT * 3))
        code = process.wait()
    say(f"{INDENT}exit code {code} after {time.monotonic() - started:.2f} s")
    if code != 0:
        raise SystemExit("demo: the agent failed; what it said is above")


def configuration(files, arn, role, reload_command):
    """What a person would write for nginx."""
    certificate = {
        "certificate_arn": arn,
        "role_arn": role,
        "certificate_path": str(files / f"{NAME}.crt"),
        "private_key_path": str(files / f"{NAME}.key"),
        "refresh_command": reload_command,
    }
    return config_text({}, [certificate], {"worker_user": "nobody"})


def demonstrate(directory, cleanup, renew):
    files, web, config = directory / "ssl", directory / "nginx", directory / "config.toml"
    files.mkdir()
    web.mkdir()
    old = pki.self_signed(NAME)
    (files / f"{NAME}.crt").write_text(old.leaf_pem)
    (files / f"{NAME}.key").write_text(old.key_pem)

    step("AWS", "starting moto over TLS: a user, a role, a certificate …")
    authority = pki.Authority("Demo CA")
    with interruption.delayed():
        aws = cleanup.enter_context(SimulatedAws(directory, authority))
    arn = aws.request_certificate(NAME)
    step("", f"{aws.url}, signatures and IAM policies enforced")
    step("", f"ARN is {arn.rpartition('/')[0]}/…")
    with interruption.delayed():
        nginx = cleanup.enter_context(Nginx(web, files / f"{NAME}.crt", files / f"{NAME}.key"))
    step("nginx", f"https://localhost:{nginx.port}, with files in {directory}")
    config.write_text(configuration(files, arn, aws.role, nginx.reload_command))
    config.chmod(0o644)
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_CA_BUNDLE": str(aws.ca_bundle),
        "AWS_ACCESS_KEY_ID": aws.user_keys[0],
        "AWS_SECRET_ACCESS_KEY": aws.user_keys[1],
    }
    describe("BEFORE", nginx.served())

    run_agent(config, environment, arn)
    nginx.wait_until_reloaded(1)
    describe("AFTER", nginx.served())
    expect_served(nginx, aws, arn)

    before = snapshot(files)
    run_agent(config, environment, arn)
    untouched = snapshot(files) == before
    say(f"{INDENT}files untouched: {'yes' if untouched else 'NO'}; "
        f"reloads of nginx in all: {nginx.reloads}")
    if not untouched or nginx.reloads != 1:
        raise SystemExit("demo: the second run should have changed nothing")

    if renew:
        aws.renew(arn, authority.issue(NAME, kind="rsa-2048", number=2))
        run_agent(config, environment, arn)
        nginx.wait_until_reloaded(2)
        describe("AFTER A RENEWAL", nginx.served())
        expect_served(nginx, aws, arn)


def expect_served(nginx, aws, arn):
    if pki.pem(nginx.served()) != aws.certificate(arn)[0]:
        raise SystemExit("demo: nginx does not serve what ACM holds")
    say(f"{INDENT}that is the certificate that ACM holds")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--renew", action="store_true", help="let ACM renew the certificate, too")
    renew = options.parse_args().renew
    if not agent().exists():
        raise SystemExit(f"demo: {agent()} is not there; run make first")
    with contextlib.suppress(OSError):  # so that no state of the agent stays in /run; needs root
        namespace.enter_with_empty_run()
    directory = Path(tempfile.mkdtemp(prefix="wcp-tiny-demo."))
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, directory, ignore_errors=True)
        directory.chmod(0o755)  # the agent's worker, who is nobody, reads the CA bundle here
        demonstrate(directory, cleanup, renew)
        interruption.ignore()
    say("\nAll servers are stopped, all files are removed.")


if __name__ == "__main__":
    try:
        main()
    except Stopped as reason:
        print(f"\n{reason}: all servers are stopped, all files are removed.")
        sys.exit(130)
