"""The world of a resident agent: no network yet, no names yet, a clock that is wrong or is set."""

import datetime
import signal
import socket
import time

import pytest

from harness.dns import NameServer
from harness.namespace import replaced
from harness.network import OwnNetwork
from harness.pki import now
from harness.processes import timer_of
from harness.resident import Resident
from harness.stub_aws import ACCESS_KEY, SECRET_KEY, StubAws

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS


# --- the clock -----------------------------------------------------------------------------


def test_waits_for_a_clock_in_1970_and_begins_when_it_is_set(box, aws, site, resident, clock):
    clock.set(77)
    agent = resident()
    agent.wait_for("Waiting: nothing can be fetched: the clock says 1970-01-01T00:01:17Z")
    assert aws.connections == 0
    clock.set(time.time())
    agent.wait_for("The clock was set")
    agent.wait_until_fresh()
    site.assert_installed()
    assert len(aws.requests) == 2


def test_says_again_every_hour_that_it_waits(box, aws, site, resident, clock):
    clock.set(77)
    agent = resident()
    for _ in range(3):
        agent.wait_for("Waiting: nothing can be fetched: the clock says")
        agent.assert_sleeps()
        clock.set(77, later_ms=HOUR_MS)
    assert aws.connections == 0


def test_without_certificates_there_is_nothing_to_wait_for(box, site, resident, clock):
    clock.set(77)
    agent = resident()
    agent.wait_for("Waiting: nothing can be fetched: the clock says")
    box.write_config("[capabilities.acm]\nenabled = false\n[logging]\nlog_to_file = false\n")
    agent.wait_for("not enabled")
    clock.set(77, later_ms=HOUR_MS)
    agent.wait_for("The clock was set")
    agent.assert_sleeps()


def test_pending_command_runs_though_the_clock_is_wrong(box, site, resident, clock):
    command = box.recorder()
    site.table["refresh_command"] = command.command
    command.fail_from_now_on()
    box.once()
    command.succeed_from_now_on()
    clock.set(77)
    agent = resident()
    agent.wait_for("Refresh command succeeded")
    assert command.runs == 2


def test_clock_set_back_stops_fetching_until_it_is_right(box, aws, site, resident, clock):
    agent = resident()
    agent.wait_until_fresh()
    aws.requests.clear()
    clock.set(1000)
    agent.wait_for("The clock was set")
    agent.send(signal.SIGUSR1)
    agent.wait_for("Waiting: nothing can be fetched")
    assert aws.requests == []
    site.renew()
    clock.set(time.time())
    agent.wait_until_fresh()
    site.assert_installed()


def test_a_day_later_everything_is_asked_for_once(box, aws, resident, clock):
    sites = [box.manage(f"{i}.example.com") for i in range(3)]
    agent = resident()
    agent.wait_until_fresh(3)
    for day in range(1, 6):
        for site in sites:
            site.renew()
        aws.requests.clear()
        clock.set(time.time() + day * 86400, later_ms=DAY_MS + 6 * 60 * 1000)
        aws.clock_offset = day * 86400
        agent.wait_until_fresh(3)
        assert aws.operations() == {"AssumeRole": 1, "ExportCertificate": 3}
        for site in sites:
            site.assert_installed()


def test_a_little_earlier_nothing_is_asked_for(box, aws, site, resident, clock):
    agent = resident()
    agent.wait_until_fresh()
    aws.requests.clear()
    clock.set(time.time(), later_ms=DAY_MS - 60 * 1000)
    agent.wait_for("The clock was set")
    agent.send(signal.SIGHUP)
    agent.wait_for("Asked to read")
    assert aws.requests == []
    agent.assert_sleeps()


def test_a_clock_that_jumps_ahead_is_a_reason_to_refresh(box, aws, site, resident, clock):
    """A machine that was paused: three days later, by the clock on the wall alone."""
    agent = resident()
    agent.wait_until_fresh()
    site.renew()
    aws.clock_offset = 3 * 86400
    clock.set(time.time() + 3 * 86400)
    agent.wait_for("The clock was set")
    agent.wait_until_fresh()
    site.assert_installed()


def test_a_clock_that_jumps_ahead_is_spread_over_the_start_up_jitter(box, aws, site, resident, clock):
    agent = resident()
    agent.wait_until_fresh()
    box.edge["startup_jitter_seconds"] = 3600
    box.write_config()
    agent.wait_for("has changed")
    aws.requests.clear()
    clock.set(time.time() + 3 * 86400)
    agent.wait_for("The clock was set")
    agent.assert_sleeps()
    assert aws.requests == []
    assert 0 < timer_of(agent) <= HOUR_MS


def test_certificate_that_the_new_time_has_expire_is_refreshed(box, aws, site, resident, clock):
    """It would have lasted beyond the next fetch; the clock was set by less than an hour."""
    site.renew(not_after=now() + datetime.timedelta(hours=24, minutes=20))
    agent = resident()
    agent.wait_until_fresh()
    agent.assert_sleeps()
    site.renew()
    clock.set(time.time() + 50 * 60)
    agent.wait_for("The clock was set")
    agent.wait_until_fresh()
    site.assert_installed()


def test_certificate_that_expires_soon_is_asked_for_before(box, aws, site, resident, clock):
    site.renew(not_after=now() + datetime.timedelta(hours=8))
    agent = resident()
    agent.wait_until_fresh()
    agent.assert_sleeps()
    assert 3.9 * HOUR_MS < timer_of(agent) < 4.1 * HOUR_MS


def test_a_clock_that_jumps_by_decades_is_no_storm(box, aws, site, resident, clock):
    agent = resident()
    agent.wait_until_fresh()
    aws.requests.clear()
    for years in (20, 40, 0, 20, 40, 0):
        clock.set(time.time() + years * 365 * 86400)
        agent.wait_for("The clock was set")
    agent.send(signal.SIGHUP)
    agent.wait_for("Asked to read")
    assert len(aws.requests) <= 2


# --- the network ---------------------------------------------------------------------------


@pytest.fixture
def late_aws(identity):
    """Not there yet: tests begin it by themselves."""
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    return StubAws(identity, port=port)


@pytest.fixture
def late(make_box, late_aws):
    """A box whose AWS is not there yet."""
    box = make_box()
    box.aws = late_aws
    box.environment["AWS_ENDPOINT_URL"] = f"https://localhost:{late_aws.listens_at}"
    box.environment["AWS_MAX_ATTEMPTS"] = "1"
    box.use_keys(ACCESS_KEY, SECRET_KEY)
    return box


def test_server_that_appears_later(late, clock_of):
    site, clock = late.manage(), clock_of(late)
    with Resident(late) as agent:
        agent.wait_for("Error refreshing certificate .*failure #1.*refused")
        clock.pass_until(agent, "failure #3.*refused", HOUR_MS)
        with late.aws:
            clock.pass_until(agent, "refresh successful", HOUR_MS)
            site.assert_installed()
            assert agent.stop() == 0


def test_network_that_comes_later(late):
    """A link, an address or a route tells; to wait for the next try would take half a minute."""
    late.logging["log_level"] = "debug"
    site = late.manage()
    with OwnNetwork() as network:
        network.run(late.aws.__enter__)
        network.down()
        agent = Resident(late)
        try:
            network.run(agent.start)
            agent.wait_for("Error refreshing certificate .*failure #1")
            network.up()
            agent.wait_for("The network has changed")
            agent.wait_until_fresh()
            site.assert_installed()
            assert agent.stop() == 0
        finally:
            agent.__exit__(None)
            late.aws.__exit__()


def test_name_that_is_known_later(late, clock_of):
    site, clock = late.manage(), clock_of(late)
    late.environment["AWS_ENDPOINT_URL"] = f"https://aws.test:{late.aws.listens_at}"
    with NameServer() as names, replaced("/etc/resolv.conf", names.resolv_conf), late.aws:
        with Resident(late) as agent:
            agent.wait_for("Error refreshing certificate .*failure #1.*aws.test")
            names.addresses["aws.test"] = "127.0.0.1"
            clock.pass_until(agent, "refresh successful", HOUR_MS)
            site.assert_installed()
            assert agent.stop() == 0
