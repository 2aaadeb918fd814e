"""A box without a clock wakes up in 1970."""

import pytest

from harness.explained import assert_failed

CLOCK = "WCP_TEST_CLOCK"


@pytest.fixture(autouse=True)
def test_build(needs_hook):
    needs_hook(CLOCK)


def test_clock_in_1970_is_told_instead_of_a_failed_handshake(box, aws, site):
    outcome = box.once(environment={CLOCK: "60"})

    assert_failed(outcome, site, "clock.*1970", "set|ntp|wait-clock")
    site.assert_absent()
    assert aws.connections == 0


def test_waiting_for_the_clock_ends_with_the_same_message(box, aws, site):
    outcome = box.once("--wait-clock", "1", environment={CLOCK: "60"})

    assert_failed(outcome, site, "clock.*1970", "set|ntp|wait-clock")
    assert aws.connections == 0


def test_pending_command_is_run_though_the_clock_is_wrong(box, site):
    command = box.recorder()
    site.table["refresh_command"] = command.command
    command.fail_from_now_on()
    box.once()
    command.succeed_from_now_on()

    box.once(environment={CLOCK: "60"})

    assert command.runs == 2


def test_recover_does_not_care_what_time_it_is(box, site):
    box.once()

    assert box.recover(environment={CLOCK: "60"}).exit_code == 0
