"""Later runs of `once`: nothing without a reason, everything for one."""

import pytest

from harness import trace


@pytest.mark.heart
def test_unchanged_certificate_is_left_alone(box, site):
    box.once()
    before = box.snapshot()

    outcome = box.once()

    assert outcome.exit_code == 0
    assert outcome.results == ["unchanged"]
    assert box.snapshot() == before


@pytest.mark.heart
def test_unchanged_certificate_writes_no_byte_to_disk(box, site):
    site.table["refresh_command"] = box.recorder().command
    box.once()

    outcome = box.once(traced="%file,%desc")

    assert outcome.results == ["unchanged"]
    written = [call for call in trace.writes(outcome.calls) if "/dev/null" not in call.arguments]
    assert written == []


@pytest.mark.heart
def test_unchanged_certificate_runs_no_command(box, site):
    command = box.recorder()
    site.table["refresh_command"] = command.command
    box.once()

    outcome = box.once()

    assert command.runs == 1
    assert f"Skipping refresh command for {site.arn}: certificate files unchanged" in outcome.err


@pytest.mark.heart
@pytest.mark.parametrize("combined", [False, True])
def test_renewed_certificate_replaces_every_file(box, site, combined):
    if combined:
        site.table["combined_path"] = str(box.files / "combined.pem")
    command = box.recorder()
    site.table["refresh_command"] = command.command
    box.once()

    site.renew()
    outcome = box.once()

    assert outcome.results == ["updated"]
    site.assert_installed()
    assert command.runs == 2
    assert box.leftovers() == []


def test_only_the_renewed_one_of_several_is_written(box):
    sites = [box.manage(f"site{number}.example.com") for number in range(3)]
    box.once()
    before = box.installed_files()

    sites[1].renew()
    outcome = box.once()

    assert outcome.results == ["unchanged", "updated", "unchanged"]
    after = box.installed_files()
    changed = {path for path in before if before[path] != after[path]}
    assert {str(sites[1].path(member)) for member in ("certificate", "private_key")} <= changed
    assert changed <= {str(path) for path in sites[1].paths}


@pytest.mark.parametrize("member", ["certificate", "private_key", "chain"])
def test_file_edited_by_hand_is_put_right(box, site, member):
    command = box.recorder()
    site.table["refresh_command"] = command.command
    box.once()
    site.path(member).write_text("edited")

    assert box.once().results == ["updated"]
    site.assert_installed()
    assert command.runs == 2


@pytest.mark.heart
@pytest.mark.parametrize("member", ["certificate", "private_key", "chain"])
def test_missing_file_is_put_back(box, site, member):
    box.once()
    site.path(member).unlink()

    assert box.once().results == ["updated"]
    site.assert_installed()


def test_wrong_mode_is_mended_without_writing_or_command(box, site):
    command = box.recorder()
    site.table["refresh_command"] = command.command
    box.once()
    inode = site.path("private_key").stat().st_ino
    site.path("private_key").chmod(0o644)

    outcome = box.once()

    assert outcome.exit_code == 0
    assert site.mode("private_key") == 0o600
    assert site.path("private_key").stat().st_ino == inode
    assert command.runs == 1


def test_temporary_file_of_an_earlier_crash_is_removed(box, site):
    stale = box.files / f".{site.path('private_key').name}.0123456789abcdef.wcp-new"
    stale.write_text("half a key")

    assert box.once().results == ["updated"]
    assert not stale.exists()
    assert box.leftovers() == []


def test_force_runs_the_command_though_nothing_changed(box, site):
    command = box.recorder()
    site.table["refresh_command"] = command.command
    box.once()

    outcome = box.once("--force")

    assert outcome.exit_code == 0
    assert command.runs == 2
    site.assert_installed()


def test_only_refreshes_nothing_but_the_named_certificate(box, aws):
    sites = [box.manage(f"site{number}.example.com") for number in range(3)]

    outcome = box.once("--only", sites[1].arn)

    assert outcome.exit_code == 0
    assert list(outcome.certificates) == [sites[1].arn]
    sites[1].assert_installed()
    sites[0].assert_absent()
    assert aws.operations()["ExportCertificate"] == 1


def test_only_with_an_arn_that_is_not_configured_is_refused(box, aws, site):
    outcome = box.once("--only", site.arn + "0")

    assert outcome.exit_code == 2
    assert site.arn + "0" in outcome.err
    assert aws.requests == []


@pytest.mark.heart
def test_one_failure_does_not_keep_the_others_from_being_installed(box, aws):
    sites = [box.manage(f"site{number}.example.com") for number in range(3)]
    del aws.certificates[sites[1].arn]

    outcome = box.once()

    assert outcome.exit_code == 1
    assert outcome.results == ["updated", "failed", "updated"]
    sites[0].assert_installed()
    sites[2].assert_installed()
    sites[1].assert_absent()
