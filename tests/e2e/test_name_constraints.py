"""An authority that may issue for some names only: judged as OpenSSL judges, in the same chains."""

import ipaddress
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from harness import pki
from harness.stub_aws import StubAws

HOST = "localhost"


def subtree(text):
    """"DNS:x", "IP:x/n", "email:x" or "dir:x" as a name of x509."""
    form, _, value = text.partition(":")
    if form == "DNS":
        return x509.DNSName(value)
    if form == "IP":
        return x509.IPAddress(ipaddress.ip_network(value))
    if form == "email":
        return x509.RFC822Name(value)
    return x509.DirectoryName(pki.common_name(value))


def constraints(*texts):
    """"+DNS:x" is permitted, "-DNS:x" excluded."""
    chosen = {sign: [subtree(text[1:]) for text in texts if text[0] == sign] or None for sign in "+-"}
    return x509.NameConstraints(permitted_subtrees=chosen["+"], excluded_subtrees=chosen["-"])


def chain(root=(), issuer=(), critical_root=False, critical_issuer=False, names=(HOST,)):
    """A root and what an intermediate authority below it issued."""
    top = pki.Authority("Constrained root", number=980, extensions=[(constraints(*root), critical_root)] if root else [])
    middle = pki.Authority("Constrained issuer", parent=top, number=981,
                           extensions=[(constraints(*issuer), critical_issuer)] if issuer else [])
    return top, middle.issue(*names, number=982)


def openssl_accepts(directory, root, issued, host):
    files = {"root": root.pem, "chain": issued.chain_pem, "leaf": issued.leaf_pem}
    for name, text in files.items():
        (directory / name).write_text(text)
    option = "-verify_ip" if re.match(r"[0-9.]+$|.*:", host) else "-verify_hostname"
    done = subprocess.run(["openssl", "verify", "-CAfile", "root", "-untrusted", "chain", option, host, "leaf"],
                          cwd=directory, check=False, capture_output=True, text=True)
    return done.returncode == 0


# What each chain is called, and what the name constraints in it are.
CHAINS = {
    "none": {},
    "permitted": {"issuer": ["+DNS:localhost"]},
    "permitted, of the root": {"root": ["+DNS:localhost"]},
    "permitted, critical, of the root": {"root": ["+DNS:localhost"], "critical_root": True},
    "one of two permitted": {"issuer": ["+DNS:example.com", "+DNS:LOCALHOST"]},
    "not permitted": {"issuer": ["+DNS:example.com"]},
    "not permitted, of the root": {"root": ["+DNS:example.com"]},
    "not permitted, critical, of the root": {"root": ["+DNS:example.com"], "critical_root": True},
    "a label, not its end": {"issuer": ["+DNS:host"]},
    "below it only": {"issuer": ["+DNS:.localhost"]},
    "by one, but not by the other": {"root": ["+DNS:localhost"], "issuer": ["+DNS:example.com"]},
    "excluded": {"issuer": ["-DNS:localhost"]},
    "excluded, of the root": {"root": ["-DNS:localhost"]},
    "excluded, critical, of the root": {"root": ["-DNS:localhost"], "critical_root": True},
    "another one excluded": {"issuer": ["-DNS:example.com"]},
    "permitted and excluded": {"issuer": ["+DNS:localhost", "-DNS:localhost"]},
    "all excluded": {"issuer": ["-DNS:"]},
    "all permitted": {"issuer": ["+DNS:"]},
    "a second name is not permitted": {"issuer": ["+DNS:localhost"], "names": [HOST, "www.example.com"]},
    "addresses do not matter to names": {"issuer": ["+IP:10.0.0.0/8"]},
    "address outside": {"issuer": ["+IP:10.0.0.0/8"], "names": [HOST, "127.0.0.1"]},
    "address inside": {"issuer": ["+IP:127.0.0.0/8"], "names": [HOST, "127.0.0.1"]},
    "address excluded": {"issuer": ["-IP:127.0.0.0/30"], "names": [HOST, "127.0.0.1"]},
    "address beside the excluded": {"issuer": ["-IP:127.0.0.0/30"], "names": [HOST, "127.0.0.4"]},
    "IPv6 outside of IPv4": {"issuer": ["+IP:127.0.0.0/8"], "names": [HOST, "::1"]},
    "IPv6 inside": {"issuer": ["+IP:fd00::/8"], "names": [HOST, "fd00::1"]},
    "mail does not matter to names": {"root": ["+email:example.com"], "critical_root": True},
    "mail outside, critical": {"root": ["+email:example.com"], "critical_root": True,
                               "names": [HOST, x509.RFC822Name("a@example.org")]},
}


@pytest.fixture
def trusting(box):
    """Runs `once` for a chain on the loopback interface. Returns the outcome."""
    box.manage()

    def run(root, issued, host=HOST):
        box.ca_bundle.write_text(root.pem)
        with StubAws(issued) as server:
            server.certificates = box.aws.certificates
            box.environment["AWS_ENDPOINT_URL"] = server.url.replace(HOST, host)
            return box.once()

    return run


@pytest.mark.parametrize("case", CHAINS)
def test_chain_is_judged_as_openssl_judges(tmp_path, trusting, case):
    root, issued = chain(**CHAINS[case])
    expected = openssl_accepts(tmp_path, root, issued, HOST)
    outcome = trusting(root, issued)

    assert (outcome.exit_code == 0) == expected, outcome.err
    if not expected:
        assert 'the name constraints of its authority "Constrained ' in outcome.err


def test_address_is_judged_too(tmp_path, trusting):
    for constraint, expected in (("+IP:127.0.0.0/8", True), ("+IP:10.0.0.0/8", False)):
        root, issued = chain(issuer=[constraint], names=["127.0.0.1"])
        assert openssl_accepts(tmp_path, root, issued, "127.0.0.1") == expected
        assert (trusting(root, issued, "127.0.0.1").exit_code == 0) == expected


def test_wildcard_over_an_excluded_name_is_refused(trusting):
    """OpenSSL accepts it."""
    outcome = trusting(*chain(issuer=["-DNS:www.example.com"], names=[HOST, "*.example.com"]))

    assert 'the name constraints of its authority "Constrained issuer" do not permit its names' in outcome.err


def test_critical_constraint_of_an_unsupported_form_is_refused(trusting):
    outcome = trusting(*chain(root=["+dir:Example"], critical_root=True))

    assert outcome.exit_code == 1
    assert 'authority "Constrained root" are damaged or of a kind' in outcome.err


def test_critical_extension_of_an_intermediate_is_named(trusting):
    """Mbed TLS cannot parse such a certificate, whose constraints would be fulfilled."""
    outcome = trusting(*chain(issuer=["+DNS:localhost"], critical_issuer=True))

    assert outcome.exit_code == 1
    assert "critical extension that this program does not know, such as name constraints" in outcome.err
    assert "CA bundle" in outcome.err


def test_intermediate_of_a_kind_that_is_not_supported_is_said_in_words(trusting, monkeypatch):
    monkeypatch.setitem(pki.CURVES, "ec-secp256k1", ec.SECP256K1)
    top = pki.Authority("Root", number=980)
    outcome = trusting(top, pki.Authority("Other curve", "ec-secp256k1", top, 983).issue(HOST, number=982))

    assert outcome.exit_code == 1
    assert "is damaged, or of a kind that this program does not support" in outcome.err
