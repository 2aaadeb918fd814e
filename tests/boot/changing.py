"""Certificates of which AWS has a new one whenever it is asked."""

import hashlib
from dataclasses import asdict, dataclass

from harness.managed import Managed
from harness.stub_aws import StubAws

KEYS_OF_A_KIND = 8  # keys are slow to make; neighbours differ


class Changing(Managed):
    """Each version has another key and another chain than the one before."""

    def __init__(self, box, name, issuers, more_names=0, **options):
        self.issuers, self.versions = issuers, []
        self.names = [name, *(f"{number}.{name}.example.com" for number in range(more_names))]
        super().__init__(box, name, issuer=issuers[0], directory="/data/tls", **options)
        self.versions.clear()  # nobody has asked yet

    def renew(self):
        self.renewals = (self.renewals + 1) % KEYS_OF_A_KIND
        self.issuer = self.issuers[len(self.versions) % len(self.issuers)]
        self.issued = self.issuer.issue(*self.names, kind=self.kind, number=self.renewals)
        self.arn = self.box.aws.hold(self.issued, self.region, self.encryption, self.arn)
        self.versions.append(self.issued)

    def history(self):
        return History(self.name, self.table, [self._texts(issued) for issued in self.versions])

    def _texts(self, issued):
        self.issued = issued
        return {str(path): text for path, text in self.expected().items()}


@dataclass
class History:
    """What became of a certificate's files. table: its part of the configuration. versions: path to text, for each."""

    name: str
    table: dict
    versions: list

    def as_dictionary(self):
        return asdict(self)

    @property
    def paths(self):
        return [value for key, value in self.table.items() if key.endswith("_path")]

    def digest(self, version):
        """What the refresh command says of this version (power/usr/sbin/taken-up)."""
        texts = self.versions[version]
        whole = texts[self.table["certificate_path"]] + texts[self.table["private_key_path"]]
        return hashlib.sha256(whole.encode()).hexdigest()


class RenewingAws(StubAws):
    def __init__(self):
        super().__init__()
        self.sites = {}

    def export(self, request):
        self.sites[request.json["CertificateArn"]].renew()
        return super().export(request)
