"""Certificates and keys for tests: authorities, what they issue, and keys made once a session."""

import datetime
import functools
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CURVES = {"ec-p256": ec.SECP256R1, "ec-p384": ec.SECP384R1, "ec-p521": ec.SECP521R1}
RSA_BITS = {"rsa-2048": 2048, "rsa-3072": 3072, "rsa-4096": 4096}
KINDS = [*RSA_BITS, *CURVES]

DAY = datetime.timedelta(days=1)


@functools.cache
def key(kind, number=0):
    """A private key of one of KINDS. Keys are slow to make: the same number is the same key."""
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind]())
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS[kind])


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_der(private_key):
    """PKCS#8, not encrypted."""
    return private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def key_pem(private_key):
    """PKCS#8 between BEGIN PRIVATE KEY lines: what the agent writes to disk."""
    return private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@dataclass(frozen=True)
class Issued:
    """A leaf with its key and the certificates between it and the root, the root left out."""

    certificate: x509.Certificate
    private_key: object
    chain: tuple = ()

    @property
    def leaf_pem(self):
        return pem(self.certificate)

    @property
    def chain_pem(self):
        return "".join(pem(certificate) for certificate in self.chain)

    @property
    def key_pem(self):
        return key_pem(self.private_key)

    @property
    def leaf_der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)


def alternative_name(name):
    if isinstance(name, x509.GeneralName):
        return name
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def common_name(name):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


class Authority:
    """A certificate authority; with a parent, an intermediate one. `extensions`: pairs of one and whether it is critical."""

    def __init__(self, name="Test Root CA", kind="ec-p256", parent=None, number=900, extensions=(), not_after=None):
        self.private_key = key(kind, number)
        self.parent = parent
        issuer = parent or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(common_name(name))
            .issuer_name(common_name(name) if parent is None else parent.certificate.subject)
            .public_key(self.private_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() - 30 * DAY)
            .not_valid_after(not_after or now() + 3650 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.private_key.public_key()),
                critical=False,
            )
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        self.certificate = builder.sign(issuer.private_key, hashes.SHA256())

    @property
    def pem(self):
        return pem(self.certificate)

    @property
    def root(self):
        return self if self.parent is None else self.parent.root

    @property
    def chain(self):
        """From this authority up to, not including, the root."""
        return () if self.parent is None else (self.certificate, *self.parent.chain)

    def self_issued(self):
        """This authority's own certificate as a server's."""
        return Issued(self.certificate, self.private_key)

    def issue(self, *names, kind="ec-p256", number=0, not_before=None, not_after=None):
        """A server certificate for these host names, addresses or other names of x509, valid for 198 days."""
        private_key = key(kind, number)
        builder = (
            x509.CertificateBuilder()
            .subject_name(common_name(names[0]))
            .issuer_name(self.certificate.subject)
            .public_key(private_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before or now() - DAY)
            .not_valid_after(not_after or now() + 198 * DAY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([alternative_name(name) for name in names]),
                critical=False,
            )
        )
        certificate = builder.sign(self.private_key, hashes.SHA256())
        return Issued(certificate, private_key, self.chain)


def self_signed(name, kind="ec-p256", number=0):
    """What a box serves before it has anything better: old, and nobody's authority."""
    private_key = key(kind, number)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(common_name(name))
        .issuer_name(common_name(name))
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - 400 * DAY)
        .not_valid_after(now() - 35 * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(private_key, hashes.SHA256())
    )
    return Issued(certificate, private_key)
