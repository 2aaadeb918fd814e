"""An HTTP proxy that knows CONNECT only, and keeps a list of what it was asked for."""

import base64
import contextlib
import selectors
import socket
import ssl
import tempfile
import threading


class Proxy:
    """A context manager. routes: "host:port" as asked for, to the (address, port) it stands for;
    what is not listed is connected to as it is. credentials: "user:password", or None. challenges:
    what it offers who has none. identity: with it, the proxy itself is asked over TLS.
    """

    def __init__(self, routes=None, credentials=None, address="127.0.0.1", identity=None,
                 challenges=('Basic realm="test"',)):
        self.routes, self.credentials, self.address = routes or {}, credentials, address
        self.challenges = challenges
        self.tls = identity and self._tls_context(identity)
        self.targets = []
        self.heads = []

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def url(self, credentials=None):
        prefix = f"{credentials}@" if credentials else ""
        return f"http{'s' if self.tls else ''}://{prefix}{self.address}:{self.port}"

    @staticmethod
    def _tls_context(identity):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(identity.key_pem + identity.leaf_pem + identity.chain_pem)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def __enter__(self):
        self._listener = socket.create_server((self.address, 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection, contextlib.ExitStack() as stack:
            client = stack.enter_context(self.tls.wrap_socket(connection, True)) if self.tls else connection
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            self.heads.append(head)
            method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
            self.targets.append(target)
            if method != "CONNECT":
                client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            elif not self._authorized(head):
                offers = "".join(f"Proxy-Authenticate: {challenge}\r\n" for challenge in self.challenges)
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n" + offers.encode()
                               + b"Content-Length: 0\r\n\r\n")
            else:
                self._tunnel(client, target)

    def _authorized(self, head):
        if self.credentials is None:
            return True
        expected = b"basic " + base64.b64encode(self.credentials.encode())
        lines = [line.split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line]
        given = {name.lower(): value.strip() for name, value in lines}.get(b"proxy-authorization")
        return given is not None and given[:6].lower() + given[6:] == expected

    def _tunnel(self, client, target):
        host, _, port = target.rpartition(":")
        where = self.routes.get(target, (host.strip("[]"), int(port)))
        try:
            server = socket.create_connection(where)
        except OSError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with server, selectors.DefaultSelector() as selector:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    while data := key.fileobj.recv(65536):
                        key.data.sendall(data)
                        if not (self.tls and key.fileobj is client and client.pending()):
                            break
                    if not data:
                        return
