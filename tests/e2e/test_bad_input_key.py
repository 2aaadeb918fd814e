"""Keys and certificates that do not belong together, or are none."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import pki
from harness.explained import assert_failed
from harness.http_messages import json_reply
from harness.key_encryption import (
    OCTET_STRING, OID, Encryption, armoured, der, encrypted_key_pem, integer, sequence,
)

EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
P256 = bytes.fromhex("2a8648ce3d030107")
RSA_ENCRYPTION = bytes.fromhex("2a864886f70d010101")
NULL = b"\x05\x00"


@pytest.fixture
def site(outdated):
    return outdated


@pytest.fixture
def refused(aws, refused):
    """Exports get these members replaced; the run must be refused for this cause."""

    def run(cause, key=None, **members):
        def altered(_, request):
            bundle = json.loads(aws.export(request).body)
            bundle.update(members)
            if key is not None:
                bundle["PrivateKey"] = key(base64.b64decode(request.json["Passphrase"]))
            return json_reply(bundle)

        aws.always("ExportCertificate", altered)
        return refused(cause)

    return run


def encrypted(plain, encryption=Encryption()):
    return lambda passphrase: encrypted_key_pem(plain, passphrase, encryption)


@pytest.mark.heart
@pytest.mark.parametrize("kind", ["ec-p256", "ec-p384", "rsa-2048"])
def test_key_of_another_certificate(refused, kind):
    refused("match|belong", encrypted(pki.key_der(pki.key(kind, 77))))


def ec_key(secret, public):
    """PKCS#8 of a P-256 key whose parts the caller chooses."""
    point = public.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    inner = sequence(
        integer(1), der(OCTET_STRING, secret.to_bytes(32, "big")),
        der(0xA1, der(0x03, b"\x00" + point)),
    )
    algorithm = sequence(der(OID, EC_PUBLIC_KEY), der(OID, P256))
    return sequence(integer(0), algorithm, der(OCTET_STRING, inner))


def test_ec_key_that_only_claims_the_right_public_point(site, refused):
    other = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    public = site.issued.private_key.public_key()

    refused("match|belong|fit", encrypted(ec_key(other, public)))


def rsa_key(n, e, d, p, q):
    numbers = [0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)]
    inner = sequence(*map(integer, numbers))
    algorithm = sequence(der(OID, RSA_ENCRYPTION), NULL)
    return sequence(integer(0), algorithm, der(OCTET_STRING, inner))


@pytest.mark.heart
@pytest.mark.parametrize("wrong", ["d", "p"])
def test_rsa_key_with_the_right_modulus_and_wrong_secrets(box, aws, wrong):
    site = box.manage("rsa.example.com", kind="rsa-2048")
    numbers = site.issued.private_key.private_numbers()
    public = numbers.public_numbers
    parts = {"n": public.n, "e": public.e, "d": numbers.d, "p": numbers.p, "q": numbers.q}
    parts[wrong] += 2
    forged = rsa_key(**parts)

    def altered(_, request):
        bundle = json.loads(aws.export(request).body)
        passphrase = base64.b64decode(request.json["Passphrase"])
        return json_reply({**bundle, "PrivateKey": encrypted_key_pem(forged, passphrase)})

    aws.always("ExportCertificate", altered)
    assert_failed(box.once(), site, "match|belong|fit", ".")
    site.assert_absent()


@pytest.mark.heart
def test_key_encrypted_with_another_passphrase(site, refused):
    key = encrypted_key_pem(pki.key_der(site.issued.private_key), b"another passphrase")

    refused("passphrase|decrypt", lambda _: key)


def test_key_that_is_not_encrypted(site, refused):
    refused("encrypted", PrivateKey=site.issued.key_pem)


@pytest.mark.parametrize("stated", [10_000_001, 2**31, 2**63])
def test_more_iterations_than_a_box_can_afford(site, refused, stated):
    plain = pki.key_der(site.issued.private_key)

    refused("iterations", encrypted(plain, Encryption(iterations=1, stated_iterations=stated)))


@pytest.mark.parametrize("change", ["prf", "cipher", "scheme", "derivation"])
def test_encryption_that_is_not_supported(site, refused, change):
    """One byte of an algorithm's identifier is another."""
    plain = Encryption().encrypt(pki.key_der(site.issued.private_key), b"x")
    marks = {
        "scheme": bytes.fromhex("2a864886f70d01050d"),
        "derivation": bytes.fromhex("2a864886f70d01050c"),
        "prf": bytes.fromhex("2a864886f70d0209"),
        "cipher": bytes.fromhex("60864801650304012a"),
    }
    mark = marks[change]
    changed = plain.replace(mark, mark[:-1] + b"\x7f", 1)

    refused("encrypt|support", lambda _: armoured("ENCRYPTED PRIVATE KEY", changed))


@pytest.mark.parametrize("key", [
    "", "x", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n!!!!\n-----END ENCRYPTED PRIVATE KEY-----\n",
], ids=range(5))
def test_key_that_is_none(refused, key):
    refused("key", PrivateKey=key)


def test_key_cut_short(site, refused):
    whole = Encryption().encrypt(pki.key_der(site.issued.private_key), b"x")

    refused("key", lambda _: armoured("ENCRYPTED PRIVATE KEY", whole[:-40]))


@pytest.mark.parametrize("certificate", [
    "", "x", "-----BEGIN CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
], ids=range(4))
def test_certificate_that_is_none(refused, certificate):
    refused("certificate", Certificate=certificate)


def test_certificate_larger_than_acm_may_send(site, refused):
    padded = site.issued.leaf_pem + "\n" * 40_000

    refused("certificate", Certificate=padded)


@pytest.mark.parametrize("chain", [
    "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
])
def test_chain_that_is_none(refused, chain):
    refused("chain", CertificateChain=chain)


def test_chain_that_is_null_counts_as_absent(box, aws, site):
    def altered(_, request):
        return json_reply({**json.loads(aws.export(request).body), "CertificateChain": None})

    aws.always("ExportCertificate", altered)
    assert box.once().results == ["updated"]
    assert site.text("chain") == ""


def test_expired_certificate_from_acm_is_installed_with_a_warning(box, aws, site, authority):
    """ACM holds what it holds: a box that refuses it is no better off, but is told."""
    old = authority.issue(
        site.name, not_before=pki.now() - 9 * pki.DAY, not_after=pki.now() - 2 * pki.DAY
    )
    aws.hold(old, arn=site.arn)
    outcome = box.once()

    warnings = [line for line in outcome.err.splitlines() if site.arn in line and "WARN" in line]
    assert any("expired" in line for line in warnings)
