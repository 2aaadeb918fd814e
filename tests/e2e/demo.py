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
import time
from pathlib import Path

from harness import pki
from harness.box import agent
from harness.simulated_aws import SimulatedAws
from harness.snapshot import snapshot
from harness.toml_text import config_text
from harness.web_server import Nginx

NAME = "www.example.com"
WIDTH = 80
INDENT = "   "


class Stopped(BaseException):
    """A signal ended the demo."""


def stop(number, _frame):
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # once is enough; the cleaning up is quick
    raise Stopped(signal.Signals(number).name)


def say(text=""):
    print(text, flush=True)


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
    process = subprocess.Popen(
        [agent(), "once", "-c", config], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    try:
        for line in process.stdout:
            say(INDENT + line.rstrip().replace(arn, "ARN"))
        code = process.wait()
    finally:
        process.kill()
        process.wait()
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
    aws = cleanup.enter_context(SimulatedAws(directory, authority))
    arn = aws.request_certificate(NAME)
    step("", f"{aws.url}, signatures and IAM policies enforced")
    step("", f"ARN is {arn.rpartition('/')[0]}/…")
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
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)

    directory = Path(tempfile.mkdtemp(prefix="wcp-tiny-demo."))
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, directory, ignore_errors=True)
        directory.chmod(0o755)  # the agent's worker, who is nobody, reads the CA bundle here
        demonstrate(directory, cleanup, renew)
    say("\nAll servers are stopped, all files are removed.")


if __name__ == "__main__":
    try:
        main()
    except Stopped as reason:
        say(f"\n{reason}: all servers are stopped, all files are removed.")
        sys.exit(130)
