#!/usr/bin/env python3
"""The servers of the TLS tests: makes certificates with openssl(1), then runs TLS servers on the loopback interface.

First it prints the directory of the certificates; bundle.pem there contains the roots to trust. Then it reads commands
from standard input, one a line: "CERTIFICATE VERSIONS BEHAVIOUR". For each it starts a server that serves any number of
connections, and prints its port. It ends at the end of its input.
"""

import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

LEAVES = {
    # name: (authority, key, subject, extensions)
    "rsa": ("rsa-issuer", "rsa", "/CN=server.test", "subjectAltName=DNS:server.test,DNS:*.wild.test"),
    "ec": ("issuer", "ec", "/CN=server.test", "subjectAltName=DNS:server.test,DNS:other.test"),
    "address": ("issuer", "ec", "/CN=address", "subjectAltName=IP:127.0.0.1,IP:::1,DNS:127.0.0.9"),
    "common-name": ("issuer", "ec", "/CN=server.test", "keyUsage=digitalSignature"),
    "client": ("issuer", "ec", "/CN=server.test", "subjectAltName=DNS:server.test\nextendedKeyUsage=clientAuth"),
    "forger": ("foreign-root", "ec", "/CN=server.test", "subjectAltName=DNS:server.test"),
    "constrained": ("constrained-issuer", "ec", "/CN=server.test", "subjectAltName=DNS:server.test"),
    "weak": ("rsa-issuer", "weak", "/CN=server.test", "subjectAltName=DNS:server.test"),
    "rude": ("issuer", "ec", "/CN=rude", "subjectAltName=DNS:rude\\;\x1b[31m.test"),
}
KEYS = {
    "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "weak": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
}
AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"


class Authority:
    """Keys and certificates as files of one directory."""

    def __init__(self, directory):
        self.directory = directory

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def key(self, name, kind):
        self.openssl("genpkey", *KEYS[kind], "-out", f"{name}.key")

    def root(self, name, subject, extensions=AUTHORITY, kind="ec"):
        """Makes a self-signed certificate."""
        self.key(name, kind)
        self.request(name, subject)
        self.sign(name, ["-signkey", f"{name}.key"], extensions)

    def issued(self, name, issuer, kind, subject, extensions):
        self.key(name, kind)
        self.request(name, subject)
        self.sign(name, ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"], extensions)

    def request(self, name, subject):
        self.openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")

    def sign(self, name, signer, extensions):
        (self.directory / f"{name}.cnf").write_text(extensions, encoding="latin-1")
        self.openssl("x509", "-req", "-sha256", "-days", "3650", "-in", f"{name}.csr", *signer,
                     "-extfile", f"{name}.cnf", "-out", f"{name}.pem")

    def make_all(self):
        self.root("root", "/O=Test/CN=Test root")
        self.root("rsa-root", "/O=Test/CN=Test RSA root", kind="rsa")
        self.root("foreign-root", "/O=Elsewhere/CN=Foreign root")
        self.root("pinned", "/CN=server.test", "subjectAltName=DNS:server.test")
        self.issued("issuer", "root", "ec", "/O=Test/CN=Test issuer", AUTHORITY)
        self.issued("rsa-issuer", "rsa-root", "rsa", "/O=Test/CN=Test RSA issuer", AUTHORITY)
        self.issued("constrained-issuer", "root", "ec", "/O=Test/CN=Constrained issuer",
                    AUTHORITY + "\nnameConstraints=critical,permitted;DNS:server.test")
        for name, (issuer, kind, subject, extensions) in LEAVES.items():
            self.issued(name, issuer, kind, subject, extensions)
            if not issuer.endswith("root"):
                self.append(f"{name}.pem", f"{issuer}.pem")
        self.append("forger-with-root.pem", "forger.pem")
        self.append("forger-with-root.pem", "foreign-root.pem")
        shutil.copy(self.directory / "forger.key", self.directory / "forger-with-root.key")
        for name in ("root", "rsa-root"):
            self.append("bundle.pem", f"{name}.pem")

    def append(self, name, other):
        """Appends a certificate to a file, which becomes the chain that a server sends."""
        with (self.directory / name).open("a", encoding="ascii") as file:
            file.write((self.directory / other).read_text(encoding="ascii"))


class Recorder:
    """A TLS connection over a socket that remembers what each read of the socket brought."""

    def __init__(self, connection, context):
        self.connection = connection
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.name = None
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.reads = []

    def call(self, function, *arguments):
        while True:
            try:
                result = function(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                self.receive()
            except ssl.SSLError:
                self.flush()  # the alert
                raise
            else:
                self.flush()
                return result

    def flush(self):
        data = self.outgoing.read()
        if data:
            self.connection.sendall(data)

    def receive(self):
        data = self.connection.recv(65536)
        self.reads.append(len(data))
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()


def context_for(directory, certificate, versions):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE  # the client's order counts
    context.load_cert_chain(directory / f"{certificate}.pem", directory / f"{certificate}.key")
    context.sni_callback = lambda tls, name, _: setattr(tls, "asked_name", name)
    if versions == "1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    elif versions == "1.3":
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    elif versions == "stateful":  # TLS 1.2 with session numbers instead of tickets
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_TICKET
    elif versions == "old-ciphers":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES256-SHA:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0")
    elif versions == "p-384":
        context.set_ecdh_curve("secp384r1")
    return context


def drip(connection, first):
    """Sends one byte every 20 ms until the client closes the connection."""
    connection.sendall(first)
    while True:
        time.sleep(0.02)
        connection.sendall(b"\0")


def serve_plain(connection, behaviour):
    """The behaviours without TLS."""
    if behaviour == "plain":
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    elif behaviour == "silent":
        while connection.recv(4096):
            pass
    elif behaviour == "drip":
        drip(connection, b"\x16\x03\x03\x40\x00")
    elif behaviour != "close":
        return False
    return True


def facts(recorder):
    """Reports version, resumption, server name, and the number of reads for handshake and request."""
    request = recorder.call(recorder.tls.read, 65536)
    reads = len(recorder.reads)
    name = getattr(recorder.tls, "asked_name", None)
    words = [recorder.tls.version(), "resumed" if recorder.tls.session_reused else "full", name or "-", str(reads),
             str(len(request)), recorder.tls.cipher()[0]]
    recorder.call(recorder.tls.write, " ".join(words).encode())


def goodbye(recorder):
    try:
        recorder.tls.unwrap()
    except (ssl.SSLWantReadError, ssl.SSLError):
        pass
    recorder.flush()


def reply_http(recorder, reply):
    recorder.call(recorder.tls.read, 65536)
    recorder.call(recorder.tls.write, reply)


def serve(connection, context, behaviour):
    if serve_plain(connection, behaviour):
        return
    recorder = Recorder(connection, context)
    recorder.call(recorder.tls.do_handshake)
    if behaviour == "facts":
        facts(recorder)
        goodbye(recorder)
    elif behaviour == "cut":
        recorder.call(recorder.tls.write, b"part")
    elif behaviour == "bulk":
        recorder.call(recorder.tls.write, bytes(range(256)) * 4096)
        goodbye(recorder)
    elif behaviour == "deaf":
        select.select([], [], [connection], 60)
    elif behaviour == "tickets":  # says nothing, at length
        recorder.call(recorder.tls.read, 1)
        drip(connection, b"\x17\x03\x03\x40\x00")
    elif behaviour == "http-unended":
        reply_http(recorder, b"HTTP/1.1 200 OK\r\n\r\nhalf of the body")
    elif behaviour == "http-ended":
        reply_http(recorder, b"HTTP/1.1 200 OK\r\n\r\nthe whole body")
        goodbye(recorder)
    elif behaviour == "http-length":
        reply_http(recorder, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")


def accept_all(listener, context, behaviour):
    def one(connection):
        with connection:
            try:
                serve(connection, context, behaviour)
            except (OSError, ssl.SSLError):
                pass  # the client may close the connection at any time

    while True:
        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()


def serve_all(directory):
    Authority(directory).make_all()
    print(directory, flush=True)
    for line in sys.stdin:
        certificate, versions, behaviour = line.split()
        listener = socket.create_server(("127.0.0.1", 0))
        context = context_for(directory, certificate, versions)
        threading.Thread(target=accept_all, args=(listener, context, behaviour), daemon=True).start()
        print(listener.getsockname()[1], flush=True)


with tempfile.TemporaryDirectory(prefix="wcp-tls-peer-") as name:
    serve_all(Path(name))
