"""Certificates that a box keeps equal to AWS's: their place in the configuration and on disk."""

import stat
from pathlib import Path

from . import stub_aws
from .key_encryption import Encryption


class Placed:
    """A certificate's table in the configuration and its files.

    Keywords go into the table as they are; None leaves a key out that is there by default.
    """

    def __init__(self, box, name, arn, role=stub_aws.ROLE, directory=None, **table):
        self.box, self.name, self.arn = box, name, arn
        directory = Path(directory or box.files)
        table = {
            "certificate_arn": self.arn,
            "role_arn": role,
            "certificate_path": str(directory / f"{name}.crt"),
            "private_key_path": str(directory / f"{name}.key"),
            "chain_path": str(directory / f"{name}.chain"),
            **table,
        }
        self.table = {key: value for key, value in table.items() if value is not None}
        box.tables.append(self.table)

    def path(self, member):
        """member: certificate, private_key, chain, combined."""
        return Path(self.table[f"{member}_path"])

    @property
    def paths(self):
        return [Path(value) for key, value in self.table.items() if key.endswith("_path")]

    def text(self, member):
        return self.path(member).read_text()

    def mode(self, member):
        return stat.S_IMODE(self.path(member).stat().st_mode)

    def owner(self, member):
        """(user, group), as numbers."""
        status = self.path(member).stat()
        return status.st_uid, status.st_gid

    def assert_absent(self):
        for path in self.paths:
            assert not path.exists(), path


class Managed(Placed):
    """One that the scriptable AWS holds and can renew."""

    def __init__(
        self, box, name, kind="ec-p256", region="eu-central-1", encryption=Encryption(),
        issuer=None, **table,
    ):
        self.box, self.name, self.kind, self.region = box, name, kind, region
        self.encryption, self.issuer = encryption, issuer or box.authority
        self.renewals, self.arn = 0, None
        self.renew()
        super().__init__(box, name, self.arn, **table)

    def renew(self, **validity):
        """AWS holds a new certificate with a new key under the same ARN; not_before, not_after: else of 198 days."""
        self.renewals += 1
        self.issued = self.issuer.issue(self.name, kind=self.kind, number=self.renewals, **validity)
        self.arn = self.box.aws.hold(self.issued, self.region, self.encryption, self.arn)

    def move_to_partition(self, partition):
        """AWS holds it in another partition instead."""
        held = self.box.aws.certificates.pop(self.arn)
        self.arn = self.arn.replace("arn:aws:", f"arn:{partition}:")
        self.table["certificate_arn"] = self.arn
        self.box.aws.certificates[self.arn] = held

    def expected(self):
        """Path to text, as the files must be for what AWS holds now."""
        leaf, chain = self.issued.leaf_pem, self.issued.chain_pem
        texts = {self.path("private_key"): self.issued.key_pem}
        if "chain_path" in self.table:
            texts[self.path("certificate")] = leaf
            texts[self.path("chain")] = chain
        else:
            texts[self.path("certificate")] = leaf.rstrip() + "\n" + chain
        if "combined_path" in self.table:
            texts[self.path("combined")] = self.issued.key_pem + leaf + chain
        return texts

    def assert_installed(self):
        for path, text in self.expected().items():
            assert path.read_text() == text, path
