"""A real nginx on a loopback port, and what it serves, read over TLS."""

import os
import re
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

from cryptography import x509

from .processes import dies_with_parent

PATIENCE_SECONDS = 30


def served_leaf(port, name="localhost", address="127.0.0.1"):
    """The leaf certificate that the server presents, as DER; nothing is verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((address, port), timeout=PATIENCE_SECONDS) as plain:
        with context.wrap_socket(plain, server_hostname=name) as secured:
            return secured.getpeercert(binary_form=True)


class Nginx:
    """A context manager. Its files are in `directory`; it serves the certificate and key there.

    The listening socket is made here and handed down, so the port is known and never missed, and
    a connection made too early waits instead of failing.
    """

    program = "/usr/sbin/nginx"

    def __init__(self, directory, certificate_path, key_path):
        self.directory = Path(directory)
        self.certificate_path, self.key_path = certificate_path, key_path
        self.log = []
        self._news = threading.Condition()

    @property
    def reload_command(self):
        config = self.directory / "nginx.conf"
        return f"{self.program} -p {self.directory} -c {config} -s reload"

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            self.port = listener.getsockname()[1]
            (self.directory / "nginx.conf").write_text(self._config())
            self._process = subprocess.Popen(
                [self.program, "-p", self.directory, "-c", self.directory / "nginx.conf"],
                env={**os.environ, "NGINX": f"{listener.fileno()};"},
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                preexec_fn=dies_with_parent,
            )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self.wait_for(r"start worker process \d+")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        self._process.stderr.close()

    def _config(self):
        return f"""
daemon off;
worker_processes 1;
pid {self.directory}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {self.directory}/body;
    proxy_temp_path {self.directory}/proxy;
    fastcgi_temp_path {self.directory}/fastcgi;
    uwsgi_temp_path {self.directory}/uwsgi;
    scgi_temp_path {self.directory}/scgi;
    server {{
        listen 127.0.0.1:{self.port} ssl;
        ssl_certificate {self.certificate_path};
        ssl_certificate_key {self.key_path};
        return 200 "hello\\n";
    }}
}}
"""

    def _read_log(self):
        for line in self._process.stderr:
            with self._news:
                self.log.append(line)
                self._news.notify_all()

    def _lines(self, pattern, start=0):
        return [line for line in self.log[start:] if re.search(pattern, line)]

    def wait_for(self, pattern, start=0):
        """Until the log, from its line number `start` on, has a line like this."""
        with self._news:
            if not self._news.wait_for(lambda: self._lines(pattern, start), PATIENCE_SECONDS):
                raise TimeoutError(f"nginx never said {pattern!r}:\n{''.join(self.log)}")

    def served(self):
        """The leaf certificate that a client gets now."""
        return x509.load_der_x509_certificate(served_leaf(self.port))

    def wait_until_it_serves(self, certificate):
        """For a reload that comes right after the start: its old worker may stay, and answer a few clients more."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.served() != certificate:
            assert time.monotonic() < deadline, f"nginx serves another certificate:\n{''.join(self.log)}"
            time.sleep(0.05)

    @property
    def reloads(self):
        """How often a reload was asked for and begun."""
        return len(self._lines(r": reconfiguring$"))

    def wait_until_reloaded(self, times=1):
        """Until the workers of `times` earlier configurations are gone, so that new ones answer."""
        def old_workers_gone():
            return len(self._lines(r"worker process \d+ exited with code 0")) >= times

        with self._news:
            if not self._news.wait_for(old_workers_gone, PATIENCE_SECONDS):
                raise TimeoutError(f"nginx did not reload:\n{''.join(self.log)}")
