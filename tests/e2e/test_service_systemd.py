"""The packaged service under a real systemd: unprivileged, through sudo, in its sandbox."""

import contextlib
import json
import random
import socket

import pytest

from harness.web_server import served_leaf

NAME = "aws-workload-credentials-provider-acm"
CONFIG = "/etc/aws-workload-credentials-provider/config.toml"


def free_port():
    """Below 1024, as 80 and 443 are: only who has the capability may listen there, or try to."""
    for port in random.sample(range(512, 1024), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port below 1024 is free")


@pytest.fixture
def machine(debian_with_systemd):
    return debian_with_systemd


@pytest.fixture
def nginx(machine):
    """nginx is set up to serve the certificate, which is not there yet, and does not run. Its port."""
    port = free_port()
    machine.write("/etc/nginx/nginx.conf", f"""
worker_processes 1;
pid /run/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate /etc/nginx/tls/www.example.com.crt;
        ssl_certificate_key /etc/nginx/tls/www.example.com.key;
    }}
}}
""")
    return port


@pytest.fixture
def site(box):
    return box.manage(directory="/etc/nginx/tls", chain_path=None,
                      refresh_command="/usr/lib/wcp-tiny/reload-nginx")


def test_from_one_file_to_a_server_with_the_certificate(machine, box, site, nginx):
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))

    with machine.following() as wait_for:
        wait_for("Certificate refresh successful for")
        assert served_leaf(nginx) == site.issued.leaf_der
        assert machine.must("systemctl", "is-active", NAME, "nginx").split() == ["active", "active"]

        site.renew()
        machine.must("wcp-tiny", "refresh")
        wait_for("Certificate refresh successful for")
    wait_until_served(nginx, site)


@pytest.fixture
def httpd(machine):
    """The same with Apache httpd."""
    port = free_port()
    machine.write("/etc/apache2/ports.conf", f"Listen 127.0.0.1:{port}\n")
    machine.write("/etc/apache2/sites-available/tls.conf", """
<VirtualHost *:*>
    SSLEngine on
    SSLCertificateFile /etc/apache2/tls/httpd.example.com.crt
    SSLCertificateKeyFile /etc/apache2/tls/httpd.example.com.key
</VirtualHost>
""")
    machine.must("a2dissite", "-q", "000-default")
    machine.must("a2ensite", "-q", "tls")
    machine.must("a2enmod", "-q", "ssl")
    return port


def test_nginx_and_httpd_are_reloaded_through_sudo_as_in_aws_s_walkthrough(
    machine, box, site, nginx, httpd
):
    """An unprivileged agent, and the rights that setup-config-based-permissions wrote for it."""
    other = box.manage("httpd.example.com", directory="/etc/apache2/tls", chain_path=None,
                       refresh_command="/usr/lib/wcp-tiny/reload-httpd")
    machine.must("/root/wcp-tiny", "install", "--no-start", "--no-sudoers", "-c", machine.connect_to(box))
    assert not machine.path("/etc/sudoers.d/aws-workload-credentials-provider").exists()
    machine.must("wcp-tiny", "setup-config-based-permissions")
    machine.must("systemctl", "start", NAME)

    with machine.following() as wait_for:
        for _ in range(2):
            wait_for("Certificate refresh successful for")
        wait_until_served(nginx, site)
        wait_until_served(httpd, other)
        for each in (site, other):
            each.renew()
        machine.must("wcp-tiny", "refresh")
        for _ in range(2):
            wait_for("Certificate refresh successful for")
    wait_until_served(nginx, site)
    wait_until_served(httpd, other)
    pid = machine.must("systemctl", "show", "-P", "MainPID", NAME).strip()
    assert f"\nUid:\t{machine.must('id', '-u', 'aws-wcp').strip()}\t" in machine.read(f"/proc/{pid}/status")


def wait_until_served(port, site):
    """A reload is nginx's own business once it was asked: connections tell when it is done."""
    for _ in range(1000):
        if served_leaf(port) == site.issued.leaf_der:
            return
    raise AssertionError("nginx does not serve the new certificate")


def test_agent_is_the_service_user_and_keeps_files_theirs(machine, box, site, nginx):
    machine.write("/etc/nginx/tls/www.example.com.key", "old\n", 0o640)
    machine.must("chown", "root:www-data", "/etc/nginx/tls/www.example.com.key")
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))

    with machine.following() as wait_for:
        wait_for("Certificate refresh successful for")

    pid = machine.must("systemctl", "show", "-P", "MainPID", NAME).strip()
    assert machine.must("stat", "-c", "%U:%G", f"/proc/{pid}").strip() in ("aws-wcp:awscreds", "root:root")
    assert "\nUid:\t" in machine.read(f"/proc/{pid}/status")
    uid = int(machine.must("id", "-u", "aws-wcp"))
    assert f"\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n" in machine.read(f"/proc/{pid}/status")
    assert machine.must("stat", "-c", "%U:%G", "/etc/nginx/tls/www.example.com.key") == "root:www-data\n"


def test_state_is_in_the_run_time_directory_and_outlives_the_service(machine, box, site, nginx):
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))
    with machine.following() as wait_for:
        wait_for("Certificate refresh successful for")

    assert machine.must("stat", "-c", "%U", "/run/wcp-tiny/default") == "aws-wcp\n"
    machine.must("systemctl", "stop", NAME)
    assert json.loads(machine.read("/run/wcp-tiny/default/status.json"))["certificates"][0]["arn"] == site.arn


def test_reload_restarts_the_service_with_the_new_configuration(machine, box, site, nginx):
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))
    with machine.following() as wait_for:
        wait_for("Certificate refresh successful for")
        before = machine.must("systemctl", "show", "-P", "MainPID", NAME)
        other = box.manage("other.example.com", directory="/etc/other", refresh_command="/bin/true")
        said = machine.must("wcp-tiny", "reload", "-c", machine.connect_to(box))
        wait_for(f"Refresh command succeeded for {other.arn}")

    assert f"{NAME}.service was restarted" in said
    assert machine.must("systemctl", "show", "-P", "MainPID", NAME) != before
    assert machine.read("/etc/other/other.example.com.key") == other.issued.key_pem


def test_running_command_outlives_stop_and_restart_of_the_service(machine, box, nginx):
    """It holds a lock until it ends by itself; whoever waits for the lock sees that end."""
    machine.must("mkdir", "-m", "755", "/srv/hook")
    machine.write("/srv/hook/lock", "")
    machine.write("/srv/hook/command", """#!/bin/sh
exec 9< /srv/hook/lock
flock 9
touch /srv/hook/begun
until [ -e /srv/hook/go-on ]; do sleep 0.1; done
touch /srv/hook/ended
""", 0o755)
    box.manage(directory="/etc/nginx/tls", chain_path=None, refresh_command="/srv/hook/command")
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))
    machine.must("timeout", "60", "sh", "-c", "until [ -e /srv/hook/begun ]; do sleep 0.1; done")

    for verb in ("restart", "stop"):
        machine.must("systemctl", verb, NAME)
        assert machine.run("flock", "-n", "/srv/hook/lock", "true").exit_code == 1
        assert not machine.path("/srv/hook/ended").exists()
    machine.write("/srv/hook/go-on", "")
    machine.must("flock", "-w", "60", "/srv/hook/lock", "true")

    assert machine.path("/srv/hook/ended").exists()


def test_wrong_configuration_is_not_put_in_place(machine, box, site):
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))
    before = machine.read(CONFIG), machine.must("systemctl", "show", "-P", "MainPID", NAME)

    outcome = machine.run("wcp-tiny", "reload", "-c", machine.write("/root/new.toml", "[capabilities.acn]\n"))

    assert outcome.exit_code == 2
    assert before == (machine.read(CONFIG), machine.must("systemctl", "show", "-P", "MainPID", NAME))


def test_second_install_does_not_restart_the_service(machine, box, site):
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))
    before = machine.must("systemctl", "show", "-P", "MainPID", NAME)
    machine.must("/root/wcp-tiny", "install")

    assert machine.must("systemctl", "show", "-P", "MainPID", NAME) == before


def test_second_agent_is_not_restarted_for_ever(machine, box, site):
    """Exit 3: another agent has the configuration. systemd leaves it at that."""
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))
    machine.write("/etc/systemd/system/second.service", machine.read(f"/usr/lib/systemd/system/{NAME}.service"))
    machine.must("systemctl", "daemon-reload")
    with machine.following() as wait_for:
        wait_for("ACM Scheduler starting")
    machine.run("systemctl", "--wait", "start", "second")

    assert sorted(machine.must("systemctl", "show", "-p", "ExecMainStatus,NRestarts", "second").split()) == [
        "ExecMainStatus=3", "NRestarts=0"]


def test_trying_it_by_hand_as_root_does_not_hinder_the_service(machine, box, site, nginx):
    """Before its first start, and between two."""
    machine.must("/root/wcp-tiny", "install", "--no-start", "-c", machine.connect_to(box))
    machine.environment.update(box.environment, AWS_CA_BUNDLE="/etc/ssl/aws-ca.pem")
    with machine.following() as wait_for:
        for _ in range(2):
            machine.must("wcp-tiny", "once")
            machine.run("timeout", "1", "wcp-tiny", "run")
            site.renew()
            machine.must("systemctl", "start", NAME)
            wait_for(f"Refresh command succeeded for {site.arn}")
            wait_for("Certificate refresh successful for")
            assert json.loads(machine.must("wcp-tiny", "status", "--json"))["agent"]["running"] is True
            assert machine.run("wcp-tiny", "run").exit_code == 3
            assert machine.must("systemctl", "show", "-P", "NRestarts", NAME) == "0\n"
            machine.must("systemctl", "stop", NAME)


def test_no_start_only_enables(machine, box, site):
    machine.must("/root/wcp-tiny", "install", "--no-start", "-c", machine.connect_to(box))

    assert machine.run("systemctl", "is-active", NAME).out == "inactive\n"
    assert machine.must("systemctl", "is-enabled", NAME) == "enabled\n"


def test_uninstall_stops_it_and_systemd_forgets_it(machine, box, site):
    machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))
    machine.must("/root/wcp-tiny", "uninstall")

    assert machine.run("systemctl", "cat", NAME).exit_code != 0
    assert machine.run("pidof", "wcp-tiny").exit_code != 0


def test_recovery_finishes_an_interrupted_installation(machine, box, site, nginx):
    config = machine.connect_to(box)
    machine.must("/root/wcp-tiny", "install", "--no-start", "-c", config)
    machine.must("chown", "aws-wcp", "/etc/nginx/tls")
    machine.environment.update(box.environment, AWS_CA_BUNDLE="/etc/ssl/aws-ca.pem")
    machine.run("strace", "-qq", "-o", "/dev/null", "-e", "inject=renameat:signal=KILL:when=2",
                "wcp-tiny", "once", user="aws-wcp")
    assert "wcp-journal" in machine.must("ls", "-A", "/etc/nginx/tls")

    machine.must("systemctl", "start", "wcp-tiny-recover")

    for path, text in site.expected().items():
        assert machine.read(path) == text
    assert "wcp-new" not in machine.must("ls", "-A", "/etc/nginx/tls")


def test_boot_waits_for_the_first_certificate_when_asked_to(machine, box, site, nginx):
    machine.must("/root/wcp-tiny", "install", "--no-start", "-c", machine.connect_to(box))
    machine.must("systemctl", "start", "wcp-tiny-first")

    assert machine.path("/etc/nginx/tls/www.example.com.crt").exists()
    assert "nginx.service" in machine.must("systemctl", "list-jobs") or (
        machine.must("systemctl", "is-active", "nginx") == "active\n")
    machine.must("systemctl", "start", "nginx")  # waits for the same job
    assert served_leaf(nginx) == site.issued.leaf_der
