"""Name servers that answer for one family of addresses only, and names that must be absolute."""

import subprocess
import time
from pathlib import Path

import pytest

from harness.box import agent
from harness.dns import NameServer
from harness.explained import assert_failed
from harness.namespace import replaced
from harness.network import OwnNetwork
from harness.processes import wait_for_end
from harness.programs import dnsmasq
from harness.stub_aws import StubAws

AWS_NAMES = [f"{service}.eu-central-1.amazonaws.com" for service in ("sts", "acm")]
HOSTS = "127.0.0.1 localhost\n"


@pytest.fixture
def site(box):
    return box.manage()


@pytest.fixture
def use(box):
    """The box's AWS is this server from now on, under this URL or AWS's own names."""

    def choose(server, url=None):
        server.certificates, server.secrets = box.aws.certificates, box.aws.secrets
        box.environment.pop("AWS_ENDPOINT_URL", None)
        if url:
            box.environment["AWS_ENDPOINT_URL"] = url

    return choose


@pytest.fixture
def behind_real_names(authority, use):
    """AWS at port 443 of an address of its own, with its own names."""
    with StubAws(authority.issue(*AWS_NAMES, number=904), "127.0.0.9", port=443) as server:
        use(server)
        yield server


FAULTS = [(half, fault) for half in ("A", "AAAA") for fault in ("drop", "REFUSED", "SERVFAIL", "NOTIMP", "NXDOMAIN")]


@pytest.mark.parametrize("half, fault", FAULTS)
def test_one_family_that_fails_does_not_spoil_the_other(box, site, identity, use, half, fault):
    """Not its addresses, and not its time: two seconds, for one name."""
    address = "::1" if half == "A" else "127.0.0.1"
    with NameServer({half: fault}) as names, replaced("/etc/resolv.conf", names.resolv_conf):
        names.addresses["aws.test"] = ["127.0.0.1", "::1"]
        with StubAws(identity, address, "aws.test") as server:
            use(server, server.url)
            start = time.monotonic()

            assert box.once().results == ["updated"]
            assert time.monotonic() - start < 4
    assert {kind for _, kind in names.asked} == {"A", "AAAA"}


def test_a_real_name_server_in_between_that_waits_for_one_family(box, site, identity, use):
    with NameServer({"AAAA": "drop"}) as names, dnsmasq(names) as address:
        names.addresses["aws.test"] = "127.0.0.1"
        with replaced("/etc/resolv.conf", f"nameserver {address}\n"), StubAws(identity, name="aws.test") as server:
            use(server, server.url)

            assert box.once().results == ["updated"]
    assert ("aws.test", "A") in names.asked


def test_both_families_that_fail_are_both_explained(box, outdated):
    box.environment["AWS_ENDPOINT_URL"] = "https://aws.test:1"
    with NameServer({"A": "NXDOMAIN", "AAAA": "SERVFAIL"}) as names:
        with replaced("/etc/resolv.conf", names.resolv_conf):
            outcome = box.once()

    assert_failed(outcome, outdated, "IPv4: the name does not exist; IPv6: no name server answered", "resolv.conf")


def test_awss_names_are_absolute(box, site, behind_real_names):
    """The domains of a site do not capture them, and cost no questions."""
    with NameServer() as names:
        text = names.resolv_conf + "search site.test\noptions ndots:5\n"
        for name in AWS_NAMES:
            names.addresses.update({name: "127.0.0.9", f"{name}.site.test": "127.0.0.66"})
        with replaced("/etc/resolv.conf", text):
            assert box.once().results == ["updated"]

    assert {name for name, _ in names.asked} == set(AWS_NAMES)


def test_awss_names_in_the_hosts_file_are_asked_of_nobody(box, site, behind_real_names):
    hosts = f"{HOSTS}127.0.0.9\tx{AWS_NAMES[0]} {AWS_NAMES[0]} # a comment\n127.0.0.9 {AWS_NAMES[1]}\n"
    with NameServer() as names, replaced("/etc/resolv.conf", names.resolv_conf), replaced("/etc/hosts", hosts):
        assert box.once().results == ["updated"]

    assert {kind for _, kind in names.asked} <= {"AAAA"}  # glibc asks for the family that is not in the file


def test_other_names_get_the_domains_of_the_site(box, site, identity, use):
    with NameServer() as names, replaced("/etc/resolv.conf", names.resolv_conf + "search test\noptions ndots:1\n"):
        names.addresses["aws.test"] = "127.0.0.1"
        with StubAws(identity, name="aws") as server:
            use(server, server.url)
            outcome = box.once()

    assert ("aws.test", "A") in names.asked
    assert "aws" in outcome.err and "for other names" in outcome.err  # it was found: its certificate says aws.test


def test_dual_stack_is_suggested_where_there_is_only_ipv6(box, outdated):
    box.environment.pop("AWS_ENDPOINT_URL")
    with OwnNetwork() as network:
        network.reach_ipv6_only()
        names = NameServer()
        network.run(names.__enter__)
        names.addresses.update(dict.fromkeys(AWS_NAMES, "203.0.113.7"))
        with replaced("/etc/resolv.conf", names.resolv_conf):
            outcome = network.run(box.once)
        names.__exit__()

    assert_failed(outcome, outdated, "203.0.113.7: Network.*unreachable", "AWS_USE_DUALSTACK_ENDPOINT=true")


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_nobody_is_left_asking_when_the_agent_is_killed(box, site):
    box.environment["AWS_ENDPOINT_URL"] = "https://aws.test:1"
    box.write_config()
    with NameServer({"A": "drop", "AAAA": "drop"}) as names, replaced("/etc/resolv.conf", names.resolv_conf):
        with subprocess.Popen([agent(), "once", "-c", box.config], env=box.environment, cwd=box.root,
                              stderr=subprocess.DEVNULL) as once:
            while not {("aws.test", "A"), ("aws.test", "AAAA")} <= set(names.asked):
                time.sleep(0.01)
            (worker,) = children(once.pid)
            halves = children(worker)
            killed_at = time.monotonic()
            once.kill()
            for pid in halves:
                wait_for_end(pid)

    assert len(halves) == 2
    assert time.monotonic() - killed_at < 3  # by themselves they would ask for five seconds
