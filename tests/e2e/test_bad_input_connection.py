"""No way to AWS: each reason is told apart."""

import contextlib
import socket
import ssl
import threading

import pytest

from harness import pki
from harness.dns import NameServer
from harness.explained import assert_failed
from harness.namespace import replaced
from harness.stub_aws import StubAws

NETWORK_ADVICE = "network|endpoint|address|server|firewall|proxy|again"
TRUST_ADVICE = "ca_bundle|AWS_CA_BUNDLE|proxy|endpoint|clock|certificate"


@pytest.fixture
def site(outdated):
    return outdated


def test_connection_refused(refused):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    outcome = refused("refused", NETWORK_ADVICE, f"https://localhost:{port}")
    assert f"localhost:{port}" in outcome.err or f"127.0.0.1:{port}" in outcome.err


def test_name_not_found(refused):
    with NameServer() as names, replaced("/etc/resolv.conf", names.resolv_conf):
        outcome = refused(
            "cannot find the address", "DNS|name servers", "https://acm.example.invalid"
        )
    assert "acm.example.invalid" in outcome.err
    assert names.asked


@pytest.mark.parametrize("flaw, cause", [
    ("expired", "expired"),
    ("not yet valid", "not valid before"),
    ("wrong host", "name|host"),
    ("untrusted", "trust|issuer|authority"),
    ("self-signed", "trust|issuer|authority"),
])
def test_tls_certificate_that_may_not_be_trusted(refused, authority, flaw, cause):
    identity = {
        "expired": lambda: authority.issue("localhost", not_after=pki.now() - pki.DAY / 2),
        "not yet valid": lambda: authority.issue("localhost", not_before=pki.now() + pki.DAY),
        "wrong host": lambda: authority.issue("elsewhere.example.com"),
        "untrusted": lambda: pki.Authority("Somebody", number=990).issue("localhost"),
        "self-signed": lambda: pki.Authority("localhost", number=991).self_issued(),
    }[flaw]()
    with StubAws(identity) as impostor:
        refused(cause, TRUST_ADVICE, impostor.url)
        assert impostor.requests == [], "nothing may be said to a server that is not trusted"


@pytest.mark.parametrize("expired", ["root", "intermediate"])
def test_authority_that_has_expired_is_told_apart(box, refused, expired):
    """The server's own certificate is good."""
    ended = pki.now() - pki.DAY / 2
    root = pki.Authority("Old Root", number=920, not_after=ended if expired == "root" else None)
    issuing = pki.Authority("Old Issuing", parent=root, number=921, not_after=ended if expired != "root" else None)
    box.ca_bundle.write_text(root.pem)
    name = "Old Root" if expired == "root" else "Old Issuing"
    with StubAws(issuing.issue("localhost", number=922)) as impostor:
        refused(f'the certificate of its authority .*"?{name}.*expired on', "authority's new certificate", impostor.url)


@pytest.mark.parametrize("address, name", [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_tls_certificate_that_does_not_name_the_address(refused, authority, address, name):
    with StubAws(authority.issue("localhost", "127.0.0.2", "::2"), address, name) as impostor:
        refused("name|host|address", TRUST_ADVICE, impostor.url)
        assert impostor.requests == []


def test_built_in_roots_do_not_trust_the_test_authority(box, refused):
    del box.environment["AWS_CA_BUNDLE"]

    refused("trust|issuer|authority", TRUST_ADVICE)


def test_server_that_speaks_no_tls(refused):
    """It answers the TLS greeting as nginx does on a plain port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.recv(4096)
                        client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        refused("TLS", "scheme|port", f"https://localhost:{listener.getsockname()[1]}")
        listener.shutdown(socket.SHUT_RDWR)


def test_server_that_accepts_and_says_nothing(box, site, needs_hook):
    needs_hook("WCP_TEST_HURRY")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        box.environment["AWS_ENDPOINT_URL"] = f"https://localhost:{listener.getsockname()[1]}"
        outcome = box.once(environment={"WCP_TEST_HURRY": "200", "AWS_MAX_ATTEMPTS": "1"})

    assert_failed(outcome, site, "TLS.*(timed out|in time|seconds)", NETWORK_ADVICE)
    assert box.snapshot() == box.before


def test_server_that_speaks_only_old_tls(refused, identity):
    old = StubAws(identity)
    old.tls_minimum = old.tls_maximum = ssl.TLSVersion.TLSv1_1
    with old:
        refused("TLS|version|handshake", ".", old.url)
        assert old.requests == []


def test_ca_bundle_that_does_not_exist(box, refused):
    box.environment["AWS_CA_BUNDLE"] = str(box.root / "missing.pem")

    outcome = refused("CA bundle .*missing.pem: No such file", "check|AWS_CA_BUNDLE|ca_bundle")
    assert outcome.exit_code == 1


def test_empty_ca_bundle_does_not_mean_the_built_in_roots(box, refused):
    (box.root / "empty.pem").write_text("")
    box.environment["AWS_CA_BUNDLE"] = str(box.root / "empty.pem")

    refused("CA bundle .*empty.pem is empty", "AWS_CA_BUNDLE")


def test_ca_bundle_that_others_may_write(box, refused):
    """Whoever changes it can feed this box certificate and key."""
    box.ca_bundle.chmod(0o646)

    refused(f"the CA bundle can be changed by others: {box.ca_bundle} may be written", f"chmod go-w {box.ca_bundle}")


def test_ca_bundle_in_a_directory_that_others_may_write(box, refused):
    above = box.directory("above", mode=0o777)
    bundle = box.directory("above/below") / "ca.pem"
    bundle.write_text(box.ca_bundle.read_text())
    box.environment["AWS_CA_BUNDLE"] = str(bundle)

    refused(f"CA bundle can be changed by others: {above} may be written", f"chmod go-w {above}")


def test_ca_bundle_without_a_certificate(box, refused):
    (box.root / "empty.pem").write_text("nothing here\n")
    box.environment["AWS_CA_BUNDLE"] = str(box.root / "empty.pem")

    refused("CA bundle", "AWS_CA_BUNDLE|ca_bundle|PEM")


@pytest.mark.parametrize("url", [
    "localhost:443", "ftp://localhost", "https://", "https://local host/", "https://localhost:0",
    "https://localhost:99999", "https://localhost/\r\nX-Evil: 1",
])
def test_endpoint_that_is_no_url(box, aws, site, url):
    asked = len(aws.requests)
    box.environment["AWS_ENDPOINT_URL"] = url

    outcome = box.once()

    assert outcome.exit_code in (1, 2)
    assert "AWS_ENDPOINT_URL" in outcome.err
    assert len(aws.requests) == asked
    assert box.snapshot() == box.before
