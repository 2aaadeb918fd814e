"""once --for SECONDS: tries again until every certificate is fresh, and for no longer than that."""

import time

import pytest

from harness.behaviours import hang
from harness.http_messages import acm_error

ONE_ATTEMPT = {"AWS_MAX_ATTEMPTS": "1"}
NOT_NOW = acm_error("RequestInProgressException", "try again later")
SOON = 20  # seconds: a busy machine's


@pytest.fixture(name="site")
def fixture_site(box):
    return box.manage()


@pytest.mark.heart
def test_a_fetch_that_fails_is_tried_again(box, aws, site):
    aws.script("ExportCertificate", NOT_NOW)

    outcome = box.once("--for", "60", environment=ONE_ATTEMPT)

    assert outcome.exit_code == 0, outcome.err
    site.assert_installed()
    assert aws.operations()["ExportCertificate"] == 2


def test_a_certificate_that_is_fresh_is_not_fetched_again_for_another(box, aws, site):
    other = box.manage("other.example.com")
    aws.script("ExportCertificate", NOT_NOW)

    assert box.once("--for", "60", environment=ONE_ATTEMPT).exit_code == 0

    site.assert_installed()
    other.assert_installed()
    assert aws.operations()["ExportCertificate"] == 3


def test_a_command_that_fails_is_tried_again(box, site):
    command = box.recorder("command", f"[ -e {box.root}/again ] || {{ : > {box.root}/again; exit 1; }}")
    site.table["refresh_command"] = command.command

    assert box.once("--for", "60").exit_code == 0
    assert (box.root / "again").exists()


def test_the_time_over_is_said_with_what_failed(box, aws, site):
    aws.always("ExportCertificate", NOT_NOW)
    started = time.monotonic()

    outcome = box.once("--for", "1", environment=ONE_ATTEMPT)

    assert outcome.exit_code == 1
    assert time.monotonic() - started < SOON
    assert f"Error refreshing certificate {site.arn}" in outcome.err
    assert "Not every certificate is fresh after 1 s (--for)" in outcome.err


def test_a_server_that_does_not_answer_does_not_make_it_longer(box, aws, site):
    aws.always("AssumeRole", hang)
    started = time.monotonic()

    outcome = box.once("--for", "1")

    assert outcome.exit_code == 1
    assert time.monotonic() - started < SOON
    site.assert_absent()


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "86401"])
def test_it_is_a_number_of_seconds(box, seconds):
    assert box.run_bare("once", "--for", seconds).exit_code == 2
