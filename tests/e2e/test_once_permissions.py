"""Mode, owner and group of what is installed."""

import os
import struct

import pytest

from harness.namespace import SERVICE, SERVICE_ID, WORKER, WORKER_ID

MEMBERS = ["certificate", "private_key", "chain"]


def test_every_file_is_for_its_owner_alone_by_default(box, site):
    box.once(umask=0)

    assert [site.mode(member) for member in MEMBERS] == [0o600] * 3


@pytest.mark.heart
def test_configured_modes_are_set_exactly(box):
    site = box.manage(
        certificate_and_chain_permission={"mode": "0664"}, key_permission={"mode": "0440"}
    )
    box.once(umask=0o077)

    assert [site.mode(member) for member in MEMBERS] == [0o664, 0o440, 0o664]


def test_default_permissions_apply_where_a_certificate_says_nothing(box):
    box.acm["default_certificate_permission"] = {"mode": "0644"}
    box.acm["default_key_permission"] = {"mode": "0640"}
    plain = box.manage("plain.example.com")
    own = box.manage("own.example.com", key_permission={"mode": "0400"})
    box.once()

    assert [plain.mode(member) for member in MEMBERS] == [0o644, 0o640, 0o644]
    assert [own.mode(member) for member in MEMBERS] == [0o644, 0o400, 0o644]


def test_combined_file_is_as_private_as_the_key(box):
    site = box.manage(
        combined_path=str(box.files / "combined.pem"),
        certificate_and_chain_permission={"mode": "0644"},
        key_permission={"mode": "0640"},
    )
    box.once()

    assert site.mode("combined") == 0o640


def test_combined_file_may_have_a_permission_of_its_own(box):
    site = box.manage(
        combined_path=str(box.files / "combined.pem"),
        combined_permission={"mode": "0440", "group": SERVICE},
    )
    box.once()

    assert site.mode("combined") == 0o440
    assert site.owner("combined") == (0, SERVICE_ID)


@pytest.mark.parametrize("name", [SERVICE, str(SERVICE_ID)])
def test_owner_and_group_are_set_by_name_or_number(box, name):
    site = box.manage(key_permission={"mode": "0600", "owner": name, "group": name})
    box.once()

    assert site.owner("private_key") == (SERVICE_ID, SERVICE_ID)
    assert site.owner("certificate") == (0, 0)


def test_existing_owner_is_kept_when_a_file_is_replaced(box, site):
    site.path("private_key").write_text("old")
    os.chown(site.path("private_key"), SERVICE_ID, WORKER_ID)

    box.once()

    assert site.owner("private_key") == (SERVICE_ID, WORKER_ID)


def test_new_file_belongs_to_the_owner_of_its_directory(box, site):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)

    box.once()

    assert [site.owner(member) for member in MEMBERS] == [(SERVICE_ID, SERVICE_ID)] * 3


def test_command_runs_though_the_directory_belongs_to_another_user(box):
    """The journal there is the agent's own, whoever owns the directory."""
    command = box.recorder()
    box.manage(refresh_command=command.command)
    os.chown(box.files, SERVICE_ID, SERVICE_ID)

    assert box.once().results == ["updated"]
    assert command.runs == 1
    assert box.leftovers() == []


def test_wrong_owner_is_mended_without_writing(box):
    site = box.manage(key_permission={"mode": "0600", "owner": SERVICE, "group": SERVICE})
    box.once()
    inode = site.path("private_key").stat().st_ino
    os.chown(site.path("private_key"), 0, 0)

    assert box.once().exit_code == 0
    assert site.owner("private_key") == (SERVICE_ID, SERVICE_ID)
    assert site.path("private_key").stat().st_ino == inode


@pytest.mark.heart
def test_unprivileged_agent_owns_what_it_writes(box, site):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)

    outcome = box.once(user=SERVICE)

    assert outcome.results == ["updated"]
    assert site.owner("private_key") == (SERVICE_ID, SERVICE_ID)


def test_owner_that_an_unprivileged_agent_may_not_give_is_a_failure(box):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)
    site = box.manage(key_permission={"mode": "0600", "owner": WORKER})
    before = box.installed_files()

    outcome = box.once(user=SERVICE)

    assert outcome.exit_code == 1
    assert outcome.results == ["failed"]
    assert site.arn in outcome.err
    assert WORKER in outcome.err or str(WORKER_ID) in outcome.err
    assert box.installed_files() == before
    assert box.leftovers() == []


def test_user_that_does_not_exist_is_a_failure_that_names_it(box):
    site = box.manage(key_permission={"mode": "0600", "owner": "no-such-user"})

    outcome = box.once()

    assert outcome.exit_code in (1, 2)
    assert "no-such-user" in outcome.err
    site.assert_absent()


# --- access control lists -----------------------------------------------------------------------


def let_read(path, user):
    """What "setfacl -m u:USER:r" makes of a file that only its owner may read."""
    entries = [(1, 6, -1), (2, 4, user), (4, 0, -1), (16, 4, -1), (32, 0, -1)]
    packed = b"".join(struct.pack("<HHi", *entry) for entry in entries)
    os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + packed)


def may_read(box, path, user):
    somebody = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    return box.run_program("setpriv", *somebody, "head", "-c", "5", path).exit_code == 0


def test_access_control_list_of_a_replaced_file_stays_when_no_mode_is_configured(box, site):
    os.chmod(box.files, 0o755)
    box.once()
    key = site.path("private_key")
    let_read(key, SERVICE_ID)
    site.renew()

    assert box.once().results == ["updated"]
    assert may_read(box, key, SERVICE_ID) and not may_read(box, key, WORKER_ID)
    assert site.mode("private_key") == 0o640  # the mask
    inode = key.stat().st_ino, key.stat().st_ctime_ns
    assert box.once().results == ["unchanged"]
    assert (key.stat().st_ino, key.stat().st_ctime_ns) == inode


def test_configured_mode_limits_the_access_control_list_and_says_so(box):
    site = box.manage(key_permission={"mode": "0600"})
    box.once()
    key = site.path("private_key")
    let_read(key, SERVICE_ID)
    site.renew()

    outcome = box.once()

    assert outcome.results == ["updated"]
    (said,) = [line for line in outcome.err.splitlines() if "access control list" in line]
    assert site.arn in said and str(key) in said and "0600" in said
    assert site.mode("private_key") == 0o600
    assert not may_read(box, key, SERVICE_ID)
