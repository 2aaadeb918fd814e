"""A name server that says at once what it knows (at first nothing: "name not found"), or fails as told."""

import contextlib
import ipaddress
import random
import socket
import threading

RECORD_TYPES = {1: "A", 28: "AAAA"}
REPLY_CODES = {"NOERROR": 0, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}


class NameServer:
    """A context manager; listens on port 53 of a loopback address of its own.

    addresses: name to one address or a list, of either family. faults: "A" or "AAAA" to one of
    REPLY_CODES or "drop": what becomes of all such questions. asked: (name, type) of each question.
    """

    def __init__(self, faults=None):
        self.addresses, self.faults = {}, faults or {}
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
            name, kind = question(query)
            self.asked.append((name, kind))
            fault = self.faults.get(kind)
            if fault != "drop":
                self._socket.sendto(self._answer(query, name, kind, fault), client)

    def _answer(self, query, name, kind, fault):
        """The query back, as a response with recursion available, and addresses or nothing."""
        known = self.addresses.get(name)
        code = REPLY_CODES[fault or ("NXDOMAIN" if known is None else "NOERROR")]
        asked = query[12 : query.index(0, 12) + 5]
        answers = [] if fault or known is None else list(self._records(known, kind))
        counts = query[4:6] + len(answers).to_bytes(2, "big") + bytes(4)
        return query[:2] + bytes([0x81, 0x80 | code]) + counts + asked + b"".join(answers)

    @staticmethod
    def _records(known, kind):
        for address in map(ipaddress.ip_address, [known] if isinstance(known, str) else known):
            record_type = 1 if address.version == 4 else 28
            if RECORD_TYPES[record_type] == kind:
                yield (b"\xc0\x0c" + record_type.to_bytes(2, "big") + b"\0\1" + bytes(4)
                       + len(address.packed).to_bytes(2, "big") + address.packed)


def question(query):
    """The name that a query asks for, and the type of its records."""
    labels, position = [], 12
    while length := query[position]:
        labels.append(query[position + 1 : position + 1 + length].decode().lower())
        position += 1 + length
    number = int.from_bytes(query[position + 1 : position + 3], "big")
    return ".".join(labels), RECORD_TYPES.get(number, number)
