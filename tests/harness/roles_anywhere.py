"""IAM Roles Anywhere for tests: CreateSession as AWS's documentation has it.

Certificate chain and signature are verified with Python's cryptography; the canonical request is rebuilt here, from
what came over the wire. AWS's own helper is accepted by the same code (test_roles_anywhere_helper).
"""

import base64
import binascii
import datetime
import hashlib
import json
import re
import urllib.parse

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from .http_messages import Reply

AUTHORIZATION = re.compile(
    r"AWS4-X509-(?P<kind>RSA|ECDSA)-SHA256 Credential=(?P<serial>\d+)/(?P<date>\d{8})/(?P<region>[\w-]+)"
    r"/rolesanywhere/aws4_request, SignedHeaders=(?P<signed>[\w;-]+), Signature=(?P<signature>[0-9a-f]+)"
)
CURVES = ("secp256r1", "secp384r1", "secp521r1")
MOST_CHAIN = 5
TOLERANCE = datetime.timedelta(minutes=5)


class Refused(Exception):
    def __init__(self, code, message, status=403):
        super().__init__(message)
        self.code, self.status = code, status


def require(condition, message, code="AccessDeniedException", status=403):
    if not condition:
        raise Refused(code, message, status)


def certificate_of(text):
    try:
        return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Refused("AccessDeniedException", f"Untrusted certificate: {error}") from error


def is_authority(certificate):
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def is_issued_by(certificate, issuer):
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def verify_chain(leaf, chain, anchors, now):
    """From the leaf upwards, in whatever order the chain came, to one of the anchors."""
    at, left = leaf, list(chain)
    require(not is_authority(leaf), "Untrusted certificate. The certificate is an authority's")
    while True:
        require(at.not_valid_before_utc <= now <= at.not_valid_after_utc, "Certificate expired")
        if any(is_issued_by(at, anchor) for anchor in anchors):
            return
        above = [each for each in left if is_authority(each) and is_issued_by(at, each)]
        require(above, "Untrusted certificate. Insufficient certificate")
        at = above[0]
        left.remove(at)


def canonical_request(request, signed):
    path, _, query = request.target.partition("?")
    parameters = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    quoted = [
        f"{urllib.parse.quote(name, safe='-_.~')}={urllib.parse.quote(value, safe='-_.~')}"
        for name, value in parameters
    ]
    headers = [f"{name}:{' '.join(request.headers[name].split())}" for name in signed]
    digest = hashlib.sha256(request.body).hexdigest()
    return "\n".join([request.method, path, "&".join(quoted), *headers, "", ";".join(signed), digest])


def string_to_sign(request, parts):
    digest = hashlib.sha256(canonical_request(request, parts["signed"].split(";")).encode()).hexdigest()
    scope = f"{parts['date']}/{parts['region']}/rolesanywhere/aws4_request"
    return "\n".join([f"AWS4-X509-{parts['kind']}-SHA256", request.headers["x-amz-date"], scope, digest])


def verify_signature(leaf, kind, signature, text):
    key = leaf.public_key()
    try:
        if kind == "RSA":
            require(isinstance(key, rsa.RSAPublicKey), "The algorithm is not that of the certificate's key")
            key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        else:
            require(isinstance(key, ec.EllipticCurvePublicKey), "The algorithm is not that of the certificate's key")
            require(key.curve.name in CURVES, "Untrusted signing certificate")
            key.verify(signature, text, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Refused("AccessDeniedException", "Signature verification failed") from error


class RolesAnywhere:
    """One trust anchor and one profile. `accepts_session_name` is the profile's setting."""

    def __init__(self, authority, roles, region="eu-central-1", account="123456789012"):
        prefix = f"arn:aws:rolesanywhere:{region}:{account}"
        self.trust_anchor_arn = f"{prefix}:trust-anchor/11111111-2222-3333-4444-555555555555"
        self.profile_arn = f"{prefix}:profile/66666666-7777-8888-9999-000000000000"
        self.anchors, self.roles, self.region = [authority.certificate], list(roles), region
        self.accepts_session_name = False
        self.seen = []  # leaf and chain of each request that was signed well

    def verify(self, request, now):
        """Raises Refused unless the request is signed as it must be."""
        headers = request.headers
        parts = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        require(parts, f"no valid Authorization header: {headers.get('authorization')}")
        signed = parts["signed"].split(";")
        require(signed == sorted(set(signed)), "signed headers are not in order")
        for name in ("host", "x-amz-date", "x-amz-x509", "x-amz-x509-chain", "content-type"):
            require(name in signed or (name == "x-amz-x509-chain" and name not in headers), f"{name} is not signed")
        leaf = certificate_of(headers["x-amz-x509"])
        chain = [certificate_of(each) for each in headers.get("x-amz-x509-chain", "").split(",") if each]
        require(len(chain) <= MOST_CHAIN, "the chain is too long")
        require(int(parts["serial"]) == leaf.serial_number, "the serial number is not the certificate's")
        require(parts["serial"] == str(leaf.serial_number), "the serial number is not in plain decimal")
        require(parts["region"] == self.region, "signed for another region")
        stamp = datetime.datetime.strptime(f"{headers['x-amz-date']}+0000", "%Y%m%dT%H%M%SZ%z")
        require(headers["x-amz-date"].startswith(parts["date"]), "the scope's date is not the request's")
        require(abs(stamp - now) <= TOLERANCE, f"Signature expired: {headers['x-amz-date']}")
        verify_chain(leaf, chain, self.anchors, now)
        text = string_to_sign(request, parts).encode()
        verify_signature(leaf, parts["kind"], bytes.fromhex(parts["signature"]), text)
        self.seen.append((leaf, chain))

    def read(self, request):
        """The session that is asked for: role, seconds, name. Raises Refused."""
        _, _, query = request.target.partition("?")
        asked = dict(urllib.parse.parse_qsl(query, strict_parsing=True))
        body = json.loads(request.body)
        wrong = ("ValidationException", 400)
        require(set(asked) == {"profileArn", "roleArn", "trustAnchorArn"}, f"parameters: {sorted(asked)}", *wrong)
        require(set(body) <= {"durationSeconds", "roleSessionName"}, f"members: {sorted(body)}", *wrong)
        seconds, name = body.get("durationSeconds", 3600), body.get("roleSessionName")
        require(isinstance(seconds, int) and 900 <= seconds <= 43200, f"durationSeconds: {seconds}", *wrong)
        missing = ("ResourceNotFoundException", 404)
        require(asked["trustAnchorArn"] == self.trust_anchor_arn, "Trust anchor not found", *missing)
        require(asked["profileArn"] == self.profile_arn, "Profile not found", *missing)
        require(asked["roleArn"] in self.roles, f"Unable to assume role for {asked['roleArn']}")
        require(name is None or self.accepts_session_name, "Profile does not accept custom role session names")
        require(name is None or re.fullmatch(r"[\w+=,.@-]{2,64}", name), f"roleSessionName: {name}", *wrong)
        return asked["roleArn"], seconds, name

    def answer(self, request, now, new_session):
        """new_session() makes access key, secret key and token."""
        try:
            self.verify(request, now)
            role, seconds, _name = self.read(request)
        except Refused as error:
            request.signature_error = str(error)
            return refusal(error.code, str(error), error.status)
        access_key, secret_key, token = new_session()
        until = now + datetime.timedelta(seconds=seconds)
        values = {
            "accessKeyId": access_key, "secretAccessKey": secret_key, "sessionToken": token,
            "expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        }
        session = {"credentials": values, "roleArn": role, "packedPolicySize": 11}
        return rest_reply({"credentialSet": [session], "subjectArn": "arn:aws:rolesanywhere:subject/1"}, 201)


def rest_reply(value, status=200, headers=None):
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


def refusal(code, message="the test says so", status=403):
    """An error as Roles Anywhere reports it."""
    return rest_reply({"message": message}, status, {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/"})
