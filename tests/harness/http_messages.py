"""HTTP/1.1 as the scripted servers speak it: requests read, replies written byte by byte."""

import datetime
import json
import urllib.parse
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

JSON = "application/x-amz-json-1.1"
XML = "text/xml"


@dataclass
class Request:
    """One request as it came, and where it came from."""

    method: str
    target: str
    headers: dict  # names in lower case
    body: bytes
    raw_head: bytes
    connection: int  # which TCP connection of the server, from 1
    client_address: tuple = ()
    signature_error: str | None = None

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def operation(self):
        """CreateSession, AssumeRole, ExportCertificate, or what the request line says."""
        if self.target.partition("?")[0].endswith("/sessions"):
            return "CreateSession"
        if "x-amz-target" in self.headers:
            return self.headers["x-amz-target"].rpartition(".")[2]
        if "application/x-www-form-urlencoded" in self.headers.get("content-type", ""):
            return self.form.get("Action", "?")
        return f"{self.method} {self.target}"


def read_request(stream, connection=0, client_address=()):
    """The next request on a connection; None at its end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(65536)
        if not line:
            return None
        head += line
    request_line, *header_lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _version = request_line.split(" ")
    headers = {}
    for line in header_lines:
        name, _, value = line.partition(":")
        if name.lower() in headers:
            raise ValueError(f"header sent twice: {name}")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = read_chunks(stream)
    else:
        body = stream.read(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body, head, connection, client_address)


def read_chunks(stream):
    body = b""
    while size := int(stream.readline(1024), 16):
        body += stream.read(size)
        stream.readline(2)
    while stream.readline(65536).strip():
        pass  # trailers
    return body


@dataclass(frozen=True)
class Reply:
    """A reply; framing is "length", "chunked" or "close" (the body ends with the connection)."""

    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    framing: str = "length"
    interim: bytes = b""  # bytes before the status line: 1xx replies

    def encode(self, date, keep_alive):
        lines = [f"HTTP/1.1 {self.status} {'OK' if self.status == 200 else 'Said The Test'}"]
        headers = {"Date": date, **self.headers}
        body = self.body
        if self.framing == "length":
            headers.setdefault("Content-Length", str(len(body)))
        elif self.framing == "chunked":
            headers.setdefault("Transfer-Encoding", "chunked")
            body = chunked(body)
        if self.framing == "close" or not keep_alive:
            headers.setdefault("Connection", "close")
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return self.interim + "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(body, size=777):
    """In chunks of an odd size, with an extension and a trailer to be skipped."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    encoded = b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return encoded + b"0\r\nX-Trailer: ignored\r\n\r\n"


def json_reply(value, status=200, **keywords):
    body = json.dumps(value).encode()
    headers = {"Content-Type": JSON, **keywords.pop("headers", {})}
    return Reply(status, body, headers, **keywords)


def acm_error(code, message="the test says so", status=400, **keywords):
    """An error as ACM reports it."""
    return json_reply({"__type": code, "message": message}, status, **keywords)


def sts_error(code, message="the test says so", status=400):
    """An error as STS reports it, in XML."""
    body = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
        f"<Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        "</Error><RequestId>6d1b1a9e-0000-4000-8000-000000000000</RequestId></ErrorResponse>"
    )
    return Reply(status, body.encode(), {"Content-Type": XML})


def sts_json_error(code, message="the test says so", status=400):
    body = {"Error": {"Code": code, "Message": message, "Type": "Sender"}}
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def credentials_reply(access_key, secret, token, expiration, as_json, operation="AssumeRole"):
    """What AssumeRole answers; expiration is in seconds since 1970."""
    if as_json:
        credentials = {
            "AccessKeyId": access_key,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": expiration,
        }
        result = {f"{operation}Result": {"Credentials": credentials}}
        body = json.dumps({f"{operation}Response": result})
        return Reply(200, body.encode(), {"Content-Type": "application/json"})
    until = datetime.datetime.fromtimestamp(expiration, datetime.timezone.utc)
    body = (
        f'<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
        f"  <{operation}Result>\n    <Credentials>\n"
        f"      <AccessKeyId>{access_key}</AccessKeyId>\n"
        f"      <SecretAccessKey>{escape(secret)}</SecretAccessKey>\n"
        f"      <SessionToken>{escape(token)}</SessionToken>\n"
        f"      <Expiration>{until:%Y-%m-%dT%H:%M:%SZ}</Expiration>\n"
        f"    </Credentials>\n  </{operation}Result>\n</{operation}Response>\n"
    )
    return Reply(200, body.encode(), {"Content-Type": XML})
