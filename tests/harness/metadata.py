"""Instance metadata and a container's credentials endpoint, scriptable as StubAws is.

    metadata.script("PUT /latest/api/token", Reply(403))
    metadata.always(f"GET {ROLES}", behaviours.hang)
"""

import contextlib
import datetime
import secrets
import socket
import subprocess
import time

from .http_messages import Reply, json_reply
from .processes import is_killed_with_parent
from .stub_aws import StubAws

TOKEN = "/latest/api/token"
ROLES = "/latest/meta-data/iam/security-credentials/"
ROLE = "instance-role"
CONTAINER = "/v2/credentials/1234"


class Metadata(StubAws):
    """Plain HTTP on loopback, IMDSv2 only; its credentials are sessions of the given StubAws."""

    def __init__(self, aws, authorization=None, **options):
        super().__init__(**options)
        self.aws, self.authorization = aws, authorization
        self.lasts = datetime.timedelta(hours=6)
        self.tokens = []
        self.version_1 = False

    def session(self, **changes):
        """What the endpoint answers; None leaves a value out."""
        access_key, secret, token = self.aws.new_session()
        until = datetime.datetime.fromtimestamp(self.time(), datetime.timezone.utc) + self.lasts
        values = {
            "AccessKeyId": access_key, "SecretAccessKey": secret, "Token": token,
            "Expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}", **changes,
        }
        return {name: value for name, value in values.items() if value is not None}

    def paths(self):
        """What was asked, in order."""
        return [f"{request.method} {request.target}" for request in self.requests]

    def _signature_problem(self, request):
        return None

    def _honest_answer(self, request):
        headers = request.headers
        if request.target == CONTAINER:
            if headers.get("authorization") != self.authorization:
                return json_reply({"code": "AccessDenied", "message": "no such token"}, 401)
            return json_reply(self.session(RoleArn="arn:aws:iam::123456789012:role/task"))
        if request.method == "PUT" and request.target == TOKEN:
            assert headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
            self.tokens.append(secrets.token_urlsafe(40))
            return Reply(200, self.tokens[-1].encode())
        token = headers.get("x-aws-ec2-metadata-token")
        if token not in self.tokens and not (self.version_1 and token is None):
            return Reply(401)
        if request.target == ROLES:
            return Reply(200, ROLE.encode())
        if request.target == ROLES + ROLE:
            return json_reply({"Code": "Success", "Type": "AWS-HMAC", **self.session()})
        return Reply(404, b"<html>no such path</html>")


class MetadataMock:
    """AWS's own mock of instance metadata, which only answers with a token. A context manager."""

    def __init__(self, program, directory):
        self.program, self.directory = program, directory

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [self.program, "--imdsv2", "--hostname", "127.0.0.1", "--port", str(port)],
            cwd=self.directory, env={"HOME": str(self.directory)}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=is_killed_with_parent,
        )
        self.url = f"http://127.0.0.1:{port}"
        self._wait_until_up(port)
        return self

    def _wait_until_up(self, port):
        while self._process.poll() is None:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                return
            time.sleep(0.01)
        raise RuntimeError("the mock did not start")

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
