"""moto's server, with two things that it lacks: a certificate that is renewed in place, and a call without a signature.

ACM renews under the same ARN and the certificate stays exportable. moto replaces it by
ImportCertificate, but then calls it imported and forgets the Export option; here it keeps both.
AssumeRoleWithWebIdentity needs no signature; where moto enforces policies, it fails for want of one.
Takes moto_server's arguments.
"""

from moto.acm.models import AWSCertificateManagerBackend
from moto.server import main
from moto.sts.responses import TokenResponse

_authenticate = TokenResponse._authenticate_and_authorize_normal_action
_import_certificate = AWSCertificateManagerBackend.import_certificate


def renew_in_place(self, certificate, private_key, chain, arn, tags):
    before = self._certificates.get(arn)
    arn = _import_certificate(self, certificate, private_key, chain, arn, tags)
    if before is not None:
        renewed = self._certificates[arn]
        renewed.type, renewed.cert_options = before.type, before.cert_options
    return arn


def authenticate_the_signed(self, resource="*"):
    if self._get_action() != "AssumeRoleWithWebIdentity":
        _authenticate(self, resource)


AWSCertificateManagerBackend.import_certificate = renew_in_place
TokenResponse._authenticate_and_authorize_normal_action = authenticate_the_signed

if __name__ == "__main__":
    main()
