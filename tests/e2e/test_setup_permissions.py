"""`setup-config-based-permissions`: what the service's user may do is what the configuration needs."""

import pytest

COMMAND = "setup-config-based-permissions"
CONFIG = "/etc/aws-workload-credentials-provider/config.toml"
SUDOERS = "/etc/sudoers.d/aws-workload-credentials-provider"
DROP_IN = "/etc/systemd/system/aws-workload-credentials-provider-acm.service.d/cert-paths.conf"
UNIT = "/usr/lib/systemd/system/aws-workload-credentials-provider-acm.service"
LOGS = "/opt/aws/workload-credentials-provider/logs"


@pytest.fixture
def machine(debian, debian_config):
    """With the agent installed; `permit` sets up permissions for these refresh commands."""
    debian.must("/root/wcp-tiny", "install")

    def permit(*commands, arguments=(), **options):
        debian.path(CONFIG).unlink()
        debian.write(CONFIG, debian_config(*commands, **options))
        outcome = debian.run("wcp-tiny", COMMAND, *arguments)
        assert outcome.exit_code == 0
        return outcome

    debian.permit = permit
    return debian


def allowed(machine, *command):
    return machine.run("sudo", "-n", "-l", "-U", "aws-wcp", *command).exit_code == 0


def rules(machine):
    return [line for line in machine.read(SUDOERS).splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("command, others", [
    ("/usr/sbin/nginx -s reload", ["/usr/sbin/nginx", "/usr/sbin/nginx -s stop", "/usr/sbin/nginx -s reload -c /x"]),
    ("/bin/true", ["/bin/true x", "/bin/false"]),
    ("/usr/bin/env A=b@c x+y_z.-=", ["/usr/bin/env", "/usr/bin/env A=b@c x+y_z.-= d", "/usr/bin/env sh"]),
    ("/usr/bin/install -m 0600   a   b", ["/usr/bin/install -m 0600 a", "/usr/bin/install -m 0600 a b c"]),
])
def test_sudo_allows_the_command_and_nothing_else(machine, command, others):
    machine.permit(command)

    assert allowed(machine, *command.split())
    assert [other for other in others if allowed(machine, *other.split())] == []


def test_command_runs_through_sudo_as_the_agent_runs_it(machine):
    machine.permit("/usr/bin/env A=b /usr/bin/id -u")

    assert machine.must("sudo", "-n", "/usr/bin/env", "A=b", "/usr/bin/id", "-u", user="aws-wcp") == "0\n"
    assert machine.run("sudo", "-n", "/usr/bin/id", "-u", user="aws-wcp").exit_code != 0


def test_one_rule_for_each_distinct_command(machine):
    machine.permit("/bin/b  x", "/bin/a", "/bin/b x", None, " /bin/a ")

    assert rules(machine) == ["aws-wcp ALL=(ALL) NOPASSWD: /bin/b x", 'aws-wcp ALL=(ALL) NOPASSWD: /bin/a ""']
    assert machine.must("stat", "-c", "%a %U:%G", SUDOERS) == "440 root:root\n"


def test_command_that_begins_like_another_has_its_own_rule(machine):
    machine.permit("/bin/a b c", "/bin/a b", "/bin/a")

    assert len(rules(machine)) == 3


def test_removed_commands_vanish(machine):
    machine.permit("/bin/one", "/bin/two")
    machine.permit("/bin/two")

    assert rules(machine) == ['aws-wcp ALL=(ALL) NOPASSWD: /bin/two ""']


def test_without_commands_there_is_no_rule(machine):
    machine.permit("/bin/one")
    machine.permit(None)

    assert rules(machine) == []


def test_second_run_writes_nothing(machine):
    machine.permit("/bin/one")
    before = machine.tree("/etc/sudoers.d", "/etc/systemd", "/opt/aws")

    outcome = machine.run("wcp-tiny", COMMAND)

    assert machine.tree("/etc/sudoers.d", "/etc/systemd", "/opt/aws") == before
    assert outcome.out.count(": unchanged") == 3 == len(outcome.out.splitlines())


def test_rules_that_visudo_refuses_are_not_put_in_place(machine):
    machine.permit("/bin/one")
    machine.write("/usr/local/sbin/visudo", "#!/bin/sh\necho refused by the test >&2\nexit 1\n", 0o755)

    machine.path(CONFIG).write_text(machine.read(CONFIG).replace("/bin/one", "/bin/two"))
    outcome = machine.run("wcp-tiny", COMMAND)

    assert outcome.exit_code == 1
    assert "refused by the test" in outcome.err and f"{SUDOERS} was not written" in outcome.err
    assert rules(machine) == ['aws-wcp ALL=(ALL) NOPASSWD: /bin/one ""']
    assert machine.must("ls", "-A", "/etc/sudoers.d").split() == ["README", "aws-workload-credentials-provider"]


def test_warns_when_sudoers_does_not_include_the_directory(machine):
    assert "warning" not in machine.permit("/bin/one").err
    machine.path("/etc/sudoers").chmod(0o640)
    machine.path("/etc/sudoers").write_text("root ALL=(ALL) ALL\n# no includedir of /etc/sudoers.d\n")

    assert "@includedir /etc/sudoers.d" in machine.permit("/bin/one").err


def test_machine_without_sudo(machine):
    machine.must("rm", "-rf", "/usr/sbin/visudo", "/usr/bin/sudo", "/etc/sudoers", "/etc/sudoers.d")

    outcome = machine.permit("/bin/one")

    assert "skipped: sudo is not installed" in outcome.out
    assert not machine.path("/etc/sudoers.d").exists()
    assert machine.path(DROP_IN).exists()


def test_machine_without_systemd(machine):
    machine.must("rm", "-rf", "/etc/systemd")

    outcome = machine.permit("/bin/one")

    assert "skipped: this machine does not use systemd" in outcome.out
    assert rules(machine) != []


def test_no_sudoers_leaves_the_rules_alone(machine):
    machine.permit("/bin/one")
    machine.permit("/bin/two", directory="/etc/other", arguments=["--no-sudoers"])

    assert rules(machine) == ['aws-wcp ALL=(ALL) NOPASSWD: /bin/one ""']
    assert "/etc/other" in machine.read(DROP_IN)


def test_nothing_is_written_when_acm_is_disabled(machine):
    outcome = machine.permit("/bin/one", enabled=False)

    assert "not enabled" in outcome.out
    assert not machine.path(SUDOERS).exists() and not machine.path(DROP_IN).exists()


def test_wrong_configuration_changes_nothing(machine):
    machine.permit("/bin/one")
    machine.path(CONFIG).write_text("[capabilities.acm]\nenabled = 1\n")

    assert machine.run("wcp-tiny", COMMAND).exit_code == 2
    assert len(rules(machine)) == 1


# --- systemd's drop-in ------------------------------------------------------------------------


def test_each_directory_once_and_sorted_then_the_logs(machine):
    for name in ("a", "b", "c"):
        machine.path(f"/etc/{name}").mkdir()
    machine.permit(more="".join(f"""
[[capabilities.acm.certificates]]
certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/x{number}"
role_arn = "arn:aws:iam::123456789012:role/edge"
certificate_path = "/etc/{first}/x{number}.pem"
private_key_path = "/etc/{second}/x{number}.key"
""" for number, (first, second) in enumerate(["cb", "ba"])), directory="/etc/c")

    assert machine.read(DROP_IN) == (
        "[Unit]\nRequiresMountsFor=/etc/a /etc/b /etc/c \n"
        f"[Service]\nReadWriteDirectories=/etc/a /etc/b /etc/c {LOGS}\n"
    )


def test_absent_directory_does_not_keep_the_service_from_starting(machine):
    machine.permit(directory="/data/tls")

    assert machine.read(DROP_IN) == (
        f"[Unit]\nRequiresMountsFor=/data/tls \n[Service]\nReadWriteDirectories=-/data/tls {LOGS}\n"
    )


@pytest.mark.parametrize("directory", ["/etc/with blank", '/etc/"quoted"', "/etc/100%h", "/etc/back\\slash", "/etc/grün"])
def test_systemd_understands_every_directory(machine, directory):
    machine.path(directory).mkdir()
    machine.permit(directory=directory)

    # systemd names a path that it finds wrong: with a root that is none, each one.
    text = machine.read(DROP_IN).replace("/etc", "etc")
    machine.write("/tmp/probe.service", text + "ExecStart=/bin/true\n")
    said = machine.run("systemd-analyze", "verify", "/tmp/probe.service").err

    print(said)
    assert f"ReadWriteDirectories= path is not absolute, ignoring: {directory[1:]}\n" in said
    assert f"RequiresMountsFor= path is not absolute, ignoring: {directory[1:]}\n" in said


def test_log_directory_elsewhere_may_be_written_too(machine):
    machine.path("/var/log/wcp").mkdir()
    machine.permit(more='\n[edge]\nlog_directory = "/var/log/wcp"\n', directory="/etc")

    assert machine.read(DROP_IN) == (
        f"[Unit]\nRequiresMountsFor=/etc \n[Service]\nReadWriteDirectories=/etc /var/log/wcp {LOGS}\n"
    )


def test_link_in_the_place_of_the_logs_gives_nothing_away(machine):
    machine.permit()
    before = machine.path("/etc").stat()
    machine.path(LOGS).rmdir()
    machine.path(LOGS).symlink_to("/etc")
    outcome = machine.run("wcp-tiny", COMMAND)

    assert outcome.exit_code == 1 and f"{LOGS} was not created" in outcome.err
    after = machine.path("/etc").stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
