"""The init script on a board that has busybox and nothing else."""

import json

import pytest

SCRIPT = "/etc/init.d/S49wcp-tiny"
CONFIG = "/etc/aws-workload-credentials-provider/config.toml"
FILES = "/etc/ssl/site"


@pytest.fixture
def machine(busybox):
    return busybox


@pytest.fixture
def site(box):
    return box.manage(directory=FILES, refresh_command="/usr/bin/reload-by-test")


@pytest.fixture
def installed(machine, box, site):
    """The agent is installed and not started; the refresh command writes a file."""
    machine.write("/usr/bin/reload-by-test", "#!/bin/sh\necho $WCP_CERTIFICATE_PATH >> /tmp/reloads\n", 0o755)
    machine.must("/root/wcp-tiny", "install", "--no-start", "-c", machine.connect_to(box))
    return machine


def settings(machine, text):
    path = machine.path("/etc/default/wcp-tiny")
    path.write_text(path.read_text() + text)


def running(machine):
    """Pids of the resident agent."""
    return [int(pid) for pid in machine.run("pidof", "wcp-tiny").out.split()]


def assert_installed(machine, site):
    for path, text in site.expected().items():
        assert machine.read(path) == text


def test_from_one_file_to_a_running_service(machine, box, site):
    machine.write("/usr/bin/reload-by-test", "#!/bin/sh\n", 0o755)
    said = machine.must("/root/wcp-tiny", "install", "-c", machine.connect_to(box))

    assert f"{SCRIPT}: written" in said and "the service is running" in said
    with machine.following() as wait_for:
        wait_for("Certificate refresh successful for")
    assert_installed(machine, site)
    assert len(running(machine)) == 1
    assert machine.must("id", "-gn", "aws-wcp") == "awscreds\n"


def test_second_install_changes_nothing_and_restarts_nothing(installed):
    installed.must(SCRIPT, "start")
    before = installed.tree("/etc", "/usr", "/opt"), running(installed)

    said = installed.must("/root/wcp-tiny", "install")

    assert (installed.tree("/etc", "/usr", "/opt"), running(installed)) == before
    assert ": written" not in said and ": created" not in said


def test_start_status_stop(installed):
    assert installed.run(SCRIPT, "status").exit_code == 3

    assert installed.must(SCRIPT, "start") == "Starting wcp-tiny: OK\n"
    (pid,) = running(installed)
    assert installed.read("/var/run/wcp-tiny.pid") == f"{pid}\n"
    assert installed.must(SCRIPT, "status") == f"wcp-tiny is running, pid {pid}\n"
    assert installed.must(SCRIPT, "start") == f"wcp-tiny is already running, pid {pid}\n"
    assert running(installed) == [pid]

    assert installed.must(SCRIPT, "stop") == "Stopping wcp-tiny: OK\n"
    assert running(installed) == []
    assert installed.run(SCRIPT, "status").exit_code == 3
    assert installed.must(SCRIPT, "stop") == "Stopping wcp-tiny: OK\n"


def test_restart_is_another_process(installed):
    installed.must(SCRIPT, "start")
    before = running(installed)
    installed.must(SCRIPT, "restart")

    assert len(running(installed)) == 1 and running(installed) != before


def test_pid_file_of_an_earlier_boot_is_no_agent(installed):
    installed.write("/var/run/wcp-tiny.pid", "1\n")

    assert installed.run(SCRIPT, "status").exit_code == 3
    installed.must(SCRIPT, "start")
    assert len(running(installed)) == 1


def test_agent_that_cannot_start_is_said(installed):
    installed.write("/usr/sbin/wcp-tiny", "#!/bin/sh\nexit 3\n", 0o755)

    outcome = installed.run(SCRIPT, "start")

    assert outcome.exit_code == 1
    assert outcome.out == "Starting wcp-tiny: FAIL\n"


def test_reload_applies_a_changed_configuration(installed, box, site):
    installed.must(SCRIPT, "start")
    with installed.following() as wait_for:
        wait_for("Certificate refresh successful for")
        other = box.manage("other.example.com", directory=FILES)
        said = installed.must("wcp-tiny", "reload", "-c", installed.connect_to(box))
        wait_for(f"Certificate refresh successful for {other.arn}")

    assert f"the agent, pid {running(installed)[0]}, was told to reload" in said
    assert_installed(installed, other)


def test_reload_without_an_agent_says_so(installed, box):
    outcome = installed.run("wcp-tiny", "reload")

    assert outcome.exit_code == 0
    assert "no agent is running" in outcome.out
    assert installed.run(SCRIPT, "reload").exit_code == 1


def test_two_words_of_upstream_reload_as_well(installed):
    assert installed.run("aws-workload-credentials-provider", "acm", "reload", "--no-sudoers").exit_code == 0


def test_agent_of_another_user(installed, box, site):
    settings(installed, "WCP_USER=aws-wcp\n")
    installed.must("chown", "-R", "aws-wcp", FILES)
    installed.must(SCRIPT, "start")
    with installed.following() as wait_for:
        wait_for("Certificate files written for")

    uid = int(installed.must("id", "-u", "aws-wcp"))
    assert f"\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n" in installed.read(f"/proc/{running(installed)[0]}/status")
    assert installed.path("/run/wcp-tiny/default").stat().st_uid == uid


def test_what_it_says_on_stderr_reaches_syslog(installed, box):
    box.edge["log_destination"] = "stderr"
    installed.must("wcp-tiny", "reload", "-c", installed.connect_to(box))
    installed.must("syslogd", "-O", "/var/log/messages")
    installed.must(SCRIPT, "start")

    with installed.following("/var/log/messages") as wait_for:
        wait_for("wcp-tiny: .*ACM Scheduler starting")


def test_recovers_before_it_starts(installed, box, site):
    installed.write("/usr/sbin/wcp-tiny", '#!/bin/sh\necho "$1" >> /tmp/calls\n', 0o755)
    installed.run(SCRIPT, "start")

    assert installed.read("/tmp/calls").split() == ["recover", "run"]


def test_a_machine_without_configuration_boots_silently(installed):
    """Everything that it starts with is there but the configuration: syslog alone hears of it."""
    installed.path(CONFIG).unlink()
    settings(installed, "WCP_FIRST_WAIT=60\n")
    installed.must("syslogd", "-O", "/var/log/messages")

    outcome = installed.run(SCRIPT, "start")

    assert (outcome.exit_code, outcome.out, outcome.err) == (0, "Starting wcp-tiny: OK\n", "")
    with installed.following("/var/log/messages") as wait_for:
        wait_for(f"wcp-tiny.*: nothing to recover: there is no {CONFIG} yet")


def test_agent_has_a_session_of_its_own_and_the_settings_in_its_environment(installed):
    settings(installed, "WCP_TEST=\"of the settings\"\n")
    installed.must(SCRIPT, "start")

    (pid,) = running(installed)
    stat = installed.read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    assert stat[3] != str(installed.pid) and stat[4] == "0"  # a session without a terminal
    assert "WCP_TEST=of the settings" in installed.read(f"/proc/{pid}/environ").split("\0")


@pytest.fixture
def with_fstab(installed):
    """The agent is a script that writes down how it was called, and what was in /data then."""
    installed.write("/usr/sbin/wcp-tiny", '#!/bin/sh\necho "$1" $(ls /data) >> /tmp/calls\n', 0o755)
    installed.path("/data").mkdir()
    installed.write("/etc/fstab", "# a comment\n\n"
                    "/dev/root / ext2 rw 0 1\nproc /proc proc defaults 0 0\nswap none swap defaults 0 0\n"
                    "none /usb vfat noauto 0 0\nnone /card vfat rw,nofail 0 0\n"
                    "none /data/ tmpfs mode=0755 0 0")
    return installed


def test_recovery_waits_for_what_fstab_mounts(with_fstab):
    with_fstab.write("/tmp/said", "")
    with_fstab.must("sh", "-c", f"{SCRIPT} start > /tmp/said 2>&1 &")
    with with_fstab.following("/tmp/said") as wait_for:
        wait_for("waiting for file systems of /etc/fstab: /data/$")
        assert not with_fstab.path("/tmp/calls").exists()
        with_fstab.must("sh", "-c", "mkdir /new && mount -t tmpfs none /new && touch /new/there && mount --move /new /data")
        wait_for("Starting wcp-tiny: ")

    assert with_fstab.read("/tmp/calls").splitlines()[0] == "recover there"


def test_file_system_that_does_not_come_is_said_and_not_waited_for_longer(with_fstab):
    settings(with_fstab, "sleep() { echo >> /tmp/slept; command sleep 0.02; }\n")

    said = with_fstab.run(SCRIPT, "start").out

    assert said.startswith("wcp-tiny: waiting for file systems of /etc/fstab: /data/\n"
                           "wcp-tiny: not mounted after half a minute: /data/; going on without\n")
    assert with_fstab.read("/tmp/calls").split() == ["recover", "run"]
    assert len(with_fstab.read("/tmp/slept")) >= 150


def test_boot_waits_for_the_first_certificate_when_asked_to(installed, site):
    settings(installed, "WCP_FIRST_WAIT=60\nWCP_START=no\n")
    installed.must(SCRIPT, "start")

    assert_installed(installed, site)
    assert installed.read("/tmp/reloads") == f"{FILES}/www.example.com.crt\n"
    assert running(installed) == []


def test_boot_waits_no_longer_than_asked_to(installed, aws):
    aws.stop_answering = True
    installed.write("/etc/default/wcp-tiny", "AWS_ENDPOINT_URL=http://127.0.0.1:1\nWCP_FIRST_WAIT=1\nWCP_START=no\n")

    assert installed.run(SCRIPT, "start").exit_code == 0


def test_boot_does_not_wait_when_the_certificate_is_there(installed, site):
    for path in site.paths:
        installed.write(path, "there\n")
    settings(installed, "WCP_FIRST_WAIT=600\nWCP_START=no\n")
    installed.must(SCRIPT, "start")

    assert {installed.read(path) for path in site.paths} == {"there\n"}


def test_init_respawns_the_agent(installed, rootfs):
    """The line of inittab, and a real busybox init as its reader."""
    settings(installed, "WCP_START=no\n")
    line = rootfs["/usr/share/wcp-tiny/inittab"].read_text().splitlines()[-1]
    assert installed.read("/usr/share/wcp-tiny/inittab").endswith(f"{line}\n")
    installed.write("/etc/inittab", f"::sysinit:{SCRIPT} start\n{line}\n")

    with installed.following() as wait_for:
        installed.boot_now()
        wait_for("ACM Scheduler starting")
        (first,) = running(installed)
        assert installed.must(SCRIPT, "status") == f"wcp-tiny is running, pid {first}\n"
        installed.must("kill", "-9", first)
        wait_for("ACM Scheduler starting")
        assert running(installed) != [first]


def test_status_tells_what_the_agent_does(installed, site):
    installed.must(SCRIPT, "start")
    with installed.following() as wait_for:
        wait_for("Certificate refresh successful for")

    state = json.loads(installed.must("wcp-tiny", "status", "--json"))
    assert [certificate["arn"] for certificate in state["certificates"]] == [site.arn]


def test_uninstall_leaves_certificates(installed, site):
    installed.must(SCRIPT, "start")
    with installed.following() as wait_for:
        wait_for("Certificate refresh successful for")
    installed.must("/root/wcp-tiny", "uninstall", "--purge")

    assert running(installed) == []
    assert_installed(installed, site)
    assert not installed.path(SCRIPT).exists() and not installed.path(CONFIG).exists()
