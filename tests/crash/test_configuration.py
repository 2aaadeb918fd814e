"""The configuration changes between a crash and the recovery from it."""

import pytest

from forged import temporary
from sweep import finished, recovered


def assert_untouched(device, before, *paths):
    now = device.capture().files
    for path in paths:
        assert now.get(path) == before.files[path], path


def test_changed_certificate_path_leaves_the_journal_to_be_reported(interrupted):
    """It is of no configured certificate any more: said, and not followed."""
    device = interrupted
    before, journal, old = device.capture(), device.journal(), device.site.path("certificate")
    device.site.table["certificate_path"] = str(device.left / "other.crt")
    device.write_config()

    outcome = device.agent("recover")

    assert outcome.exit_code == 0, outcome
    assert str(journal) in outcome.err and "belongs to no configured certificate" in outcome.err
    assert_untouched(device, before, journal, old, device.site.path("private_key"), device.site.path("chain"))

    outcome = device.agent("once")
    assert outcome.exit_code == 0, outcome
    assert device.installed() == "newer"
    assert_untouched(device, before, journal, old)


def test_changed_key_path_makes_the_journal_doubtful(interrupted):
    device = interrupted
    before, old = device.capture(), device.site.path("private_key")
    device.site.table["private_key_path"] = str(device.right / "other.key")
    device.write_config()

    outcome = device.agent("recover")

    assert outcome.exit_code == 1 and str(old) in outcome.err
    assert device.capture() == before
    outcome = device.agent("once")
    assert outcome.exit_code == 0 and device.installed() == "newer", outcome
    assert not device.journal().exists()
    assert_untouched(device, before, old)


def test_added_chain_path_does_not_keep_the_rest_from_being_completed(make_device):
    device = make_device(chain_path=None)
    device.install("old")
    device.interrupt("new")
    chain = device.left / "www.chain"
    device.site.table["chain_path"] = str(chain)
    device.write_config()

    outcome = device.agent("recover")

    assert outcome.exit_code == 0, outcome
    assert device.site.path("private_key").read_text() == device.versions["new"].key_pem
    assert device.temporaries() == [] and not chain.exists()
    outcome = device.agent("once")
    assert outcome.exit_code == 0 and device.installed() == "new" and device.leftovers() == []


def test_removed_chain_path_makes_the_journal_doubtful(interrupted):
    device = interrupted
    before, chain = device.capture(), device.site.path("chain")
    del device.site.table["chain_path"]
    device.write_config()

    assert device.agent("recover").exit_code == 1
    assert device.capture() == before
    outcome = device.agent("once")
    assert outcome.exit_code == 0 and device.installed() == "newer", outcome
    assert_untouched(device, before, chain)


def test_removed_command_is_not_run(interrupted):
    device = interrupted
    del device.site.table["refresh_command"]
    device.write_config()

    assert list(recovered(device, {"new"}, "old")) == []
    assert list(finished(device, "newer")) == []
    assert device.seen() == []


def test_removed_command_that_is_pending_is_dropped_with_a_word(interrupted):
    device = interrupted
    device.agent("recover")
    assert device.journal().exists()
    del device.site.table["refresh_command"]
    device.write_config()

    outcome = device.agent("recover")

    assert outcome.exit_code == 0 and "No refresh command is configured" in outcome.err
    assert device.leftovers() == [] and device.seen() == []


def test_the_command_is_the_configurations(interrupted):
    device = interrupted
    other = device.root / "other"
    device.site.table["refresh_command"] = device.script("other", f"echo run >>{other}")
    device.write_config()
    device.aws_holds("new")
    device.agent("recover")

    outcome = device.agent("once")

    assert outcome.exit_code == 0, outcome
    assert other.read_text() == "run\n" and device.seen() == []
    assert device.leftovers() == []


@pytest.mark.parametrize("command", ["recover", "once"])
def test_another_certificate_in_the_same_directories_is_left_alone(interrupted, command):
    """Its journal is of no concern to the first one's recovery, nor are its temporary files."""
    device = interrupted
    first = device.site.table
    before = device.capture()
    stray = temporary(device.left / "api.crt")
    stray.write_text("")
    device.tables[:] = [{
        **first,
        "certificate_path": str(device.left / "api.crt"),
        "private_key_path": str(device.right / "api.key"),
        "chain_path": str(device.left / "api.chain"),
    }]
    device.write_config()

    outcome = device.agent(command)

    assert outcome.exit_code == 0, outcome
    assert not stray.exists()
    assert_untouched(device, before, *before.files)
    device.tables[:] = [first]
    device.write_config()
    assert list(recovered(device, {"new"}, "old")) == []


def test_removed_certificate_is_reported_and_not_followed(interrupted):
    device = interrupted
    before = device.capture()
    other = device.aws.hold(device.versions["new"])
    device.tables[:] = [{
        **device.site.table,
        "certificate_arn": other,
        "certificate_path": str(device.left / "api.crt"),
        "private_key_path": str(device.right / "api.key"),
        "chain_path": str(device.left / "api.chain"),
    }]
    device.write_config()

    outcome = device.agent("recover")

    assert outcome.exit_code == 0 and str(device.journal()) in outcome.err
    assert device.capture() == before
