"""The simulated world itself: that it is as strict and as right as the tests believe."""

import subprocess

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import pki
from harness.key_encryption import CIPHERS, PRFS, Encryption, encrypted_key_pem
from harness.stub_aws import ACCESS_KEY, ROLE, SECRET_KEY

ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})


@pytest.mark.parametrize("cipher_bits", CIPHERS)
@pytest.mark.parametrize("prf", [None, *PRFS])
def test_openssl_decrypts_what_the_harness_encrypts(prf, cipher_bits):
    private_key = pki.key("ec-p256")
    encrypted = encrypted_key_pem(
        pki.key_der(private_key), b"a passphrase", Encryption(prf, cipher_bits, iterations=3000)
    )
    done = subprocess.run(
        ["openssl", "pkcs8", "-passin", "pass:a passphrase"],
        input=encrypted, text=True, capture_output=True, check=True,
    )
    assert done.stdout == pki.key_pem(private_key)


@pytest.fixture
def client(aws, root_authority, tmp_path):
    """boto3 in the agent's place."""
    (tmp_path / "ca.pem").write_text(root_authority.pem)

    def make(service, access_key=ACCESS_KEY, secret=SECRET_KEY, token=None):
        return boto3.client(
            service, endpoint_url=aws.url, verify=str(tmp_path / "ca.pem"), config=ONE_ATTEMPT,
            region_name="eu-central-1", aws_access_key_id=access_key,
            aws_secret_access_key=secret, aws_session_token=token,
        )

    return make


def session(client):
    reply = client("sts").assume_role(RoleArn=ROLE, RoleSessionName="harness")["Credentials"]
    return reply["AccessKeyId"], reply["SecretAccessKey"], reply["SessionToken"]


def test_stub_serves_a_client_that_does_everything_right(client, aws, authority):
    arn = aws.hold(authority.issue("www.example.com"))
    export = client("acm", *session(client)).export_certificate
    reply = export(CertificateArn=arn, Passphrase=b"a passphrase")

    assert reply["Certificate"] == aws.certificates[arn].issued.leaf_pem
    assert [request.signature_error for request in aws.requests] == [None, None]


@pytest.mark.parametrize("wrong", ["secret", "token", "no token", "role's own user"])
def test_stub_refuses_a_client_that_signs_wrongly(client, aws, authority, wrong):
    arn = aws.hold(authority.issue("www.example.com"))
    access_key, secret, token = session(client)
    keys = {
        "secret": (access_key, secret + "x", token),
        "token": (access_key, secret, token + "x"),
        "no token": (access_key, secret, None),
        "role's own user": ("AKIANOBODY", secret, None),
    }[wrong]
    with pytest.raises(ClientError):
        client("acm", *keys).export_certificate(CertificateArn=arn, Passphrase=b"a passphrase")
    assert aws.requests[-1].signature_error


def test_stub_refuses_a_request_of_another_hour(client, aws):
    aws.clock_offset = 3600
    with pytest.raises(ClientError, match="Signature expired"):
        session(client)


def test_moto_enforces_policies(moto):
    arn = moto.request_certificate("www.example.com")
    with pytest.raises(ClientError, match="not authorized|403"):
        moto.client("acm", moto.user_keys).export_certificate(
            CertificateArn=arn, Passphrase=b"a passphrase"
        )
