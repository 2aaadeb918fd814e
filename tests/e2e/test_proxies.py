"""Proxies: asked over TLS, real ones with passwords, and what they refuse."""

import ssl

import pytest

from harness import pki
from harness.explained import assert_failed
from harness.namespace import replaced
from harness.programs import squid, stunnel, tinyproxy
from harness.proxy import Proxy
from harness.stub_aws import StubAws

HOSTS = "127.0.0.1 localhost\n127.0.0.1 aws.test\n127.0.0.1 proxy.test\n"
CREDENTIALS = "user:p@ss:word"


@pytest.fixture(autouse=True)
def hosts():
    with replaced("/etc/hosts", HOSTS):
        yield


@pytest.fixture
def server(box, identity):
    """The box's AWS under a name, since what is on this machine needs no proxy."""
    with StubAws(identity, name="aws.test") as made:
        made.certificates, made.secrets = box.aws.certificates, box.aws.secrets
        box.environment["AWS_ENDPOINT_URL"] = made.url
        yield made


@pytest.fixture
def site(box, server):
    return box.manage()


@pytest.fixture
def proxy_identity(authority):
    return authority.issue("proxy.test", number=905)


# --- over TLS ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("keep_alive", [True, False])
def test_proxy_over_tls(box, site, server, proxy_identity, version, keep_alive):
    server.keep_alive = keep_alive
    with Proxy(identity=proxy_identity) as proxy:
        proxy.tls.maximum_version = proxy.tls.minimum_version = version
        box.environment["HTTPS_PROXY"] = f"https://proxy.test:{proxy.port}"

        assert box.once().results == ["updated"]
        site.assert_installed()
        assert set(proxy.targets) == {f"aws.test:{server.port}"}
        assert all(request.signature_error is None for request in server.requests)


def test_plain_http_endpoint_through_a_proxy_over_tls(box, site, proxy_identity):
    with StubAws(name="aws.test") as plain, Proxy(identity=proxy_identity) as proxy:
        plain.certificates, plain.secrets = box.aws.certificates, box.aws.secrets
        box.environment.update(AWS_ENDPOINT_URL=plain.url, HTTPS_PROXY=f"https://proxy.test:{proxy.port}")

        assert box.once().results == ["updated"]
        assert set(proxy.targets) == {f"aws.test:{plain.port}"}


@pytest.mark.parametrize("flaw, cause", [
    ("other name", "no TLS with the proxy: the TLS certificate of proxy.test is refused: it is for other names: other.test"),
    ("unknown issuer", "no TLS with the proxy: the TLS certificate of proxy.test is refused: .*not trusted"),
])
def test_proxy_over_tls_that_is_not_trusted_hears_nothing(box, outdated, authority, server, flaw, cause):
    identity = {
        "other name": lambda: authority.issue("other.test", number=905),
        "unknown issuer": lambda: pki.Authority("Somebody", number=990).issue("proxy.test"),
    }[flaw]()
    with Proxy(identity=identity, credentials=CREDENTIALS) as proxy:
        box.environment["HTTPS_PROXY"] = f"https://{CREDENTIALS}@proxy.test:{proxy.port}"
        outcome = box.once()

    assert_failed(outcome, outdated, cause, "ca_bundle|name")
    assert proxy.heads == []


def test_proxy_that_speaks_no_tls_is_explained(box, outdated, server):
    with squid(box.directory("proxy"), "basic", CREDENTIALS) as port:
        box.environment["HTTPS_PROXY"] = f"https://proxy.test:{port}"
        outcome = box.once()

    assert_failed(outcome, outdated, "no TLS with the proxy: proxy.test: the server does not speak TLS", "http://")


def test_proxy_that_waits_for_a_request_without_tls_is_explained(box, outdated, server, needs_hook):
    needs_hook("WCP_TEST_HURRY")
    with tinyproxy(box.directory("proxy")) as port:
        box.environment.update(HTTPS_PROXY=f"https://proxy.test:{port}", WCP_TEST_HURRY="200", AWS_MAX_ATTEMPTS="1")
        outcome = box.once()

    assert_failed(outcome, outdated, "no TLS with the proxy: proxy.test: .*timed out", "without TLS.*http://")


def test_doctor_reaches_aws_through_a_proxy_over_tls(box, site, server, proxy_identity):
    with Proxy(identity=proxy_identity) as proxy:
        box.edge["https_proxy"] = f"https://proxy.test:{proxy.port}"
        box.write_config()
        outcome = box.run("doctor")

    assert f"ok   tcp: aws.test:{server.port} through the proxy proxy.test" in outcome.out + outcome.err
    assert f"ok   tls: aws.test:{server.port}" in outcome.out + outcome.err


# --- who asks? --------------------------------------------------------------------------------


@pytest.fixture
def explained(box, outdated, server):
    """Runs `once`; the proxy's 407 must be explained so, and nothing be asked of AWS."""

    def run(url, cause, advice):
        box.environment["HTTPS_PROXY"] = url
        asked = len(server.requests)
        outcome = box.once()
        assert_failed(outcome, outdated, f"aws.test:{server.port}: the proxy {cause}", advice)
        assert len(server.requests) == asked
        for secret in ("wrong-guess", "p@ss", "p%40ss"):
            assert secret not in outcome.err

    return run


REFUSED = r"refused the user or password that are given \(status 40[17]\)"
MISSING = r"wants credentials \(status 407\), and none are given"


@pytest.mark.parametrize("challenges", [["Negotiate", "NTLM"], ['Digest realm="a, b", nonce="x"'], ["NTLM, Negotiate"]])
def test_schemes_that_there_are_not_are_named(explained, challenges):
    names = [word for line in challenges for word in line.replace(",", "").split() if word.isalpha()]
    with Proxy(credentials=CREDENTIALS, challenges=challenges) as proxy:
        explained(proxy.url("user:p%40ss"), f"wants credentials.*by {', '.join(names)}, which", "Basic.*local proxy")


@pytest.mark.parametrize("written", [CREDENTIALS, "user:p%40ss%3Aword"])
def test_password_with_at_sign_and_colon(box, site, server, written):
    with Proxy(credentials=CREDENTIALS) as proxy:
        box.environment["HTTPS_PROXY"] = proxy.url(written)

        assert box.once().results == ["updated"]


def test_password_that_is_badly_encoded_is_explained(box, outdated):
    box.environment["HTTPS_PROXY"] = "http://user:100%@proxy.test:3128"
    box.environment["AWS_ENDPOINT_URL"] = "https://aws.test:1"
    outcome = box.once()

    assert_failed(outcome, outdated, "HTTPS_PROXY is not a usable URL.*% without two hexadecimal digits", "%2F %3F %23")
    assert "100%" not in outcome.err


def test_tinyproxy_with_and_without_credentials(box, site, server, outdated_explained):
    with tinyproxy(box.directory("proxy"), "user:secret-word") as port:
        box.environment["HTTPS_PROXY"] = f"http://user:secret-word@127.0.0.1:{port}"
        assert box.once().results == ["updated"]
        outdated_explained(f"http://127.0.0.1:{port}", MISSING)
        outdated_explained(f"http://user:wrong-guess@127.0.0.1:{port}", REFUSED)


def test_squid_with_basic_credentials(box, site, server, outdated_explained):
    with squid(box.directory("proxy"), "basic", "user:secret-word") as port:
        box.environment["HTTPS_PROXY"] = f"http://user:secret-word@127.0.0.1:{port}"
        assert box.once().results == ["updated"]
        outdated_explained(f"http://127.0.0.1:{port}", MISSING)
        outdated_explained(f"http://user:wrong-guess@127.0.0.1:{port}", REFUSED)


def test_squid_with_digest_credentials_only(box, site, server, outdated_explained):
    with squid(box.directory("proxy"), "digest", "user:secret-word") as port:
        outdated_explained(f"http://user:secret-word@127.0.0.1:{port}", r"wants credentials \(status 407\) by Digest, which")


@pytest.fixture
def outdated_explained(box, site):
    def run(url, cause):
        box.environment["HTTPS_PROXY"] = url
        assert_failed(box.once(), site, f"the proxy {cause}", "Basic|edge.https_proxy")

    return run


def test_stunnel_before_tinyproxy(box, site, server, proxy_identity):
    directory = box.directory("proxy")
    with tinyproxy(directory, "user:secret-word") as plain, stunnel(directory, proxy_identity, plain) as port:
        box.environment["HTTPS_PROXY"] = f"https://user:secret-word@proxy.test:{port}"

        assert box.once().results == ["updated"]
        site.assert_installed()
