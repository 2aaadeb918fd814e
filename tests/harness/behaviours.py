"""Answers of a server that misbehaves below HTTP: for StubAws.script and StubAws.always."""

import socket
import struct


def hang(connection, _request):
    """Accept the request and never answer."""
    connection.wait_until_client_leaves()


def close(connection, _request):
    """Close instead of answering."""
    connection.close()


def reset(connection, _request):
    """A TCP reset instead of an answer."""
    linger = struct.pack("ii", 1, 0)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.stream.close()
    connection.socket.close()


def raw(data):
    """These bytes, then the end."""

    def answer(connection, _request):
        connection.send(data)
        connection.close()

    return answer


def truncated(reply_for, at):
    """What reply_for(request) would send, cut: whole[:at], then the end."""

    def answer(connection, request):
        whole = reply_for(request).encode(connection.server.date(), keep_alive=True)
        connection.send(whole[:at])
        connection.close()

    return answer


def one_byte_at_a_time(reply_for):
    """All of it, each byte in a TLS record and a segment of its own."""

    def answer(connection, request):
        whole = reply_for(request).encode(connection.server.date(), keep_alive=True)
        for position in range(len(whole)):
            connection.send(whole[position : position + 1])
        connection.wait_until_client_leaves()

    return answer


def endless(head, piece):
    """The head, then the piece again and again for as long as the client listens."""

    def answer(connection, _request):
        connection.send(head)
        while True:
            connection.send(piece)

    return answer


def drip(head, seconds):
    """The head, then a byte every so many seconds until the client has had enough."""

    def answer(connection, _request):
        connection.send(head)
        connection.socket.settimeout(seconds)
        while True:
            try:
                if not connection.socket.recv(1):
                    return
            except TimeoutError:
                connection.send(b" ")

    return answer
