"""The ways to AWS: addresses, TLS versions, proxies, endpoints."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from harness import pki
from harness.explained import assert_failed
from harness.namespace import replaced
from harness.proxy import Proxy
from harness.stub_aws import StubAws


@pytest.fixture
def site(box):
    return box.manage()


def serve_from(server, box):
    """The box's AWS is this server from now on."""
    server.certificates, server.secrets = box.aws.certificates, box.aws.secrets
    box.environment["AWS_ENDPOINT_URL"] = server.url


@pytest.mark.heart
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("kind", ["ec-p256", "ec-p384", "rsa-2048", "rsa-4096"])
def test_both_tls_versions_with_every_kind_of_server_key(box, site, authority, version, kind):
    server = StubAws(authority.issue("localhost", kind=kind, number=903))
    server.tls_minimum = server.tls_maximum = version
    with server:
        serve_from(server, box)

        assert box.once().results == ["updated"]
        site.assert_installed()


def test_rsa_chain_of_three(box, site):
    root = pki.Authority("RSA Root", kind="rsa-2048", number=910)
    issuing = pki.Authority("RSA Issuing", kind="rsa-2048", parent=root, number=911)
    box.ca_bundle.write_text(root.pem)
    with StubAws(issuing.issue("localhost", kind="rsa-2048", number=912)) as server:
        serve_from(server, box)

        assert box.once().results == ["updated"]


def stranger(kind):
    """A certificate that has nothing to do with the server's."""
    if kind == "another authority":
        return pki.Authority("Stranger", number=930).certificate
    if kind == "critical extension":
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")
        return pki.Authority("Stranger", number=930, extensions=[(unknown, True)]).certificate
    if kind == "expired":
        return pki.self_signed("stranger.test", number=931).certificate
    key, name = ed25519.Ed25519PrivateKey.generate(), pki.common_name("Stranger")
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(pki.now()).not_valid_after(pki.now() + pki.DAY).sign(key, None)
    )


@pytest.fixture
def chain_with(authority):
    def make(extra, place, version):
        issued = authority.issue("localhost", number=903)
        chain = (extra, *issued.chain) if place == "before" else (*issued.chain, extra)
        server = StubAws(pki.Issued(issued.certificate, issued.private_key, chain))
        server.tls_minimum = server.tls_maximum = version
        return server

    return make


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("kind, place", [
    ("another authority", "before"), ("another authority", "behind"), ("expired", "before"), ("expired", "behind"),
    ("unknown algorithm", "before"),
])
def test_superfluous_certificate_in_the_chain_does_no_harm(box, site, chain_with, version, kind, place):
    with chain_with(stranger(kind), place, version) as server:
        serve_from(server, box)

        assert box.once().results == ["updated"]


@pytest.mark.parametrize("kind, place, version", [
    ("unknown algorithm", "behind", ssl.TLSVersion.TLSv1_3),
    ("critical extension", "before", ssl.TLSVersion.TLSv1_2), ("critical extension", "behind", ssl.TLSVersion.TLSv1_3),
])
def test_superfluous_certificate_that_mbedtls_cannot_parse_is_named(box, outdated, chain_with, version, kind, place):
    """These end the handshake in the library; docs/networks.md says so."""
    with chain_with(stranger(kind), place, version) as server:
        serve_from(server, box)
        outcome = box.once()

    assert_failed(outcome, outdated, "a certificate of the server's chain is refused: it (is|has)", "needs another")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_name_with_addresses_of_both_families(box, site, identity, address):
    """Only one of the two answers; the other one refuses."""
    hosts = "127.0.0.1 localhost\n::1 aws.test\n127.0.0.1 aws.test\n"
    with replaced("/etc/hosts", hosts), StubAws(identity, address, "aws.test") as server:
        serve_from(server, box)

        assert box.once().results == ["updated"]


@pytest.mark.parametrize("address, name", [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_endpoint_may_be_an_address(box, site, identity, address, name):
    with StubAws(identity, address, name) as server:
        serve_from(server, box)

        assert box.once().results == ["updated"]


def test_plain_http_on_loopback_is_used_without_a_word(box, site):
    with StubAws(identity=None) as server:
        serve_from(server, box)
        outcome = box.once()

        assert outcome.results == ["updated"]
        assert "WARN" not in outcome.err


def test_plain_http_elsewhere_is_warned_about(box, site):
    with replaced("/etc/hosts", "127.0.0.1 localhost\n127.0.0.1 simulator.test\n"):
        with StubAws(identity=None, name="simulator.test") as server:
            serve_from(server, box)
            outcome = box.once()

    assert outcome.results == ["updated"]
    assert any("WARN" in line and "plain http" in line for line in outcome.err.splitlines())


def test_endpoint_of_a_service_wins_over_the_general_one(box, site, identity):
    with StubAws(identity) as server:
        serve_from(server, box)
        box.environment["AWS_ENDPOINT_URL"] = "https://localhost:1"
        box.environment["AWS_ENDPOINT_URL_STS"] = server.url
        box.environment["AWS_ENDPOINT_URL_ACM"] = server.url

        assert box.once().results == ["updated"]


def test_endpoint_may_have_a_path(box, site, aws):
    box.environment["AWS_ENDPOINT_URL"] += "/simulator/"

    box.once()

    assert {request.target for request in aws.requests} <= {"/simulator/", "/simulator"}
    assert all(request.signature_error is None for request in aws.requests)


def test_ca_bundle_of_the_configuration(box, site):
    del box.environment["AWS_CA_BUNDLE"]
    box.edge["ca_bundle"] = str(box.ca_bundle)

    assert box.once().results == ["updated"]


def test_large_ca_bundle_with_a_damaged_certificate(box, site):
    """As sites collect them: a distribution's roots, their own behind these, Windows' line ends."""
    roots = Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    damaged = "-----BEGIN CERTIFICATE-----\nMIIB????\n-----END CERTIFICATE-----\n"
    text = f"# Ours\n{damaged}{roots}{box.authority.root.pem}"
    box.ca_bundle.write_bytes(text.replace("\n", "\r\n").encode())
    outcome = box.once()

    assert outcome.results == ["updated"]
    assert [line for line in outcome.err.splitlines() if "WARN" in line and "Certificate 1 of the CA bundle, in line 2, is skipped" in line]


# --- proxies -------------------------------------------------------------------------------


def aws_hosts(region="eu-central-1", suffix="amazonaws.com"):
    return [f"{service}.{region}.{suffix}" for service in ("sts", "acm")]


@pytest.fixture
def real_names(box, authority):
    """AWS behind its real host names, which only a proxy can reach."""
    identity = authority.issue(*aws_hosts(), *aws_hosts("cn-north-1", "amazonaws.com.cn"),
                               number=904)
    with StubAws(identity) as server:
        serve_from(server, box)
        del box.environment["AWS_ENDPOINT_URL"]
        yield server


def routes(server, hosts):
    return {f"{host}:443": ("127.0.0.1", server.port) for host in hosts}


@pytest.mark.heart
def test_proxy_of_the_environment_is_asked_for_awss_own_hosts(box, site, real_names):
    with Proxy(routes(real_names, aws_hosts())) as proxy:
        box.environment["HTTPS_PROXY"] = proxy.url()

        assert box.once().results == ["updated"]
        assert proxy.targets == [f"{host}:443" for host in aws_hosts()]
        assert [request.headers["host"] for request in real_names.requests] == aws_hosts()


def test_other_partitions_have_other_hosts(box, real_names):
    box.manage(
        region="cn-north-1", role="arn:aws-cn:iam::123456789012:role/reader"
    ).move_to_partition("aws-cn")
    hosts = aws_hosts("cn-north-1", "amazonaws.com.cn")
    with Proxy(routes(real_names, hosts)) as proxy:
        box.environment["HTTPS_PROXY"] = proxy.url()

        assert box.once().results == ["updated"]
        assert proxy.targets == [f"{host}:443" for host in hosts]


def test_proxy_of_the_configuration(box, site, real_names):
    with Proxy(routes(real_names, aws_hosts())) as proxy:
        box.edge["https_proxy"] = proxy.url()

        assert box.once().results == ["updated"]
        assert len(proxy.targets) == 2


def test_proxy_with_user_and_password(box, site, real_names):
    with Proxy(routes(real_names, aws_hosts()), "user:p@ss word") as proxy:
        box.environment["HTTPS_PROXY"] = proxy.url("user:p%40ss%20word")
        outcome = box.once()

        assert outcome.results == ["updated"]
        assert "p@ss word" not in outcome.err and "p%40ss" not in outcome.err


def test_proxy_that_wants_a_password_is_explained(box, site, real_names):
    with Proxy(routes(real_names, aws_hosts()), "user:secret") as proxy:
        box.environment["HTTPS_PROXY"] = proxy.url("user:wrong-guess")
        outcome = box.once()

    assert outcome.exit_code == 1
    assert "407" in outcome.err and "proxy" in outcome.err
    assert "wrong-guess" not in outcome.err
    assert real_names.requests == []


def test_proxy_that_does_not_exist_is_named(box, site, real_names):
    box.environment["HTTPS_PROXY"] = "http://127.0.0.1:1"
    outcome = box.once()

    assert outcome.exit_code == 1
    assert "proxy" in outcome.err and "127.0.0.1:1" in outcome.err


@pytest.fixture
def named(box, identity):
    """AWS under a name of its own: what is on this machine needs no proxy at any rate."""
    hosts = "127.0.0.1 localhost\n127.0.0.1 aws.test\n"
    with replaced("/etc/hosts", hosts), StubAws(identity, name="aws.test") as server:
        serve_from(server, box)
        yield server


@pytest.mark.parametrize("exception", [
    "aws.test", "AWS.TEST", "other.test,aws.test", "other.test, aws.test", "other.test aws.test.", ".test", "*",
])
def test_no_proxy_goes_straight(box, site, named, exception):
    with Proxy() as proxy:
        box.environment.update(HTTPS_PROXY=proxy.url(), NO_PROXY=exception)

        assert box.once().results == ["updated"]
        assert proxy.targets == []


@pytest.mark.parametrize("exception", ["ws.test", "aws.test.example", "aws", ""])
def test_no_proxy_for_another_host_does_not_count(box, site, named, exception):
    with Proxy() as proxy:
        box.environment.update(HTTPS_PROXY=proxy.url(), NO_PROXY=exception)

        assert box.once().results == ["updated"]
        assert set(proxy.targets) == {f"aws.test:{named.port}"}


def test_endpoint_on_this_machine_needs_no_proxy(box, site):
    with Proxy() as proxy:
        box.environment["HTTPS_PROXY"] = proxy.url()

        assert box.once().results == ["updated"]
        assert proxy.targets == []
