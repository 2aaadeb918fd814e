"""What a person, a grep and a script read."""

import json
import re

import pytest

from harness.box import agent, is_test_build

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def assert_in_order(text, *pieces):
    position = 0
    for piece in pieces:
        found = text.find(piece, position)
        assert found >= 0, f"{piece!r} is missing, or too early"
        position = found + len(piece)


@pytest.mark.heart
def test_log_lines_of_an_update_are_upstreams_in_upstreams_order(box, site):
    site.table["refresh_command"] = box.recorder().command

    outcome = box.once()

    assert_in_order(
        outcome.err,
        f"Starting certificate refresh for {site.arn}",
        f"Certificate files written for {site.arn}",
        f"Running refresh command for {site.arn}: ",
        f"Refresh command succeeded for {site.arn}",
        f"Certificate refresh successful for {site.arn}",
    )


def test_log_lines_begin_with_time_and_level(box, site):
    outcome = box.once()

    stamped = [line for line in outcome.err.splitlines() if site.arn in line]
    assert stamped
    for line in stamped:
        assert re.match(rf"{STAMP} (DEBUG|INFO|WARN|ERROR) \S", line), line


def test_failure_is_logged_as_upstream_does(box, aws, site):
    aws.certificates.clear()

    outcome = box.once()

    assert re.search(
        rf"^{STAMP} ERROR .*Error refreshing certificate {re.escape(site.arn)} \(failure #1\): ",
        outcome.err,
        re.M,
    )


@pytest.mark.heart
def test_json_is_one_object_on_stdout_alone(box, site):
    outcome = box.once()

    report = json.loads(outcome.out)
    (certificate,) = report["certificates"]
    assert (certificate["arn"], certificate["result"]) == (site.arn, "updated")


def test_without_json_stdout_is_empty(box, site):
    box.write_config()

    outcome = box.run("once")

    assert outcome.exit_code == 0
    assert outcome.out == ""
    assert site.arn in outcome.err


def test_log_level_error_leaves_the_failures_only(box, aws, site):
    box.logging["log_level"] = "ERROR"
    good = box.once()
    del aws.certificates[site.arn]
    bad = box.once()

    assert " INFO " not in good.err
    assert site.arn in bad.err and " INFO " not in bad.err


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command(box, option):
    outcome = box.run_bare(option)

    assert outcome.exit_code == 0
    for command in ("once", "check", "recover"):
        assert command in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_help_is_also_given_behind_a_command(box):
    assert box.run_bare("once", "--help").out == box.run_bare("--help").out != ""


@pytest.mark.heart
def test_version_names_the_libraries_inside(box):
    outcome = box.run_bare("--version")

    assert outcome.exit_code == 0
    assert re.search(r"wcp-tiny \d+\.\d+", outcome.out)
    for library in ("Mbed TLS 3.6", "cJSON 1.7", "musl 1.2"):
        assert library.lower() in outcome.out.lower()


def test_config_option_may_be_written_with_an_equals_sign(box, site):
    box.write_config()

    assert box.run_bare("once", f"--config={box.config}").exit_code == 0
    site.assert_installed()


@pytest.mark.heart
@pytest.mark.parametrize("arguments", [
    [], ["twice"], ["once", "--no-such-option"], ["once", "-c"], ["once", "--only"],
    ["once", "stray"], ["once", "--wait-clock", "soon"], ["check", "--force"],
])
def test_wrong_command_line_exits_2_and_points_to_help(box, arguments):
    outcome = box.run_bare(*arguments)

    assert outcome.exit_code == 2
    assert "--help" in outcome.err
    assert outcome.out == ""


def test_missing_configuration_file_exits_2_and_names_it(box):
    outcome = box.run("once")

    assert outcome.exit_code == 2
    assert str(box.config) in outcome.err


@pytest.mark.skipif(is_test_build(), reason="test builds use the host's C library")
def test_the_binary_needs_nothing_of_the_system(box):
    headers = box.run_program("readelf", "-hldW", agent()).out

    assert "INTERP" not in headers and "NEEDED" not in headers
