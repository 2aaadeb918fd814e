"""A Debian machine with systemd, sudo and nginx, from the first command of README to the last: one story, of which each
stage is a fixture that goes on from the one before; the tests of a stage come before those of the next."""

import json
import re

import pytest

from boards import HTTPS
from debian import Debian
from half_done import leave_half_done
from harness.box import Box
from harness.web_server import served_leaf

NAME = "aws-workload-credentials-provider-acm"
RELOAD = "/usr/lib/wcp-tiny/reload-nginx"
SECOND = "second.example.com"
SECOND_SERVER = f"""server {{
    listen 443 ssl;
    server_name {SECOND};
    ssl_certificate /etc/second/tls.pem;
    ssl_certificate_key /etc/second/tls.key;
}}"""


@pytest.fixture(scope="module")
def box(aws, authority, tmp_path_factory):
    return Box(tmp_path_factory.mktemp("debian-box"), aws, authority)


@pytest.fixture(scope="module")
def web(box):
    """The certificate that nginx is to serve."""
    return box.manage("www.example.com", kind="rsa-2048", refresh_command=RELOAD, served_at="127.0.0.1:443",
                      certificate_path="/etc/nginx/tls/server.pem", private_key_path="/etc/nginx/tls/server.key",
                      chain_path=None, key_permission={"mode": "0640", "owner": "root", "group": "www-data"})


@pytest.fixture(scope="module")
def machine(web, box, tmp_path_factory):
    return Debian(tmp_path_factory.mktemp("debian"), box)


def booted(guest):
    """What systemd calls its state once every unit runs or has failed."""
    return guest.run("systemctl is-system-running --wait").out.strip()


def wait_for_success(guest, certificate):
    guest.log.wait_for(f"Certificate refresh successful for {certificate.arn}")


def show(guest, unit, what):
    return guest.must(f"systemctl show -P {what} {unit}").strip()


def served(guest, name="www.example.com"):
    return served_leaf(guest.port(HTTPS), name)


def identities(guest, certificate):
    """What changes when a file is written again, or only touched."""
    return guest.must(f"stat -c '%n %i %y %z %a %u %g' {' '.join(map(str, certificate.paths))}")


def assert_installed(guest, certificate):
    for path, text in certificate.expected().items():
        assert guest.must(f"cat {path}") == text, path


def commands(guest):
    """What was run through sudo since the machine was switched on."""
    said = guest.must("journalctl -b -q -o cat -t sudo")
    return re.findall(r"^ *(.*) : .*USER=(.*) ; COMMAND=(.*)$", said, re.MULTILINE)


# --- one file is copied onto the machine, and installed ----------------------------------------


@pytest.fixture(scope="module")
def installed(machine, web):
    with machine.boot(furnish=True) as guest:
        assert booted(guest) == "degraded"  # nginx has no certificate yet
        guest.must("/root/wcp-tiny install -c /root/config.toml")
        wait_for_success(guest, web)
        yield guest


def test_service_is_active_and_enabled(installed):
    assert show(installed, NAME, "ActiveState") == "active"
    assert installed.must(f"systemctl is-enabled {NAME} wcp-tiny-recover").split() == ["enabled", "enabled"]


def test_server_presents_the_certificate_of_aws(installed, web):
    assert served(installed) == web.issued.leaf_der
    assert show(installed, "nginx", "ActiveState") == "active"


def test_agent_is_not_root(installed):
    status = installed.must(f"cat /proc/{show(installed, NAME, 'MainPID')}/status")
    user = installed.must("id -u aws-wcp").strip()
    assert re.search(r"^Uid:\s+(.*)$", status, re.MULTILINE).group(1).split() == [user] * 4


def test_server_is_reloaded_through_sudo(installed):
    assert commands(installed) == [("aws-wcp", "root", RELOAD)]


def test_sudo_allows_the_agent_nothing_else(installed):
    for command in (f"{RELOAD} --more", "/bin/sh -c id", "/usr/sbin/nginx -s stop"):
        assert installed.run(f"runuser -u aws-wcp -- sudo -n {command}").exit_code != 0


def test_key_is_the_web_servers_to_read(installed, web):
    assert installed.must(f"stat -c '%a %U:%G' {web.path('private_key')}") == "640 root:www-data\n"


def test_status_says_what_is_served(installed):
    (found,) = json.loads(installed.must("wcp-tiny status --json"))["certificates"]
    assert (found["state"], found["served"], found["healthy"]) == ("fresh", "same", True)


# --- AWS renews ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def renewed(installed, web):
    web.renew()
    installed.must("wcp-tiny refresh")
    wait_for_success(installed, web)
    return installed


def test_renewed_certificate_is_served_after_a_refresh(renewed, web):
    assert served(renewed) == web.issued.leaf_der


@pytest.fixture(scope="module")
def before(renewed, web):
    """The first certificate's files, as they are to stay."""
    return identities(renewed, web)


# --- a configuration with a second certificate -----------------------------------------------


@pytest.fixture(scope="module")
def second(machine, box, renewed, before):
    made = box.manage(SECOND, refresh_command=RELOAD, served_at="127.0.0.1:443", chain_path=None,
                      certificate_path="/etc/second/tls.pem", private_key_path="/etc/second/tls.key")
    renewed.must(f"mkdir /etc/second && cat > /etc/nginx/conf.d/second.conf <<'END'\n{SECOND_SERVER}\nEND")
    renewed.must(f"cat > /root/new.toml <<'END'\n{machine.config()}END\nwcp-tiny reload -c /root/new.toml")
    wait_for_success(renewed, made)
    return made


def test_reload_brings_the_second_certificate_to_the_server(renewed, second):
    assert_installed(renewed, second)
    assert served(renewed, SECOND) == second.issued.leaf_der


def test_reload_leaves_the_first_certificate_alone(renewed, second, web, before):
    assert identities(renewed, web) == before
    assert served(renewed) == web.issued.leaf_der


# --- systemctl restart -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def old_process(renewed, second, web):
    """The one that was there before the service was restarted; and what had been run through sudo by then."""
    found = show(renewed, NAME, "MainPID"), commands(renewed)
    renewed.must(f"systemctl restart {NAME}")
    renewed.log.wait_for("Stopping: signal 15")
    renewed.log.wait_for(f"Certificate refresh successful for {second.arn}")
    return found


def test_restart_brings_a_new_process_and_no_change(renewed, old_process, web, before):
    pid, ran = old_process
    assert show(renewed, NAME, "ActiveState") == "active"
    assert show(renewed, NAME, "MainPID") != pid
    assert commands(renewed) == ran
    assert identities(renewed, web) == before


# --- the machine is switched off, and on again -----------------------------------------------


@pytest.fixture(scope="module")
def rebooted(machine, renewed, old_process, aws, second):
    renewed.must("systemctl poweroff --no-block")
    renewed.wait_until_off()
    aws.requests.clear()
    with machine.boot() as guest:
        assert booted(guest) == "running"
        wait_for_success(guest, second)
        yield guest


def test_after_a_boot_service_and_server_are_there(rebooted, web, second):
    assert show(rebooted, NAME, "ActiveState") == show(rebooted, "nginx", "ActiveState") == "active"
    assert served(rebooted) == web.issued.leaf_der
    assert served(rebooted, SECOND) == second.issued.leaf_der


def test_boot_changes_nothing_and_runs_no_command(rebooted, web, before):
    assert identities(rebooted, web) == before
    assert commands(rebooted) == []


def test_boot_asks_aws_once_for_each_certificate(rebooted, aws):
    assert aws.operations() == {"AssumeRole": 1, "ExportCertificate": 2}


# --- the power fails between two renames; and the first certificate is gone ------------------


@pytest.fixture(scope="module")
def power_cut(rebooted, web, second):
    """One file of the second set is new, the other not. wcp-tiny-first is to bring the first set back."""
    leave_half_done(rebooted, second, spoil="systemctl stop nginx", stop=f"systemctl stop {NAME}")
    rebooted.must(f"rm {' '.join(map(str, web.paths))} && systemctl enable wcp-tiny-first && sync")
    left = rebooted.must("cat /etc/second/tls.pem /etc/second/tls.key")
    rebooted.cut_power()
    return left


def test_one_file_was_new_and_the_other_was_not(power_cut, second):
    assert second.issued.leaf_pem in power_cut
    assert second.issued.key_pem not in power_cut


@pytest.fixture(scope="module")
def recovered(machine, power_cut, second):
    with machine.boot() as guest:
        assert booted(guest) == "running", "nginx had no certificate, or a key that does not belong to it"
        guest.log.wait_for(f"Refresh command succeeded for {second.arn}")
        yield guest


def test_recovery_was_done_before_the_server_started(recovered, second):
    ended = int(show(recovered, "wcp-tiny-recover", "ExecMainExitTimestampMonotonic"))
    assert 0 < ended < int(show(recovered, "nginx", "ExecMainStartTimestampMonotonic"))
    assert "Completed an interrupted replacement" in recovered.must("journalctl -b -q -o cat -u wcp-tiny-recover")
    assert_installed(recovered, second)
    assert served(recovered, SECOND) == second.issued.leaf_der


def test_boot_waited_for_the_first_certificate(recovered, web):
    ended = int(show(recovered, "wcp-tiny-first", "ExecMainExitTimestampMonotonic"))
    assert 0 < ended < int(show(recovered, "nginx", "ExecMainStartTimestampMonotonic"))
    assert_installed(recovered, web)
    assert served(recovered) == web.issued.leaf_der


# --- uninstall -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def uninstalled(recovered):
    recovered.must("wcp-tiny uninstall")
    return recovered


def test_uninstall_leaves_no_service(uninstalled):
    for unit in (NAME, "wcp-tiny-recover", "wcp-tiny-first"):
        assert show(uninstalled, unit, "LoadState") == "not-found"
    assert uninstalled.run("pidof wcp-tiny").exit_code != 0
    assert not uninstalled.must("ls /etc/sudoers.d").count("aws-workload")


def test_uninstall_leaves_the_certificates_to_the_server(uninstalled, web, second):
    for certificate in (web, second):
        assert_installed(uninstalled, certificate)
    assert uninstalled.must("systemctl restart nginx; systemctl is-active nginx") == "active\n"
    assert served(uninstalled) == web.issued.leaf_der
