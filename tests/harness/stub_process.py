"""StubAws in a process of its own, so that its work is not counted with the agent's.

In the child: `python -m harness.stub_process CERTIFICATES keep|close`; one line of JSON says where
it is; then every line "counts" on its input is answered with what happened since the last one. It
ends with its input.
"""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

from . import pki
from .device import key_text
from .metadata import Metadata
from .processes import dies_with_parent
from .roles_anywhere import RolesAnywhere
from .stub_aws import ACCESS_KEY, ACCOUNT, ROLE, SECRET_KEY, StubAws

DEVICE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/device"
PACKAGE_PARENT = Path(__file__).resolve().parents[1]


class StubProcess:
    """A context manager around the child."""

    def __init__(self, directory, certificates=50, keep_alive=True):
        self.directory = Path(directory)
        self.certificates, self.keep_alive = certificates, keep_alive

    def __enter__(self):
        mode = "keep" if self.keep_alive else "close"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.stub_process", str(self.certificates), mode],
            cwd=PACKAGE_PARENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True, preexec_fn=dies_with_parent,
        )
        told = json.loads(self._process.stdout.readline())
        self.told, self.url, self.arns = told, told["url"], told["arns"]
        self.ca_bundle = self.directory / f"stub-ca-{mode}.pem"
        self.ca_bundle.write_text(told["ca"])
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    @property
    def environment(self):
        """What the agent needs to find and to trust this AWS, and to be known to it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": str(self.ca_bundle),
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }

    def counts(self):
        """Requests by operation, connections, handshakes, resumptions since the last call."""
        self._process.stdin.write("counts\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def counts(aws, metadata):
    wrong = [request.signature_error for request in aws.requests if request.signature_error]
    asked = [path.split()[0] for path in metadata.paths()]
    metadata.requests.clear()
    found = {
        "operations": {**aws.operations(), "GetToken": asked.count("PUT"), "GetMetadata": asked.count("GET")},
        "connections": aws.connections,
        "handshakes": aws.handshakes,
        "resumptions": aws.resumptions,
        "errors": wrong + aws.unexpected,
    }
    aws.requests.clear()
    aws.connections = aws.handshakes = aws.resumptions = 0
    return found


def serve(certificates, mode):
    """RSA 2048 throughout, a chain of two below the root: as AWS's own endpoints."""
    root = pki.Authority("Bench Root CA", kind="rsa-2048", number=1)
    issuing = pki.Authority("Bench Issuing CA", kind="rsa-2048", parent=root, number=2)
    identity = issuing.issue("localhost", kind="rsa-2048", number=3)
    devices = pki.Authority("Devices CA", number=5)
    device = devices.issue("box", number=6)
    with StubAws(identity, keep_alive=mode == "keep") as aws, Metadata(aws) as metadata:
        aws.roles_anywhere = RolesAnywhere(devices, [ROLE, DEVICE_ROLE])
        arns = [
            aws.hold(issuing.issue(f"site{number}.example.com", kind="rsa-2048", number=4))
            for number in range(certificates)
        ]
        print(json.dumps({
            "url": aws.url, "ca": root.pem, "arns": arns, "metadata": metadata.url,
            "trust_anchor_arn": aws.roles_anywhere.trust_anchor_arn, "profile_arn": aws.roles_anywhere.profile_arn,
            "device": {"certificate": device.leaf_pem + device.chain_pem, "key": key_text(device.private_key)},
        }), flush=True)
        for _ in sys.stdin:
            print(json.dumps(counts(aws, metadata)), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(int(sys.argv[1]), sys.argv[2])
