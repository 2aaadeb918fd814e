"""A name server that says at once what it knows: at first nothing, "name not found"."""

import contextlib
import random
import socket
import threading

NXDOMAIN = 3
A_RECORD = b"\0\1"


class NameServer:
    """A context manager; listens on port 53 of a loopback address of its own."""

    def __init__(self, reply_code=NXDOMAIN):
        self.reply_code = reply_code
        self.addresses = {}  # name to IPv4 address
        self.asked = []

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            self.address = f"127.{random.randint(64, 191)}.{random.randint(0, 255)}.53"
            with contextlib.suppress(OSError):
                self._socket.bind((self.address, 53))
                break
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    @property
    def resolv_conf(self):
        return f"nameserver {self.address}\n"

    def _serve(self):
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            self.asked.append(question(query))
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        """The query back, as a response with recursion available, and an address or nothing."""
        address = self.addresses.get(question(query))
        code = self.reply_code if address is None else 0
        asked = query[12 : query.index(0, 12) + 5]
        answers = b""
        if address is not None and asked[-4:-2] == A_RECORD:
            answers = b"\xc0\x0c" + asked[-4:] + bytes(4) + b"\0\4" + socket.inet_aton(address)
        counts = query[4:6] + bytes([0, 1 if answers else 0]) + bytes(4)
        return query[:2] + bytes([0x81, 0x80 | code]) + counts + asked + answers


def question(query):
    """The name that a query asks for."""
    labels, position = [], 12
    while length := query[position]:
        labels.append(query[position + 1 : position + 1 + length].decode())
        position += 1 + length
    return ".".join(labels)
