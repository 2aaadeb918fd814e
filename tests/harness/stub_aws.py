"""STS, ACM and IAM Roles Anywhere for tests: strict about what it is asked, and as hostile in its answers as told.

It speaks TLS or plain HTTP on a loopback address, keeps connections open as AWS does (or not),
checks every signature, counts connections, handshakes and requests, and answers from a script:

    aws.script("ExportCertificate", acm_error("ThrottlingException"))   # once, then as usual
    aws.always("AssumeRole", sts_error("AccessDenied", status=403))

An answer is a Reply, or a function of (connection, request) that returns a Reply, or None after
it has dealt with the connection itself (see harness/behaviours.py).
"""

import base64
import collections
import contextlib
import datetime
import email.utils
import itertools
import socket
import ssl
import tempfile
import threading
import time
from dataclasses import dataclass, field

from . import signatures
from .http_messages import Reply, acm_error, credentials_reply, json_reply, read_request, sts_error
from .key_encryption import Encryption, encrypted_key_pem
from .pki import Issued, key_der

ACCOUNT = "123456789012"
ACCESS_KEY = "AKIAIOSFODNN7STUBAWS"
SECRET_KEY = "stub+Secret/Key0123456789abcdefghijklmnop"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/certificate-reader"
CLOCK_TOLERANCE_SECONDS = 300


@dataclass
class Held:
    """A certificate that the stub holds under an ARN."""

    issued: Issued
    encryption: Encryption = field(default_factory=Encryption)


class Connection:
    """One accepted connection, from the server's side."""

    def __init__(self, server, sock, number):
        self.server = server
        self.socket = sock
        self.number = number
        self.stream = None  # what the client sends, buffered

    def send(self, data):
        self.socket.sendall(data)

    def wait_until_client_leaves(self):
        """Says nothing more; returns when the client has given up or the server stops."""
        with contextlib.suppress(OSError):
            while self.socket.recv(65536):
                pass

    def close(self, notify=True):
        """Close, with TLS's close_notify or without a word."""
        with contextlib.suppress(OSError, ValueError):
            if notify and isinstance(self.socket, ssl.SSLSocket):
                self.socket.settimeout(5)
                self.socket.unwrap()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class StubAws:
    """The server; a context manager. Without an identity it speaks plain HTTP."""

    def __init__(
        self, identity=None, address="127.0.0.1", name="localhost", keep_alive=True, port=0
    ):
        self.address, self.name, self.keep_alive = address, name, keep_alive
        self.listens_at = port  # a port; 0: any
        self.close_silently_after_each_reply = False
        self.json_from_sts = True
        self.clock_offset = 0  # seconds by which this AWS is ahead of the machine
        self.identity = identity
        self.tls_minimum = ssl.TLSVersion.TLSv1_2
        self.tls_maximum = ssl.TLSVersion.TLSv1_3
        self.certificates = {}
        self.secrets = {ACCESS_KEY: (SECRET_KEY, None)}
        self.roles_anywhere = None  # a RolesAnywhere
        self.web_identity_tokens = set()  # that are good
        self.role_lasts = 3600  # seconds
        self.passphrases = []
        self.requests = []
        self.handshakes = self.resumptions = self.connections = 0
        self.failed_handshakes = []
        self.asked_names = []  # the server names of the handshakes; None: it had none
        self.unexpected = []  # what went wrong in the server itself: a test's teardown looks here
        self._scripts = collections.defaultdict(collections.deque)
        self._always = {}
        self._serial = itertools.count(1)
        self._open = set()
        self._lock = threading.Lock()
        self._stopping = False

    # --- what tests use -------------------------------------------------------------------

    @property
    def port(self):
        return self._listener.getsockname()[1]

    @property
    def url(self):
        return f"{'https' if self.identity else 'http'}://{self.name}:{self.port}"

    def hold(self, issued, region="eu-central-1", encryption=Encryption(), arn=None):
        """Issue or renew: the ARN under which this certificate is exported from now on."""
        if arn is None:
            arn = f"arn:aws:acm:{region}:{ACCOUNT}:certificate/{next(self._serial):08d}-stub"
        self.certificates[arn] = Held(issued, encryption)
        return arn

    def script(self, operation, *answers):
        """The next requests of this operation get these answers, one each."""
        self._scripts[operation].extend(answers)

    def always(self, operation, answer):
        self._always[operation] = answer

    def operations(self):
        """How often each operation was asked for."""
        return collections.Counter(request.operation for request in self.requests)

    def asked(self, operation):
        return [request for request in self.requests if request.operation == operation]

    # --- serving --------------------------------------------------------------------------

    def __enter__(self):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._listener = socket.create_server((self.address, self.listens_at), family=family, backlog=64)
        self._context = self._tls_context() if self.identity else None
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _tls_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version, context.maximum_version = self.tls_minimum, self.tls_maximum
        context.sni_callback = lambda _tls, name, _context: self.asked_names.append(name)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(self.identity.leaf_pem + self.identity.chain_pem + self.identity.key_pem)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _accept(self):
        while True:
            try:
                sock, address = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                connection = Connection(self, sock, self.connections)
                self._open.add(connection)
            worker = threading.Thread(target=self._serve, args=(connection, address), daemon=True)
            worker.start()

    def _serve(self, connection, address):
        try:
            if self._context and not self._handshake(connection):
                return
            connection.stream = connection.socket.makefile("rb")
            while request := read_request(connection.stream, connection.number, address):
                self.requests.append(request)
                if not self._answer(connection, request):
                    return
        except OSError:
            pass  # the client went away, or the test is over
        except Exception as error:  # whatever it is, the test must hear of it
            self.unexpected.append(repr(error))
        finally:
            connection.close(notify=False)
            with self._lock:
                self._open.discard(connection)

    def _handshake(self, connection):
        try:
            connection.socket = self._context.wrap_socket(connection.socket, server_side=True)
        except OSError as error:
            self.failed_handshakes.append(str(error))
            return False
        with self._lock:
            self.handshakes += 1
            self.resumptions += bool(connection.socket.session_reused)
        return True

    def _answer(self, connection, request):
        """True when the connection stays open."""
        request.signature_error = self._signature_problem(request)
        answer = self._next_answer(request)
        if callable(answer):
            answer = answer(connection, request)
        if answer is None:
            return False
        keep_alive = self.keep_alive and answer.framing != "close"
        connection.send(answer.encode(self.date(), keep_alive))
        if self.close_silently_after_each_reply:
            connection.close(notify=False)
            return False
        if not keep_alive:
            connection.close()
        return keep_alive

    def _next_answer(self, request):
        script = self._scripts[request.operation]
        if script:
            return script.popleft()
        if request.operation in self._always:
            return self._always[request.operation]
        return self._honest_answer(request)

    # --- what AWS would answer ------------------------------------------------------------

    def time(self):
        return time.time() + self.clock_offset

    def date(self):
        """For the Date header."""
        return email.utils.formatdate(self.time(), usegmt=True)

    def _signature_problem(self, request):
        if request.operation in ("CreateSession", "AssumeRoleWithWebIdentity"):
            return None  # it is verified with the answer
        service = "acm" if "x-amz-target" in request.headers else "sts"
        found = signatures.problem(request, service, self.secrets)
        if found is None:
            age = self.time() - signatures.signed_at(request).timestamp()
            if abs(age) > CLOCK_TOLERANCE_SECONDS:
                found = f"Signature expired: the request is {age:.0f} seconds old"
        return found

    def _honest_answer(self, request):
        answers = {
            "AssumeRole": self.assume_role, "ExportCertificate": self.export,
            "AssumeRoleWithWebIdentity": self.assume_role_with_web_identity,
        }
        if self.roles_anywhere:
            answers["CreateSession"] = self.create_session
        if request.operation not in answers:
            return Reply(404, b"no such operation")
        is_sts = request.operation == "AssumeRole"
        if (problem := request.signature_error) is not None:
            if problem == "InvalidClientTokenId":
                message = "The security token included in the request is invalid."
                code = problem if is_sts else "UnrecognizedClientException"
            else:
                message, code = problem, "SignatureDoesNotMatch" if is_sts else (
                    "InvalidSignatureException"
                )
            return sts_error(code, message, 403) if is_sts else acm_error(code, message)
        return answers[request.operation](request)

    def new_session(self):
        """Access key, secret key and token, accepted from now on."""
        number = len(self.secrets)
        access_key = f"ASIASESSION{number:09d}"
        secret, token = f"session/Secret+{number:026d}", f"session-token/{number:04d}+" + "T" * 600
        self.secrets[access_key] = (secret, token)
        return access_key, secret, token

    def create_session(self, request):
        now = datetime.datetime.fromtimestamp(self.time(), datetime.timezone.utc)
        return self.roles_anywhere.answer(request, now, self.new_session)

    def assume_role(self, request):
        """Session credentials, new for each request."""
        access_key, secret, token = self.new_session()
        as_json = self.json_from_sts and "json" in request.headers.get("accept", "")
        until = int(self.time()) + self.role_lasts
        return credentials_reply(access_key, secret, token, until, as_json, request.operation)

    def assume_role_with_web_identity(self, request):
        assert "authorization" not in request.headers
        if request.form["WebIdentityToken"] not in self.web_identity_tokens:
            return sts_error("InvalidIdentityToken", "The token is not a good one.")
        return self.assume_role(request)

    def export(self, request):
        """The certificate, its chain and its key under the passphrase of the request."""
        arn = request.json["CertificateArn"]
        if arn not in self.certificates:
            message = f"Could not find certificate {arn}."
            return acm_error("ResourceNotFoundException", message)
        passphrase = base64.b64decode(request.json["Passphrase"], validate=True)
        self.passphrases.append(passphrase.decode())
        return json_reply(self.bundle(arn, passphrase))

    def bundle(self, arn, passphrase):
        held = self.certificates[arn]
        encrypted = encrypted_key_pem(key_der(held.issued.private_key), passphrase, held.encryption)
        bundle = {"Certificate": held.issued.leaf_pem, "PrivateKey": encrypted}
        if held.issued.chain:
            bundle["CertificateChain"] = held.issued.chain_pem
        return bundle
