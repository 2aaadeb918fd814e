"""When a journal is believed, and what becomes of one that is not."""

import os
import shutil

import pytest

from forged import journal_text, temporary
from harness import namespace
from sweep import finished


def assert_left_alone_then_replaced(device):
    """`recover` changes nothing and says so; the next `once` brings the whole set, command and all."""
    before = device.capture()
    outcome = device.agent("recover")
    assert outcome.exit_code == 1, outcome
    assert device.site.arn in outcome.err
    assert device.capture() == before, outcome
    assert device.seen() == []
    assert list(finished(device, "newer")) == []


def second_link(journal):
    os.link(journal, journal.with_name("second"))


def foreign_owner(journal):
    os.chown(journal, namespace.SERVICE_ID, 0)


def writable_by_group(journal):
    journal.chmod(0o620)


def writable_by_others(journal):
    journal.chmod(0o602)


def truncated(journal):
    journal.write_bytes(journal.read_bytes()[:-1])


def cut_after_a_member(journal):
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:3]))


def empty(journal):
    journal.write_text("")


def wrong_checksum(journal):
    text = journal.read_text()
    journal.write_text(text[:-2] + ("0" if text[-2] != "0" else "1") + "\n")


def other_generation(journal):
    """Without the checksum being adjusted."""
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([lines[0], "generation 0123456789abcdef\n", *lines[2:]]))


def later_format(journal):
    text = journal.read_text()
    journal.write_text(text.replace("wcp-journal 2", "wcp-journal 3"))


def larger_than_the_limit(journal):
    journal.write_text(journal.read_text() + "\n" * (1 << 15))


def not_text(journal):
    journal.write_bytes(bytes(range(256)) * 4)


@pytest.mark.parametrize("spoil", [
    second_link, foreign_owner, writable_by_group, writable_by_others, truncated, cut_after_a_member, empty,
    wrong_checksum, other_generation, later_format, larger_than_the_limit, not_text,
])
def test_doubtful_journal_is_not_followed(interrupted, spoil):
    spoil(interrupted.journal())

    assert_left_alone_then_replaced(interrupted)


def test_journal_that_is_a_link_is_not_followed(interrupted):
    journal = interrupted.journal()
    elsewhere = interrupted.root / "journal"
    shutil.copy(journal, elsewhere)
    journal.unlink()
    journal.symlink_to(elsewhere)
    text = elsewhere.read_text()

    assert_left_alone_then_replaced(interrupted)
    assert elsewhere.read_text() == text


def test_journal_that_is_a_pipe_holds_nobody(interrupted):
    interrupted.journal().unlink()
    os.mkfifo(interrupted.journal())

    outcome = interrupted.agent("recover")

    assert outcome.exit_code == 1 and "journal is not a regular file" in outcome.err
    assert list(finished(interrupted, "newer")) == []


def test_directory_in_the_journals_place_is_said_and_fills_no_disk(device):
    device.install("old")
    device.journal().mkdir()
    device.aws_holds("new")

    for _ in range(2):
        outcome = device.agent("once")
        assert outcome.exit_code == 1
        assert "directory" in outcome.err and device.journal().name in outcome.err
        assert device.installed() == "old" and device.temporaries() == []

    device.journal().rmdir()
    assert list(finished(device, "new")) == []


def foreign_target(device, path):
    """A file of somebody else, and beside it what a forged journal would have it replaced by."""
    target = device.directory("etc/foreign") / "secret"
    target.write_text("theirs")
    temporary(target).write_text("ours")
    members = {str(path or target): b"ours"}
    device.journal().write_text(journal_text(members))
    device.journal().chmod(0o600)
    return target


@pytest.mark.parametrize("spelling", [
    None, "{left}/../foreign/secret", "/{left}/../foreign/secret", "{left}/./../foreign/secret",
])
def test_forged_journal_with_a_foreign_target_touches_nothing(device, spelling):
    device.install("old")
    device.forget()
    device.aws_holds("newer")
    path = spelling and spelling.format(left=device.left)
    target = foreign_target(device, path)

    assert_left_alone_then_replaced(device)
    assert target.read_text() == "theirs" and temporary(target).read_text() == "ours"


def test_forged_journal_with_a_foreign_target_beside_its_own_touches_nothing(interrupted):
    """Not even the member that it could complete."""
    device = interrupted
    target = foreign_target(device, None)
    key = device.site.path("private_key")
    new_key = device.texts("new")[key].encode()
    device.journal().write_text(journal_text({key: new_key, target: b"ours"}))
    temporary(key).write_bytes(new_key)

    assert_left_alone_then_replaced(device)
    assert target.read_text() == "theirs"


def replaced_by_a_link(path):
    """To a file elsewhere with the same contents."""
    elsewhere = path.parent.parent / f"elsewhere{path.name}"
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)


def test_temporary_file_that_is_a_link_is_not_taken_for_new_contents(interrupted):
    replaced_by_a_link(interrupted.temporary("private_key"))

    assert interrupted.agent("recover").exit_code == 0
    assert interrupted.installed() == "old" and interrupted.leftovers() == []
    assert not any(path.is_symlink() for path in interrupted.site.paths)
    assert list(finished(interrupted, "newer")) == []


def test_temporary_file_that_is_a_link_is_not_taken_for_old_contents(interrupted):
    replaced_by_a_link(interrupted.temporary("private_key"))
    replaced_by_a_link(interrupted.temporary("certificate"))

    assert_left_alone_then_replaced(interrupted)
    assert not any(path.is_symlink() for path in interrupted.site.paths)


@pytest.mark.parametrize("length", range(0, 400, 13))
def test_journal_cut_short_anywhere_is_not_followed(interrupted, length):
    journal = interrupted.journal()
    if length >= journal.stat().st_size:
        pytest.skip("the journal is not so long")
    os.truncate(journal, length)

    assert_left_alone_then_replaced(interrupted)


def test_only_the_agents_own_temporary_files_are_removed(device):
    device.install("old")
    stray = temporary(device.site.path("private_key"))
    others = [
        device.right / name for name in (
            ".www.key.0123456789abcde.wcp-new", ".www.key.0123456789ABCDEF.wcp-new", "www.key.wcp-new",
            ".www.key.0123456789abcdef.wcp-new~", ".other.key.0123456789abcdef.wcp-new",
            ".www.crt.0123456789abcdef.wcp-new", "www.key.0123456789abcdef.wcp-new",
        )
    ]
    for path in (stray, *others):
        path.write_text("")

    assert device.agent("recover").exit_code == 0
    assert not stray.exists()
    assert all(path.exists() for path in others)
