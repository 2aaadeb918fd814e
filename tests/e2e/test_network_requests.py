"""How often AWS is bothered, and how connections are used."""

import collections
import re

import pytest

from harness import behaviours
from harness.http_messages import Reply, acm_error
from harness.stub_aws import StubAws

CERTIFICATES = 5


@pytest.fixture
def sites(box):
    return [box.manage(f"site{number}.example.com") for number in range(CERTIFICATES)]


@pytest.mark.heart
def test_one_role_takes_one_sts_request_and_one_export_each(box, aws, sites):
    assert box.once().exit_code == 0

    assert aws.operations() == {"AssumeRole": 1, "ExportCertificate": CERTIFICATES}


def test_connections_are_kept_while_the_server_keeps_them(box, sites, identity):
    """One for STS, one for ACM: the two have hosts of their own."""
    with StubAws(identity) as sts, StubAws(identity) as acm:
        acm.certificates, acm.secrets = box.aws.certificates, sts.secrets
        del box.environment["AWS_ENDPOINT_URL"]
        box.environment.update(AWS_ENDPOINT_URL_STS=sts.url, AWS_ENDPOINT_URL_ACM=acm.url)

        assert box.once().exit_code == 0

        assert (sts.connections, sts.operations()) == (1, {"AssumeRole": 1})
        assert (acm.connections, acm.operations()) == (1, {"ExportCertificate": CERTIFICATES})
        assert sts.failed_handshakes == acm.failed_handshakes == []


def test_at_most_two_connections_to_one_endpoint_for_everything(box, aws, sites):
    assert box.once().exit_code == 0

    assert aws.connections <= 2


@pytest.mark.heart
def test_every_request_is_signed_as_aws_wants_it(box, aws, sites):
    assert box.once().exit_code == 0

    assert [request.signature_error for request in aws.requests] == [None] * (CERTIFICATES + 1)


def test_requests_have_the_headers_that_aws_expects(box, aws, sites):
    box.once()

    assume, export = aws.requests[0], aws.requests[1]
    assert (export.method, export.target) == ("POST", "/")
    assert export.headers["x-amz-target"] == "CertificateManager.ExportCertificate"
    assert export.headers["content-type"] == "application/x-amz-json-1.1"
    assert assume.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert assume.headers["accept"] == "application/json"
    assert assume.form["Action"] == "AssumeRole" and assume.form["Version"] == "2011-06-15"
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", assume.form["RoleSessionName"])
    for request in (assume, export):
        assert "aws-workload-credentials-provider/" in request.headers["user-agent"]
        assert request.headers["host"] == f"localhost:{aws.port}"
        assert "transfer-encoding" not in request.headers


def test_xml_from_sts_is_understood(box, aws, sites):
    aws.json_from_sts = False

    assert box.once().results == ["updated"] * CERTIFICATES


def test_session_token_may_be_tens_of_kilobytes(box, aws, sites):
    honest = aws.assume_role

    def with_long_token(_, request):
        reply = honest(request)
        access_key, (secret, token) = list(aws.secrets.items())[-1]
        aws.secrets[access_key] = (secret, token + "L" * 12000)
        return Reply(200, reply.body.replace(token.encode(), (token + "L" * 12000).encode()))

    aws.always("AssumeRole", with_long_token)

    assert box.once().results == ["updated"] * CERTIFICATES


@pytest.mark.parametrize("closing", ["announced", "silent"])
def test_server_that_closes_after_each_reply_costs_connections_only(box, aws, sites, closing):
    aws.keep_alive = closing == "silent"
    aws.close_silently_after_each_reply = closing == "silent"

    assert box.once().results == ["updated"] * CERTIFICATES
    assert aws.operations() == {"AssumeRole": 1, "ExportCertificate": CERTIFICATES}
    assert aws.connections == CERTIFICATES + 1


def test_new_connections_to_a_known_server_resume_tls(box, aws, sites):
    aws.keep_alive = False

    box.once()

    assert aws.resumptions >= CERTIFICATES - 1


def test_connection_closed_while_idle_is_reopened_without_a_retry(box, aws, sites):
    """An idle connection that ends in the middle of the next request is not a failure."""
    box.environment["AWS_MAX_ATTEMPTS"] = "1"
    aws.script("ExportCertificate", lambda _, request: aws.export(request), behaviours.close)

    assert box.once().results == ["updated"] * CERTIFICATES
    assert aws.operations()["ExportCertificate"] == CERTIFICATES + 1


@pytest.mark.heart
def test_transient_errors_are_tried_again(box, aws, sites):
    aws.script("AssumeRole", Reply(503))
    aws.script("ExportCertificate", Reply(500), acm_error("ThrottlingException", "Rate exceeded"))

    assert box.once().results == ["updated"] * CERTIFICATES
    assert aws.operations() == {"AssumeRole": 2, "ExportCertificate": CERTIFICATES + 2}


def test_each_attempt_is_signed_anew(box, aws, sites):
    aws.script("ExportCertificate", Reply(500))
    box.once()

    passphrases = [request.json["Passphrase"] for request in aws.asked("ExportCertificate")]
    assert all(request.signature_error is None for request in aws.requests)
    assert collections.Counter(passphrases).most_common(1)[0][1] <= 2


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_body_may_be_framed_in_three_ways(box, aws, sites, framing):
    def framed(_, request):
        reply = aws.export(request)
        return Reply(200, reply.body, reply.headers, framing)

    aws.always("ExportCertificate", framed)

    assert box.once().results == ["updated"] * CERTIFICATES


def test_reply_may_come_a_byte_at_a_time(box, aws):
    site = box.manage()
    aws.script("ExportCertificate", behaviours.one_byte_at_a_time(aws.export))

    assert box.once().results == ["updated"]
    site.assert_installed()


@pytest.mark.parametrize("interim", [
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
])
def test_informational_replies_are_skipped(box, aws, sites, interim):
    def preceded(_, request):
        reply = aws.export(request)
        return Reply(200, reply.body, reply.headers, interim=interim)

    aws.always("ExportCertificate", preceded)

    assert box.once().results == ["updated"] * CERTIFICATES


def test_header_names_are_read_in_any_case(box, aws, sites):
    def shouted(_, request):
        body = aws.export(request).body
        return Reply(200, body, {"CONTENT-LENGTH": str(len(body)), "Content-Length": None})

    aws.always("ExportCertificate", shouted)

    assert box.once().results == ["updated"] * CERTIFICATES


def test_machine_whose_clock_is_wrong_by_an_hour_is_corrected_once(box, aws, sites):
    for offset in (3600, -3600):
        aws.requests.clear()
        aws.clock_offset = offset

        assert box.once().exit_code == 0
        assert aws.operations() == {"AssumeRole": 2, "ExportCertificate": CERTIFICATES}


def test_wrong_signature_is_not_mistaken_for_a_wrong_clock(box, aws, sites):
    box.use_keys("AKIAIOSFODNN7STUBAWS", "wrong" * 8)

    assert box.once().exit_code == 1
    assert aws.operations() == {"AssumeRole": 1}
