"""What AWS refuses: explained for the certificate, and the files on disk stay as they were."""

import json

import pytest

from harness.http_messages import Reply, acm_error, json_reply, sts_error, sts_json_error
from harness.stub_aws import ACCESS_KEY, ROLE


@pytest.fixture
def site(outdated):
    return outdated


@pytest.mark.heart
def test_wrong_secret_key(box, refused):
    box.use_keys(ACCESS_KEY, "wrong" * 8)

    refused("SignatureDoesNotMatch", "secret")


def test_unknown_access_key(box, refused):
    box.use_keys("AKIAUNKNOWNUNKNOWN00", "x" * 40)

    refused("InvalidClientTokenId", "access key|credentials")


@pytest.mark.parametrize("error", [sts_error, sts_json_error])
def test_role_that_may_not_be_assumed(aws, refused, error):
    aws.always("AssumeRole", error("AccessDenied", "User is not authorized", 403))

    outcome = refused("AccessDenied", "trust policy|sts:AssumeRole")
    assert ROLE in outcome.err
    assert aws.operations()["AssumeRole"] == 2, "a refusal is not asked for twice"


def test_role_that_may_not_export(aws, refused):
    aws.always("ExportCertificate", acm_error("AccessDeniedException", "not authorized"))

    refused("AccessDeniedException", "acm:ExportCertificate")


def test_expired_long_lived_session(aws, refused):
    aws.always("AssumeRole", sts_error("ExpiredToken", "The security token is expired", 403))

    refused("ExpiredToken", "credentials|token")


def test_unknown_certificate(aws, site, refused):
    del aws.certificates[site.arn]

    refused("ResourceNotFoundException", "ARN")


def test_certificate_that_is_not_exportable(aws, refused):
    refusal = acm_error("ValidationException", "is not a private certificate")
    aws.always("ExportCertificate", refusal)

    refused("is not a private certificate", "export")


def test_certificate_that_is_still_being_issued(aws, refused):
    aws.always("ExportCertificate", acm_error("RequestInProgressException", "try again later"))

    refused("RequestInProgress", "later|again|minutes")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("operation", ["AssumeRole", "ExportCertificate"])
def test_server_errors_are_tried_three_times(aws, refused, operation, status):
    asked = aws.operations()[operation]
    aws.always(operation, Reply(status, b"<html>an unhappy load balancer</html>"))

    refused(str(status), "again|later|retr")
    assert aws.operations()[operation] - asked == 3


def test_the_number_of_attempts_is_the_environments(aws, refused):
    asked = aws.operations()["ExportCertificate"]
    aws.always("ExportCertificate", Reply(500))

    refused("500", "again|later|retr", environment={"AWS_MAX_ATTEMPTS": "2"})
    assert aws.operations()["ExportCertificate"] - asked == 2


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException"])
def test_throttling_that_does_not_end(aws, refused, code):
    aws.always("ExportCertificate", acm_error(code, "Rate exceeded"))

    refused(f"{code}|throttl", "again|later|slow|retr")


def test_throttling_by_sts(aws, refused):
    aws.always("AssumeRole", sts_error("Throttling", "Rate exceeded"))

    refused("throttl", "again|later|slow|retr")


@pytest.mark.parametrize("error", [
    {"__type": "com.amazonaws.acm#ResourceNotFoundException:http://x", "Message": "gone"},
    {"__type": "ResourceNotFoundException", "message": "gone"},
])
def test_error_code_is_found_in_its_various_places(aws, refused, error):
    aws.always("ExportCertificate", json_reply(error, 400))

    refused("ResourceNotFoundException.*gone", "ARN")


def test_error_code_in_a_header(aws, refused):
    headers = {"x-amzn-ErrorType": "ResourceNotFoundException:http://internal/"}
    aws.always("ExportCertificate", json_reply({}, 400, headers=headers))

    refused("ResourceNotFoundException", "ARN")


def test_error_message_can_neither_forge_a_line_nor_drive_the_terminal(aws, refused):
    evil = "x\r\n2026-01-01T00:00:00Z INFO all is well\x1b[2J\x07\u0085\u202e"
    aws.always("ExportCertificate", acm_error("AccessDeniedException", evil))

    outcome = refused("AccessDeniedException", "acm:ExportCertificate")
    assert not any(line.startswith("2026-01-01") for line in outcome.err.splitlines())
    assert not any(character in outcome.err + outcome.out for character in "\x1b\x07\x85")
    json.loads(outcome.out)


def test_error_message_is_bounded(aws, refused):
    aws.always("ExportCertificate", acm_error("AccessDeniedException", "long " * 20000))

    outcome = refused("AccessDeniedException", "acm:ExportCertificate")
    assert len(outcome.err) < 8192


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(aws, refused, status):
    aws.always("ExportCertificate", Reply(status, headers={"Location": aws.url + "/elsewhere"}))

    refused(str(status), "endpoint|region")
    assert "POST /elsewhere" not in aws.operations()


def test_success_without_credentials_is_not_success(aws, refused):
    aws.always("AssumeRole", Reply(204))

    refused("204|empty|body|credentials", ".")
