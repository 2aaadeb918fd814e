"""PKCS#8 keys encrypted as ACM does, with every choice in the test's hand (RFC 8018, PBES2).

Libraries choose the pseudo-random function and the iteration count themselves, so the few
ASN.1 structures are put together here.
"""

import base64
import hashlib
import os
import textwrap
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SEQUENCE, INTEGER, OCTET_STRING, NULL, OID = 0x30, 0x02, 0x04, 0x05, 0x06

PBES2 = bytes.fromhex("2a864886f70d01050d")
PBKDF2 = bytes.fromhex("2a864886f70d01050c")
PRFS = {
    "sha1": bytes.fromhex("2a864886f70d0207"),
    "sha224": bytes.fromhex("2a864886f70d0208"),
    "sha256": bytes.fromhex("2a864886f70d0209"),
    "sha384": bytes.fromhex("2a864886f70d020a"),
    "sha512": bytes.fromhex("2a864886f70d020b"),
}
CIPHERS = {
    128: bytes.fromhex("60864801650304" + "0102"),
    192: bytes.fromhex("60864801650304" + "0116"),
    256: bytes.fromhex("60864801650304" + "012a"),
}


def der(tag, content):
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*items):
    return der(SEQUENCE, b"".join(items))


def integer(value):
    return der(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


@dataclass(frozen=True)
class Encryption:
    """How a key is encrypted. A prf of None leaves the field out, which means HMAC-SHA1.

    stated_iterations: what the structure says, when that shall not be the truth.
    """

    prf: str | None = "sha256"
    cipher_bits: int = 256
    iterations: int = 2048
    salt_bytes: int = 20
    key_length_field: bool = False
    stated_iterations: int | None = None

    def encrypt(self, plain, passphrase):
        """EncryptedPrivateKeyInfo, as DER."""
        salt, iv = os.urandom(self.salt_bytes), os.urandom(16)
        secret = hashlib.pbkdf2_hmac(
            self.prf or "sha1", passphrase, salt, self.iterations, self.cipher_bits // 8
        )
        padding = 16 - len(plain) % 16
        encryptor = Cipher(algorithms.AES(secret), modes.CBC(iv)).encryptor()
        encrypted = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()

        parameters = [der(OCTET_STRING, salt), integer(self.stated_iterations or self.iterations)]
        if self.key_length_field:
            parameters.append(integer(self.cipher_bits // 8))
        if self.prf is not None:
            parameters.append(sequence(der(OID, PRFS[self.prf]), der(NULL, b"")))
        derivation = sequence(der(OID, PBKDF2), sequence(*parameters))
        scheme = sequence(der(OID, CIPHERS[self.cipher_bits]), der(OCTET_STRING, iv))
        algorithm = sequence(der(OID, PBES2), sequence(derivation, scheme))
        return sequence(algorithm, der(OCTET_STRING, encrypted))


def armoured(label, content):
    """PEM, 64 columns."""
    lines = textwrap.fill(base64.b64encode(content).decode(), 64)
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def encrypted_key_pem(plain, passphrase, encryption=Encryption()):
    return armoured("ENCRYPTED PRIVATE KEY", encryption.encrypt(plain, passphrase))
