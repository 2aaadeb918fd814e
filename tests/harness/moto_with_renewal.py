"""moto's server, with the one thing it lacks: a certificate that is renewed in place.

ACM renews under the same ARN and the certificate stays exportable. moto replaces it by
ImportCertificate, but then calls it imported and forgets the Export option; here it keeps both.
Takes moto_server's arguments.
"""

from moto.acm.models import AWSCertificateManagerBackend
from moto.server import main

_import_certificate = AWSCertificateManagerBackend.import_certificate


def renew_in_place(self, certificate, private_key, chain, arn, tags):
    before = self._certificates.get(arn)
    arn = _import_certificate(self, certificate, private_key, chain, arn, tags)
    if before is not None:
        renewed = self._certificates[arn]
        renewed.type, renewed.cert_options = before.type, before.cert_options
    return arn


AWSCertificateManagerBackend.import_certificate = renew_in_place

if __name__ == "__main__":
    main()
