"""A box that proves who it is by a certificate of its own: edge.roles_anywhere, and its files."""

from cryptography.hazmat.primitives import serialization

FORMATS = {
    "pkcs8": serialization.PrivateFormat.PKCS8,
    "traditional": serialization.PrivateFormat.TraditionalOpenSSL,  # PKCS#1 or SEC 1
}


def key_text(private_key, form="pkcs8", passphrase=None):
    """PEM of the key. With a passphrase, "traditional" is what OpenSSL wrote before PKCS#8."""
    encryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
    return private_key.private_bytes(serialization.Encoding.PEM, FORMATS[form], encryption).decode()


class Device:
    def __init__(self, box, service, issued, form="pkcs8", passphrase=None):
        """service: a RolesAnywhere. issued: pki.Issued."""
        self.box, self.service = box, service
        directory = box.directory("etc/device", 0o700)
        self.certificate, self.private_key = directory / "device.pem", directory / "device.key"
        self.passphrase_file = directory / "passphrase"
        box.forget_keys()
        box.edge["roles_anywhere"] = {
            "trust_anchor_arn": service.trust_anchor_arn,
            "profile_arn": service.profile_arn,
            "role_arn": service.roles[0],
            "certificate": str(self.certificate),
            "private_key": str(self.private_key),
        }
        self.become(issued, form, passphrase)

    @property
    def settings(self):
        """The table edge.roles_anywhere."""
        return self.box.edge["roles_anywhere"]

    def become(self, issued, form="pkcs8", passphrase=None):
        """Another certificate and key, one after the other, as a script would write them."""
        self.issued = issued
        self.write_key(key_text(issued.private_key, form, passphrase))
        if passphrase:
            self.settings["private_key_passphrase_file"] = str(self.passphrase_file)
            self.write_passphrase(f"{passphrase}\n")
        self.certificate.write_text(issued.leaf_pem + issued.chain_pem)

    def write_key(self, text, mode=0o600):
        self.box.own_secrets.update(line for line in text.splitlines() if len(line) > 30 and "-" not in line)
        self.private_key.write_text(text)
        self.private_key.chmod(mode)

    def write_passphrase(self, text, mode=0o600):
        self.box.own_secrets.update(text.splitlines())
        self.passphrase_file.write_text(text)
        self.passphrase_file.chmod(mode)
