"""Signature Version 4 checked as AWS checks it, with botocore's signer as the reference."""

import datetime
import re

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<access_key>\w+)/(?P<date>\d{8})/(?P<region>[\w-]+)"
    r"/(?P<service>\w+)/aws4_request, ?SignedHeaders=(?P<signed>[\w;-]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
MUST_BE_SIGNED = ("host", "x-amz-date", "content-type", "x-amz-security-token", "x-amz-target")


def parse(request):
    """The parts of the Authorization header, or None."""
    return AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))


def signed_at(request):
    stamp = datetime.datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    return stamp.replace(tzinfo=datetime.timezone.utc)


def problem(request, service, secrets):
    """What is wrong with a request's signature, or None.

    secrets: access key id to (secret, session token or None).
    """
    parts = parse(request)
    if parts is None:
        return f"no valid Authorization header: {request.headers.get('authorization')}"
    if parts["service"] != service:
        return f"signed for {parts['service']}, sent to {service}"
    if parts["access_key"] not in secrets:
        return "InvalidClientTokenId"
    if not request.headers.get("x-amz-date", "").startswith(parts["date"]):
        return "the scope's date is not the request's"
    secret, token = secrets[parts["access_key"]]
    if request.headers.get("x-amz-security-token") != token:
        return "the session token is not the one that belongs to the access key"

    signed = parts["signed"].split(";")
    missing = [name for name in MUST_BE_SIGNED if name in request.headers and name not in signed]
    if missing:
        return f"headers not signed: {missing}"
    if signed != sorted(signed):
        return "signed headers are not in order"

    signer = SigV4Auth(Credentials(parts["access_key"], secret, token), service, parts["region"])
    rebuilt = AWSRequest(
        request.method,
        f"https://{request.headers['host']}{request.target}",
        {name: request.headers[name] for name in signed},
        request.body,
    )
    rebuilt.context["timestamp"] = request.headers["x-amz-date"]
    canonical = signer.canonical_request(rebuilt)
    expected = signer.signature(signer.string_to_sign(rebuilt, canonical), rebuilt)
    if expected != parts["signature"]:
        return "SignatureDoesNotMatch"
    return None
