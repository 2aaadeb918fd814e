"""Replies that no AWS should send: broken HTTP, broken JSON, more than anybody needs."""

import json
import time

import pytest

from harness import behaviours
from harness.explained import assert_failed
from harness.http_messages import JSON, Reply, json_reply

MEBIBYTE = 1024 * 1024
RETRY = "again|later|retr|passes as a rule"
ANY = "."
# One attempt only: the pauses between attempts are no deadlines and not shortened.
HURRY = {"WCP_TEST_HURRY": "200", "AWS_MAX_ATTEMPTS": "1"}


@pytest.fixture
def site(outdated):
    return outdated


def without(reply, path):
    """A reply whose JSON lacks the member at this path."""
    value = json.loads(reply.body)
    *parents, last = path
    inner = value
    for name in parents:
        inner = inner[name]
    del inner[last]
    return json_reply(value)


@pytest.mark.parametrize("member", ["Certificate", "PrivateKey"])
def test_export_without_a_member(aws, refused, member):
    aws.always("ExportCertificate", lambda _, request: without(aws.export(request), [member]))

    refused(member)


@pytest.mark.parametrize("member", ["AccessKeyId", "SecretAccessKey", "SessionToken"])
def test_credentials_without_a_member(aws, refused, member):
    path = ["AssumeRoleResponse", "AssumeRoleResult", "Credentials", member]
    aws.always("AssumeRole", lambda _, request: without(aws.assume_role(request), path))

    refused(member)


@pytest.mark.parametrize("member", ["AccessKeyId", "SecretAccessKey", "SessionToken"])
def test_xml_credentials_without_a_member(aws, refused, member):
    def broken(_, request):
        reply = aws.assume_role(request)
        return Reply(200, reply.body.replace(member.encode(), b"Other"), reply.headers)

    aws.json_from_sts = False
    aws.always("AssumeRole", broken)

    refused(member)


@pytest.mark.parametrize("value", [17, None, True, [], {}, ["a"]])
def test_export_with_a_member_of_another_type(aws, refused, value):
    def broken(_, request):
        return json_reply({**json.loads(aws.export(request).body), "Certificate": value})

    aws.always("ExportCertificate", broken)

    refused("Certificate")


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b'"text"', b"{", b'{"Certificate"', b"<html></html>", b"\x00" * 100,
    b"[" * 100000, b'{"a":' * 100000, b"\xff\xfe{}", b'{"Certificate":"\\u0000"}',
], ids=lambda body: repr(body[:12]))
def test_body_that_is_not_the_json_expected(aws, refused, body):
    aws.always("ExportCertificate", Reply(200, body, {"Content-Type": JSON}))

    refused(ANY)


@pytest.mark.parametrize("body", [
    b"", b"{}", b"[]", b"<", b"<AssumeRoleResponse>", b"<a>" * 50000, b"\x00" * 100,
    b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA",
], ids=lambda body: repr(body[:24]))
def test_body_that_is_not_the_credentials_expected(aws, refused, body):
    aws.always("AssumeRole", Reply(200, body))

    refused(ANY)


@pytest.mark.heart
def test_truncated_body(aws, refused):
    aws.always("ExportCertificate", behaviours.truncated(aws.export, -100))

    refused("clos|end|short|trunc", RETRY)


def test_truncated_header_block(aws, refused):
    aws.always("ExportCertificate", behaviours.truncated(aws.export, 40))

    refused("clos|end|short|trunc", RETRY)


def test_truncated_chunked_body(aws, refused):
    def in_chunks(request):
        reply = aws.export(request)
        return Reply(200, reply.body, reply.headers, framing="chunked")

    aws.always("ExportCertificate", behaviours.truncated(in_chunks, -60))

    refused("clos|end|short|trunc", RETRY)


@pytest.mark.parametrize("operation", ["AssumeRole", "ExportCertificate"])
@pytest.mark.parametrize("behaviour", [behaviours.close, behaviours.reset])
def test_connection_that_ends_instead_of_an_answer(aws, refused, operation, behaviour):
    aws.always(operation, behaviour)

    refused("clos|reset", RETRY)


@pytest.mark.heart
@pytest.mark.parametrize("operation, limit", [
    ("AssumeRole", 256 * 1024), ("ExportCertificate", 4 * MEBIBYTE),
])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_body_larger_than_the_limit(aws, refused, operation, limit, framing):
    aws.always(operation, Reply(200, b" " * (limit + 1), framing=framing))

    refused("larger|large|limit|more than")


@pytest.mark.parametrize("operation, size", [("ExportCertificate", 4 * MEBIBYTE), ("AssumeRole", 256 * 1024)])
@pytest.mark.parametrize("part", [b"0,", b"[],", b'{"":0},'])
def test_body_of_more_values_than_anybody_needs(aws, refused, operation, size, part):
    """As values in memory, four megabytes were 171 and took a quarter of a minute."""
    body = b'{"":[' + part * ((size - 16) // len(part)) + b"0]}"
    aws.always(operation, Reply(200, body, {"Content-Type": JSON}))

    started = time.monotonic()
    refused(f"{operation} has more than 4096 values", RETRY, environment=HURRY)
    assert time.monotonic() - started < 5


def test_body_that_claims_to_be_larger_than_memory(aws, refused):
    aws.always("ExportCertificate", Reply(200, b"{}", {"Content-Length": str(2**63)}))

    refused("larger|large|limit|more than|length")


def test_endless_body(aws, refused):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    aws.always("ExportCertificate", behaviours.endless(head, b"1000\r\n" + b" " * 4096 + b"\r\n"))

    refused("larger|large|limit|more than")


@pytest.mark.parametrize("piece", [b"X-Header: value\r\n", b"x" * 4096])
def test_endless_header_block(aws, refused, piece):
    aws.always("ExportCertificate", behaviours.endless(b"HTTP/1.1 200 OK\r\n", piece))

    refused("header")


def test_endless_informational_replies(aws, refused):
    piece = b"HTTP/1.1 100 Continue\r\n\r\n"
    aws.always("ExportCertificate", behaviours.endless(b"", piece))

    refused("1xx|informational|interim|100")


@pytest.mark.parametrize("head", [
    b"\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n",
    b"HTTP/1.1 99 x\r\n\r\n", b"HTTP/1.1 1000 x\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00" * 64,
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 2\r\n\r\n{}",
], ids=repr)
def test_reply_that_is_not_http(aws, refused, head):
    aws.always("ExportCertificate", behaviours.raw(head))

    refused(ANY)


@pytest.mark.parametrize("operation", ["AssumeRole", "ExportCertificate"])
def test_server_that_never_answers(box, aws, site, needs_hook, operation):
    needs_hook("WCP_TEST_HURRY")
    aws.always(operation, behaviours.hang)

    outcome = box.once(environment=HURRY)

    assert_failed(outcome, site, "in time|timed out|seconds|deadline", RETRY)
    assert box.snapshot() == box.before


@pytest.mark.parametrize("head", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: ",
])
def test_server_that_drips_is_cut_by_the_clock_on_the_wall(box, aws, site, needs_hook, head):
    needs_hook("WCP_TEST_HURRY")
    aws.always("ExportCertificate", behaviours.drip(head, seconds=0.02))

    outcome = box.once(environment=HURRY)

    assert_failed(outcome, site, "in time|timed out|seconds|deadline", RETRY)
    assert box.snapshot() == box.before
