"""A board's life, from its first boot in 1970 to a power cut, as one story: each stage is a fixture that goes on from
the one before, and the tests of a stage come before those of the next."""

import json
import re
import threading
import time

import pytest

from boards import CONFIG, FILES, HTTPS, LOG
from half_done import leave_half_done
from harness.web_server import served_leaf
from packages import ROOT, run

SECOND = "second.example.com"
UNIT_TESTS = ("test_sandbox", "test_batch_deaths")


@pytest.fixture(scope="module")
def web(site):
    """The certificate of the web server."""
    return site.manage("www.example.com", refresh_command="/usr/lib/wcp-tiny/reload-nginx", served_at="127.0.0.1:443")


def served(guest):
    return served_leaf(guest.port(HTTPS), "www.example.com")


def assert_installed(guest, certificate):
    for path, text in certificate.expected().items():
        assert guest.must(f"cat {path}") == text, path


def identities(guest, certificate):
    """What changes when a file is written again, or only touched."""
    return guest.must(f"stat -c '%n %i %Y %Z %a %u %g' {' '.join(map(str, certificate.paths))}")


def status(guest):
    return json.loads(guest.run("wcp-tiny status --json").out)


def lines(text, pattern):
    return [line for line in text.splitlines() if re.search(pattern, line)]


# --- how long it takes when nothing is in the way -------------------------------------------


@pytest.mark.long
def test_from_power_to_a_served_certificate(board, site, web, record_property):
    site.make_disk()
    with site.boot() as guest:
        times = [guest.switched_on]
        for line in ("^tests: init", "^Starting network", "^tests: address"):
            times.append(guest.console.wait_for(line).time)
        guest.log.wait_for("Refresh command succeeded")
        assert served(guest) == web.issued.leaf_der
        times.append(time.monotonic())
    kernel, init, network, agent = (end - start for start, end in zip(times, times[1:]))
    record_property("note", f"{board.name}, emulated: from power to a served certificate {times[-1] - times[0]:.1f} s:"
                    f" kernel {kernel:.1f}, init {init:.1f}, network {network:.1f}, agent and web server {agent:.1f}")


# --- the first boot: no link, and the clock says 1970 -------------------------------------


@pytest.fixture(scope="module")
def without_link(board, site, web, aws):
    aws.requests.clear()
    unit_tests = {f"tests/{name}": ROOT / f"build/{board.name}/test/unit/{name}" for name in UNIT_TESTS}
    site.make_disk(unit_tests)
    with site.boot(clock="1970-01-01T00:00:00") as guest:
        guest.set_link(False)
        guest.console.wait_for("tests: up")
        guest.log.wait_for("nothing can be fetched")
        yield guest


def test_it_boots_in_1970_and_without_an_address(without_link):
    assert without_link.must("date +%Y") == "1970\n"
    assert "inet " not in without_link.must("ip address show eth0")


def test_recover_has_run_before_the_web_server_is_started(without_link):
    scripts = re.findall("^Starting (wcp-tiny|nginx): ", without_link.console.text, re.MULTILINE)

    assert scripts == ["wcp-tiny", "nginx"]


def test_agent_waits_for_the_clock_and_says_so(without_link, aws):
    assert re.search(r"the clock says 1970-01-01T\S+, before this program was", without_link.log.text)
    assert "clock" in status(without_link)["agent"]["waiting"]
    assert "FAIL clock: " in without_link.run("wcp-tiny doctor").out
    assert aws.requests == []


# --- the link comes ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_link(without_link):
    without_link.set_link(True)
    without_link.console.wait_for("tests: address 10.0.2.15")
    return without_link


def test_a_link_alone_changes_nothing(with_link, aws):
    assert "clock" in status(with_link)["agent"]["waiting"]
    assert aws.requests == []


# --- the clock is set, as ntpd would ---------------------------------------------------------


@pytest.fixture(scope="module")
def seen(with_link, aws):
    """What /proc says of a worker that waits for AWS; then it gets its answer."""
    asked, answered = threading.Event(), threading.Event()

    def answer_later(connection, request):
        asked.set()
        answered.wait(100)
        return connection.server.export(request)

    aws.script("ExportCertificate", answer_later)
    with_link.must(f"date -s @{time.time():.0f}")
    assert asked.wait(100), with_link.log.text
    found = with_link.must("""
        read -r agent < /run/wcp-tiny.pid
        read -r worker < /proc/$agent/task/$agent/children
        cat /proc/${worker% }/status""")
    answered.set()
    with_link.log.wait_for("Certificate refresh successful")
    return found


@pytest.fixture(scope="module")
def fresh(with_link, seen):
    return with_link


def test_certificate_is_in_place_soon_after_the_clock_is_right(fresh, web):
    assert "The clock was set" in fresh.log.text
    assert_installed(fresh, web)
    assert fresh.must(f"stat -c %a {web.path('private_key')}") == "600\n"


def test_web_server_was_started_with_it_and_serves_it(fresh, web):
    assert served(fresh) == web.issued.leaf_der


def test_worker_is_behind_seccomp_without_a_privilege(seen):
    found = dict(line.split(":\t", 1) for line in seen.splitlines() if ":\t" in line)

    assert found["Seccomp"] == "2" and found["NoNewPrivs"] == "1"
    assert found["Uid"].split() == ["901"] * 4
    assert {int(found[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}


def test_doctor_finds_everything_right_and_names_the_walls_of_this_kernel(fresh):
    said = fresh.must("wcp-tiny doctor")

    # Linux 6.1 has the second Landlock: files, but neither ports nor signals yet.
    assert "ok   sandbox: seccomp on; Landlock on: files\n" in said


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_forbidden_calls_end_a_worker_on_this_processor(fresh, name):
    said = fresh.must(f"cd /tmp && CMOCKA_MESSAGE_OUTPUT=TAP /data/tests/{name}")

    (planned,) = re.findall(r"^1\.\.(\d+)$", said, re.MULTILINE)
    assert len(lines(said, r"^ok (?!.*# *skip)")) == int(planned) > 0


def test_status_and_log_are_there(fresh, web):
    (certificate,) = status(fresh)["certificates"]
    assert (certificate["state"], certificate["arn"], certificate["served"]) == ("fresh", web.arn, "same")
    assert re.search("^ *fresh +19[78] ", fresh.must("wcp-tiny status"), re.MULTILINE)
    assert fresh.must(f"stat -c %a {LOG}") == "640\n"
    assert f"Certificate refresh successful for {web.arn}\n" in fresh.must(f"cat {LOG}")


# --- it is switched off ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def before(fresh, web):
    return identities(fresh, web)


@pytest.fixture(scope="module")
def switched_off(fresh, before):
    fresh.must("poweroff")
    fresh.wait_until_off()
    return fresh


def test_agent_ends_at_once_when_the_board_is_switched_off(switched_off, site):
    assert switched_off.console.first("^Stopping wcp-tiny: OK$")
    assert site.read(LOG).splitlines()[-1].endswith("INFO Stopping: signal 15")


def test_nothing_is_left_over(switched_off, site, web):
    listed = run(["debugfs", "-R", "ls -p /tls", site.disk], "listing files")
    names = {line.split("/")[5] for line in listed.splitlines() if line.startswith("/")} - {".", ".."}

    assert names == {path.name for path in web.paths}


# --- the second boot: everything is as it should be -----------------------------------------


@pytest.fixture(scope="module")
def second_boot(switched_off, site, aws):
    aws.requests.clear()
    with site.boot() as guest:
        guest.log.wait_for("Certificate refresh successful")
        yield guest


def test_web_server_has_its_certificate_from_the_beginning(second_boot, web):
    second_boot.console.wait_for("tests: up")
    assert second_boot.console.first("^Starting nginx: OK$")
    assert served(second_boot) == web.issued.leaf_der


def test_second_boot_writes_nothing_and_runs_no_command(second_boot, web, before):
    assert identities(second_boot, web) == before
    assert lines(second_boot.log.text, "Skipping refresh command")
    assert not lines(second_boot.log.text, "Running refresh command|files written")


def test_second_boot_asks_aws_once(second_boot, aws):
    assert aws.operations() == {"AssumeRole": 1, "ExportCertificate": 1}


# --- a configuration with a second certificate is dropped -----------------------------------


@pytest.fixture(scope="module")
def second(site, second_boot):
    """The second certificate, installed."""
    made = site.manage(SECOND)
    second_boot.must(f"cat > {CONFIG}/new <<'END'\n{site.config()}END\nmv {CONFIG}/new {CONFIG}/config.toml")
    second_boot.log.wait_for(f"Certificate refresh successful for {made.arn}")
    return made


def test_dropped_certificate_is_installed_while_the_agent_runs(second_boot, second):
    assert_installed(second_boot, second)
    assert [found["state"] for found in status(second_boot)["certificates"]] == ["fresh", "fresh"]


def test_the_other_certificate_is_left_alone(second_boot, second, web, before):
    assert identities(second_boot, web) == before


# --- the power fails between two renames ------------------------------------------------------


@pytest.fixture(scope="module")
def half_done(second_boot, second, web):
    """One file of the set has its new contents, the other not yet; then everything stops."""
    leave_half_done(second_boot, web, spoil="mount --bind /bin/busybox /usr/lib/wcp-tiny/reload-nginx",
                    stop="kill -9 $(cat /run/wcp-tiny.pid)")
    second_boot.must("echo WCP_START=no >> /etc/default/wcp-tiny && sync")
    left = second_boot.must(f"cat {web.path('certificate')} {web.path('private_key')}; ls -A {FILES}")
    second_boot.cut_power()
    return left


def test_the_set_was_half_done(half_done, web):
    assert web.issued.leaf_pem in half_done and web.issued.key_pem not in half_done
    assert "wcp-journal" in half_done and "wcp-new" in half_done


@pytest.fixture(scope="module")
def third_boot(half_done, site):
    """AWS cannot be reached, and the agent is left to init, which starts it after everything else."""
    with site.boot(aws_port=site.unused_port()) as guest:
        guest.console.wait_for("tests: up")
        yield guest


def test_recover_alone_has_made_the_set_whole_before_the_web_server_starts(third_boot, web):
    assert third_boot.run("pidof wcp-tiny").exit_code == 1
    assert third_boot.console.first("^Starting nginx: OK$"), "certificate and key did not belong together"
    assert_installed(third_boot, web)
    assert served(third_boot) == web.issued.leaf_der


@pytest.fixture(scope="module")
def without_aws(third_boot):
    third_boot.must("setsid /etc/init.d/S49wcp-tiny run < /dev/null > /dev/null 2>&1 &")
    third_boot.log.wait_for("Error refreshing certificate")
    third_boot.log.wait_for("Refresh command succeeded")
    return third_boot


def test_its_command_is_run_without_aws(without_aws, web):
    assert lines(without_aws.log.text, f"Refresh command succeeded for {web.arn}")


def test_agent_says_why_aws_cannot_be_reached(without_aws):
    (first, *_) = lines(without_aws.log.text, "Error refreshing certificate")
    assert "amazonaws.com" in first
