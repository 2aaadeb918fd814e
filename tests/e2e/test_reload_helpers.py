"""The refresh commands of /usr/lib/wcp-tiny with the real servers, without systemd: see test_service_systemd for that."""

import re
import socket
from dataclasses import dataclass

import pytest

from harness import pki
from harness.web_server import served_leaf

TLS = "/etc/tls"
NGINX = """
worker_processes 1;
pid /run/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {tls}/www.pem; ssl_certificate_key {tls}/www.key; }}
}}
"""
APACHE = """
ServerName localhost
PidFile /run/apache2.pid
ErrorLog /dev/null
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
Listen 127.0.0.1:{port}
SSLEngine on
SSLCertificateFile {tls}/www.pem
SSLCertificateKeyFile {tls}/www.key
"""
HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend www
    bind 127.0.0.1:{port} ssl crt {tls}/combined.pem
"""
LIGHTTPD = """
server.document-root = "/srv"
server.port = {port}
server.bind = "127.0.0.1"
server.modules = ( "mod_openssl" )
ssl.engine = "enable"
ssl.pemfile = "{tls}/combined.pem"
"""


@dataclass
class Server:
    """A server on the machine, by its helper's name."""

    machine: object
    name: str
    config: str
    text: str
    port: int

    def __post_init__(self):
        self.number = 0
        self.renew()
        self.write_config()

    def write_config(self, more=""):
        self.machine.write(self.config, self.text.format(port=self.port, tls=TLS) + more)

    def renew(self):
        """Other files in the certificate's place."""
        self.number += 1
        self.issued = pki.self_signed("www.example.com", number=self.number)
        self.machine.write(f"{TLS}/www.pem", self.issued.leaf_pem)
        self.machine.write(f"{TLS}/www.key", self.issued.key_pem)
        self.machine.write(f"{TLS}/combined.pem", self.issued.key_pem + self.issued.leaf_pem)

    def refresh(self):
        return self.machine.run(f"/usr/lib/wcp-tiny/reload-{self.name}")

    def served(self):
        """The number of the certificate that is served; a reload is the server's own business once it was asked."""
        for _ in range(2000):
            try:
                if served_leaf(self.port) == self.issued.leaf_der:
                    return self.number
            except OSError:
                pass  # between two processes
        return None


@pytest.fixture(params=["nginx", "httpd", "haproxy", "lighttpd"])
def server(request, debian):
    config, text = {
        "nginx": ("/etc/nginx/nginx.conf", NGINX),
        "httpd": ("/etc/apache2/apache2.conf", APACHE),
        "haproxy": ("/etc/haproxy/haproxy.cfg", HAPROXY),
        "lighttpd": ("/etc/lighttpd/lighttpd.conf", LIGHTTPD),
    }[request.param]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    debian.must("/root/wcp-tiny", "install", "--no-start")
    debian.must("sh", "-c", "rm -f /etc/init.d/*")
    return Server(debian, request.param, config, text, port)


def test_starts_then_reloads(server):
    assert server.refresh().exit_code == 0
    assert server.served() == 1

    server.renew()
    assert server.refresh().exit_code == 0
    assert server.served() == 2


def test_wrong_configuration_is_refused_and_the_server_goes_on(server):
    server.refresh()
    assert server.served() == 1
    server.write_config("\nno such directive\n")

    outcome = server.refresh()

    assert outcome.exit_code == 1
    assert "configuration" in outcome.err and "nothing was reloaded" in outcome.err
    assert server.served() == 1


# The configuration tests of the others do not look at keys.
@pytest.mark.parametrize("server", ["nginx", "haproxy"], indirect=True)
def test_key_that_does_not_match_is_refused(server):
    server.refresh()
    other = pki.self_signed("other.example.com", number=99)
    server.machine.write(f"{TLS}/www.key", other.key_pem)
    server.machine.write(f"{TLS}/combined.pem", other.key_pem + server.issued.leaf_pem)

    assert server.refresh().exit_code == 1
    assert server.served() == 1


def test_wrong_configuration_of_a_stopped_server_fails(server):
    server.write_config("\nno such directive\n")

    assert server.refresh().exit_code == 1


def test_server_that_is_not_installed(server):
    for program in ("nginx", "apache2", "apache2ctl", "httpd", "haproxy", "lighttpd"):
        server.machine.run("rm", "-f", f"/usr/sbin/{program}")

    outcome = server.refresh()

    assert outcome.exit_code == 1
    assert re.search(r"reload-\w+: \w+ is not installed", outcome.err)


def test_init_script_starts_a_stopped_server(server):
    script = server.machine.write(f"/etc/init.d/S50{server.name}", '#!/bin/sh\necho "$0 $1" > /tmp/started\n', 0o755)

    assert server.refresh().exit_code == 0
    assert server.machine.read("/tmp/started") == f"{script} start\n"


@pytest.mark.parametrize("server", ["haproxy"], indirect=True)
def test_master_of_haproxy_makes_new_workers(server):
    server.machine.must("haproxy", "-W", "-D", "-p", "/run/haproxy.pid", "-f", server.config)
    assert server.served() == 1
    master = server.machine.read("/run/haproxy.pid")

    server.renew()
    assert server.refresh().exit_code == 0

    assert server.served() == 2
    assert server.machine.read("/run/haproxy.pid").split()[0] == master.split()[0]
