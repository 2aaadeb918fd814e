"""A name server that knows no name, and tells so at once: "name not found" without waiting."""

import contextlib
import random
import socket
import threading

NXDOMAIN = 3


class NameServer:
    """A context manager; listens on port 53 of a loopback address of its own."""

    def __init__(self, reply_code=NXDOMAIN):
        self.reply_code = reply_code
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
            # The query back, as a response with recursion available and no answer.
            header = query[:2] + bytes([0x81, 0x80 | self.reply_code]) + query[4:6] + bytes(6)
            self._socket.sendto(header + query[12:], client)


def question(query):
    """The name that a query asks for."""
    labels, position = [], 12
    while length := query[position]:
        labels.append(query[position + 1 : position + 1 + length].decode())
        position += 1 + length
    return ".".join(labels)
