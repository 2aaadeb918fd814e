"""moto as AWS: over TLS, with signatures and IAM policies enforced, in a process of its own."""

import json
import os
import re
import ssl
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

from .pki import Issued
from .processes import dies_with_parent

ACCOUNT = "123456789012"
REGION = "eu-central-1"
ENFORCE_LATER = "100000"  # requests that are not checked, until reset-auth


def policy(action, resource="*", effect="Allow", **statement):
    statement = {"Effect": effect, "Action": action, **statement}
    if resource is not None:
        statement["Resource"] = resource
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class SimulatedAws:
    """A context manager. After entering, every request needs a good signature and a permission.

    user_keys: access key id and secret of a user who may assume `role` and nothing else.
    """

    def __init__(self, directory, authority, name="localhost"):
        self.directory, self.authority, self.name = Path(directory), authority, name

    def __enter__(self):
        identity = self.authority.issue(self.name, "127.0.0.1", kind="rsa-2048", number=800)
        certificate, key = self.directory / "moto.crt", self.directory / "moto.key"
        self.ca_bundle = self.directory / "moto-ca.pem"
        certificate.write_text(identity.leaf_pem + identity.chain_pem)
        key.write_text(identity.key_pem)
        self.ca_bundle.write_text(self.authority.pem)
        script = Path(__file__).with_name("moto_with_renewal.py")
        self._process = subprocess.Popen(
            [sys.executable, script, "-H", "127.0.0.1", "-p", "0", "-c", certificate, "-k", key],
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": ENFORCE_LATER},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True, preexec_fn=dies_with_parent,
        )
        try:
            self.port = self._read_port()
            self._drain = threading.Thread(target=self._process.stderr.read, daemon=True)
            self._drain.start()
            self.url = f"https://{self.name}:{self.port}"
            self._seed()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def _read_port(self):
        said = []
        for line in self._process.stderr:
            said.append(line)
            if match := re.search(r"Running on https://[\d.]+:(\d+)", line):
                return int(match[1])
        raise RuntimeError("moto did not start:\n" + "".join(said))

    def client(self, service, keys=None, region=REGION):
        access_key, secret = keys or self.administrator_keys
        return boto3.client(
            service, endpoint_url=self.url, region_name=region, verify=str(self.ca_bundle),
            aws_access_key_id=access_key, aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def _seed(self):
        self.administrator_keys = ("AKIAIOSFODNN7EXAMPLE", "before enforcement")
        administrator_keys = self.create_user("administrator", "*")
        self.role = self.create_role("certificate-reader", "acm:ExportCertificate")
        self.user_keys = self.create_user("box", "sts:AssumeRole")
        # An action count of 0: from here on each request is checked.
        request = urllib.request.Request(
            f"{self.url}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request, context=self._tls_context()):
            self.administrator_keys = administrator_keys

    def _tls_context(self):
        return ssl.create_default_context(cafile=self.ca_bundle)

    # --- what an AWS administrator does -----------------------------------------------------

    def create_user(self, name, action, resource="*"):
        """A user who may do this; returns an access key id and its secret."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(
            UserName=name, PolicyName="may", PolicyDocument=policy(action, resource)
        )
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def create_role(self, name, action, trusted="*", effect="Allow"):
        """A role whose sessions may do this, for principals like `trusted`; returns its ARN."""
        iam = self.client("iam")
        trust = policy("sts:AssumeRole", None, effect, Principal={"AWS": trusted})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy(action))
        return role["Arn"]

    def request_certificate(self, name, exportable=True, region=REGION):
        """A certificate issued by ACM; returns its ARN."""
        acm = self.client("acm", region=region)
        export = "ENABLED" if exportable else "DISABLED"
        arn = acm.request_certificate(DomainName=name, Options={"Export": export})
        return arn["CertificateArn"]

    def renew(self, arn, issued: Issued):
        """ACM renews: the same ARN, a new certificate, chain and key."""
        acm = self.client("acm", region=arn.split(":")[3])
        chain = {"CertificateChain": issued.chain_pem} if issued.chain else {}
        acm.import_certificate(
            CertificateArn=arn, Certificate=issued.leaf_pem, PrivateKey=issued.key_pem, **chain
        )

    def certificate(self, arn):
        """The certificate and the chain that ACM holds, as PEM."""
        acm = self.client("acm", region=arn.split(":")[3])
        reply = acm.get_certificate(CertificateArn=arn)
        return reply["Certificate"], reply["CertificateChain"]
