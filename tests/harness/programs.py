"""Programs of other people that the agent meets: a proxy, a name server. Each runs for the length of a with block."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from .processes import is_killed_with_parent

PATIENCE_SECONDS = 30


def program(name):
    """Its path; the test is skipped where it is not installed."""
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        pytest.skip(f"needs {name} (tests/packages installs it)")
    return path


def free_port(address="127.0.0.1"):
    with socket.create_server((address, 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(argv, ready):
    """The program, once `ready` does not raise OSError any more."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            preexec_fn=is_killed_with_parent,
        )
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    ready()
                    break
                time.sleep(0.02)
            else:
                said.seek(0)
                raise AssertionError(f"{argv[0]} does not serve: {said.read()}")
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_SECONDS)
            process.kill()
            process.wait()


def connects_to(port, address="127.0.0.1"):
    return lambda: socket.create_connection((address, port), PATIENCE_SECONDS).close()


@contextlib.contextmanager
def dnsmasq(upstream):
    """A forwarding name server before another one: gives its address."""
    address = f"{upstream.address.rsplit('.', 1)[0]}.54"
    argv = [
        program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
        "--bind-interfaces", "--except-interface=lo", f"--listen-address={address}", f"--server={upstream.address}",
        "--cache-size=0", "--user=root", "--pid-file=",
    ]
    with running(argv, connects_to(53, address)):
        yield address


@contextlib.contextmanager
def tinyproxy(directory, credentials=None):
    """An HTTP proxy; credentials: "user:password". Gives its port."""
    port = free_port()
    config = directory / "tinyproxy.conf"
    lines = [f"Port {port}", "Listen 127.0.0.1", "User nobody", "Group nogroup", "LogLevel Error", "MaxClients 20"]
    if credentials:
        lines.append("BasicAuth " + credentials.replace(":", " ", 1))
    config.write_text("".join(f"{line}\n" for line in lines))
    with running([program("tinyproxy"), "-d", "-c", config], connects_to(port)):
        yield port


@contextlib.contextmanager
def stunnel(directory, identity, to_port):
    """TLS with this certificate, before a port that has none. Gives its port."""
    port = free_port()
    certificate, config = directory / "stunnel.pem", directory / "stunnel.conf"
    certificate.write_text(identity.key_pem + identity.leaf_pem + identity.chain_pem)
    certificate.chmod(0o600)
    config.write_text(f"foreground = yes\npid =\nsyslog = no\ndebug = err\n[proxy]\ncert = {certificate}\n"
                      f"accept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{to_port}\n")
    with running([program("stunnel"), config], connects_to(port)):
        yield port


@contextlib.contextmanager
def squid(directory, scheme, credentials):
    """An HTTP proxy that wants these credentials, by "basic" or "digest". Gives its port."""
    port, (user, password) = free_port(), credentials.split(":", 1)
    passwords, config = directory / "passwords", directory / "squid.conf"
    helpers = Path("/usr/lib/squid")
    if scheme == "basic":
        crypt = subprocess.run(["openssl", "passwd", "-apr1", password], check=True, capture_output=True, text=True)
        passwords.write_text(f"{user}:{crypt.stdout}")
        helper = f"{helpers}/basic_ncsa_auth {passwords}"
    else:
        passwords.write_text(f"{user}:{password}\n")
        helper = f"{helpers}/digest_file_auth {passwords}"
    directory.chmod(0o777)  # it becomes a user of its own
    config.write_text(f"""
http_port 127.0.0.1:{port}
visible_hostname proxy.test
auth_param {scheme} program {helper}
auth_param {scheme} children 1
auth_param {scheme} realm test
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
cache deny all
pid_filename none
access_log none
cache_log {directory}/squid.log
cache_store_log none
pinger_enable off
coredump_dir {directory}
shutdown_lifetime 0 seconds
""")
    with running([program("squid"), "-N", "-n", f"wcp{port}", "-f", config], connects_to(port)):
        yield port
