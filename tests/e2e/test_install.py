"""`install` and `uninstall`: from one copied file to a service, and back."""

import pytest

SERVICE = "aws-workload-credentials-provider-acm.service"
CONFIG = "/etc/aws-workload-credentials-provider/config.toml"
HOME = "/opt/aws/workload-credentials-provider"
UNITS = "/usr/lib/systemd/system"
CHANGED = ("/etc", "/usr/sbin", "/usr/lib/wcp-tiny", UNITS, "/opt")


def what_is_ours(machine):
    """Everything that an installation may have left."""
    searched = "find /etc /usr/sbin /usr/lib/wcp-tiny /usr/lib/systemd /usr/share/wcp-tiny /opt /run /tmp"
    names = machine.run("sh", "-c", f"{searched} -name '*wcp-tiny*' -o -path '*workload-credentials*'").out
    return sorted(names.split())


def test_installs_everything_a_service_needs(debian):
    debian.must("/root/wcp-tiny", "install")

    assert debian.path("/usr/sbin/wcp-tiny").read_bytes() == debian.path("/root/wcp-tiny").read_bytes()
    assert debian.must("stat", "-c", "%a %U:%G", CONFIG, f"{HOME}/logs", "/usr/sbin/wcp-tiny").split("\n")[:3] == [
        "440 root:awscreds", "750 aws-wcp:awscreds", "755 root:root"]
    assert debian.must("aws-workload-credentials-provider", "--version").startswith("wcp-tiny ")
    assert debian.must("id", "-gn", "aws-wcp") == "awscreds\n"
    assert debian.must("id", "-gn", "wcp-worker") == "wcp-worker\n"
    assert debian.must("systemctl", "is-enabled", SERVICE, "wcp-tiny-recover").split() == ["enabled"] * 2


def test_installs_the_very_files_of_rootfs(debian, rootfs):
    debian.must("/root/wcp-tiny", "install")

    for path, file in rootfs.items():
        if "/man/" in path or "init" in path:
            continue
        assert debian.read(path) == file.read_text(), path
        mode = 0o600 if path == "/etc/default/wcp-tiny" else file.stat().st_mode & 0o777
        assert debian.path(path).stat().st_mode & 0o777 == mode, path


def test_says_each_thing_it_does(debian):
    said = debian.must("/root/wcp-tiny", "install").splitlines()

    for line in ("user aws-wcp: created", "/usr/sbin/wcp-tiny: written", f"{UNITS}/{SERVICE}: written",
                 f"{CONFIG}: written", f"{HOME}/logs: created"):
        assert said.count(line) == 1, line


def test_second_install_changes_nothing(debian):
    debian.must("/root/wcp-tiny", "install")
    before = debian.tree(*CHANGED)

    said = debian.must("/root/wcp-tiny", "install")

    assert debian.tree(*CHANGED) == before
    assert ": written" not in said and ": created" not in said


def test_repairs_what_was_changed_by_hand(debian):
    debian.must("/root/wcp-tiny", "install")
    debian.path("/usr/lib/wcp-tiny/reload-nginx").chmod(0o777)
    debian.path(CONFIG).chmod(0o666)

    said = debian.must("/root/wcp-tiny", "install", "-c", debian.write("/root/new.toml", ""))

    assert "/usr/lib/wcp-tiny/reload-nginx: written" in said
    assert debian.must("stat", "-c", "%a", "/usr/lib/wcp-tiny/reload-nginx", CONFIG).split() == ["755", "440"]


def test_settings_and_configuration_of_a_person_stay(debian):
    debian.must("/root/wcp-tiny", "install")
    debian.write("/etc/default/wcp-tiny", "WCP_FIRST_WAIT=7\n")
    debian.path(CONFIG).write_text("# mine\n")

    debian.must("/root/wcp-tiny", "install")

    assert debian.read("/etc/default/wcp-tiny") == "WCP_FIRST_WAIT=7\n"
    assert debian.read(CONFIG) == "# mine\n"


def test_settings_are_for_root_alone(debian):
    """They may hold the password of a proxy or an access key."""
    debian.must("/root/wcp-tiny", "install")
    assert debian.must("stat", "-c", "%a %u", "/etc/default/wcp-tiny").split() == ["600", "0"]

    debian.path("/etc/default/wcp-tiny").chmod(0o664)  # as it was once installed, or a person has chosen
    debian.must("/root/wcp-tiny", "install")
    assert debian.must("stat", "-c", "%a", "/etc/default/wcp-tiny").strip() == "660"


def test_example_is_put_in_place_where_there_is_no_configuration(debian, rootfs):
    said = debian.must("/root/wcp-tiny", "install")

    assert debian.read(CONFIG) == rootfs[f"{CONFIG}.example"].read_text()
    assert "no configuration yet" in said
    assert debian.run("wcp-tiny", "check").exit_code == 1  # the text is right, its directory is not there


def test_given_file_is_installed_from_anywhere(debian, debian_config):
    text = debian_config()
    file = debian.write("/tmp/from-a-stick.toml", text, 0o666)

    debian.must("/root/wcp-tiny", "install", "-c", file)

    assert debian.read(CONFIG) == text


def test_wrong_file_installs_nothing(debian):
    before = debian.tree(*CHANGED[:2])
    file = debian.write("/root/new.toml", "[capabilities.acm]\nenabled = 7\n")

    outcome = debian.run("/root/wcp-tiny", "install", "-c", file)

    assert outcome.exit_code == 2
    assert "/root/new.toml:2:" in outcome.err
    assert debian.tree(*CHANGED[:2]) == before


@pytest.mark.parametrize("command", ["install", "uninstall", "reload", "setup-config-based-permissions"])
def test_others_than_root_are_refused(debian, command):
    debian.path("/root").chmod(0o755)

    outcome = debian.run("/root/wcp-tiny", command, user="nobody")

    assert outcome.exit_code == 3
    assert "only root" in outcome.err and command in outcome.err


def test_read_only_system_is_named_with_what_to_do(debian):
    debian.must("mount", "-o", "remount,ro", "/")

    outcome = debian.run("/root/wcp-tiny", "install")

    assert outcome.exit_code == 1
    assert "/usr/sbin/wcp-tiny was not written" in outcome.err
    assert "make install DESTDIR=" in outcome.err
    assert "nothing was started" in outcome.err


def test_unit_of_another_installation_is_named(debian):
    debian.write(f"/etc/systemd/system/{SERVICE}", "[Service]\nExecStart=/bin/true\n")

    outcome = debian.run("/root/wcp-tiny", "install")

    assert outcome.exit_code == 1
    assert f"/etc/systemd/system/{SERVICE}" in outcome.err


def test_nothing_is_left_behind_in_run_and_tmp(debian):
    debian.must("/root/wcp-tiny", "install")

    assert [entry.name for entry in debian.path("/run").iterdir() if "wcp" in entry.name] == []
    assert list(debian.path("/tmp").iterdir()) == []


def test_uninstall_keeps_configuration_and_logs(debian, debian_config):
    debian.must("/root/wcp-tiny", "install", "-c", debian.write("/root/new.toml", debian_config()))
    debian.write(f"{HOME}/logs/acm_provider.log", "a line\n")

    debian.must("/root/wcp-tiny", "uninstall")

    assert what_is_ours(debian) == [
        "/etc/aws-workload-credentials-provider",
        "/etc/aws-workload-credentials-provider/config.toml",
        "/etc/aws-workload-credentials-provider/config.toml.example",
        "/etc/default/wcp-tiny",
        HOME,
        f"{HOME}/logs",
        f"{HOME}/logs/acm_provider.log",
    ]


def test_purge_takes_those_too_but_no_certificate(debian, debian_config):
    debian.must("/root/wcp-tiny", "install", "-c", debian.write("/root/new.toml", debian_config()))
    debian.write(f"{HOME}/logs/acm_provider.log", "a line\n")
    debian.write(f"{HOME}/logs/archive/acm_provider_1.log", "a line\n")
    debian.write("/etc/aws-workload-credentials-provider/credentials", "[default]\n", 0o600)
    debian.write("/etc/aws-workload-credentials-provider/server.key", "a key\n", 0o600)

    debian.must("/root/wcp-tiny", "uninstall", "--purge")

    assert what_is_ours(debian) == [
        "/etc/aws-workload-credentials-provider", "/etc/aws-workload-credentials-provider/server.key"]


def test_uninstall_where_nothing_is_installed(debian):
    assert debian.run("/root/wcp-tiny", "uninstall", "--purge").exit_code == 0
