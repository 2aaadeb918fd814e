"""Where long-lived keys come from, and what is wrong with them."""

import os

import pytest

from harness.explained import assert_failed
from harness.namespace import SERVICE, SERVICE_ID
from harness.stub_aws import ACCESS_KEY, SECRET_KEY

GOOD = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
BAD = "aws_access_key_id = AKIAWRONGWRONGWRONG0\naws_secret_access_key = wrong\n"


@pytest.fixture
def site(box):
    box.forget_keys()
    return box.manage()


@pytest.mark.heart
def test_keys_of_the_environment(box, site):
    box.use_keys(ACCESS_KEY, SECRET_KEY)

    assert box.once().results == ["updated"]


def test_session_token_of_the_environment_is_sent(box, aws, site):
    box.use_keys("ASIATEMPORARY0000000", "temporary/Secret")
    box.environment["AWS_SESSION_TOKEN"] = "a+session/token=="
    aws.secrets["ASIATEMPORARY0000000"] = ("temporary/Secret", "a+session/token==")

    assert box.once().results == ["updated"]


def test_environment_wins_over_files(box, site, shared_file):
    shared_file(f"[default]\n{BAD}")
    box.use_keys(ACCESS_KEY, SECRET_KEY)

    assert box.once().results == ["updated"]


def test_default_profile_of_the_credentials_file(box, site, shared_file):
    shared_file(f"[default]\n{GOOD}")

    assert box.once().results == ["updated"]


def test_named_profile_of_the_credentials_file(box, site, shared_file):
    shared_file(f"[default]\n{BAD}\n[edge]\n{GOOD}")
    box.environment["AWS_PROFILE"] = "edge"

    assert box.once().results == ["updated"]


@pytest.mark.parametrize("heading, profile", [
    ("default", None), ("profile edge", "edge"), ("profile  edge ", "edge"),
])
def test_profiles_of_the_config_file(box, site, shared_file, heading, profile):
    shared_file(f"[profile other]\n{BAD}\n[{heading}]\n{GOOD}", "config")
    box.environment["AWS_PROFILE"] = profile

    assert box.once().results == ["updated"]


def test_credentials_file_wins_over_the_config_file(box, site, shared_file):
    shared_file(f"[default]\n{GOOD}")
    shared_file(f"[default]\n{BAD}", "config")

    assert box.once().results == ["updated"]


def test_files_may_be_elsewhere(box, site, shared_file):
    path = shared_file(f"[default]\n{GOOD}", path=box.root / "keys")
    box.environment["AWS_SHARED_CREDENTIALS_FILE"] = str(path)

    assert box.once().results == ["updated"]


def test_config_file_may_be_elsewhere(box, site, shared_file):
    path = shared_file(f"[default]\n{GOOD}", path=box.root / "settings")
    box.environment["AWS_CONFIG_FILE"] = str(path)

    assert box.once().results == ["updated"]


def test_files_are_read_as_the_sdks_read_them(box, site, shared_file):
    """Comments, spaces, CRLF, names in any case, keys that mean nothing to us."""
    text = f"# mine\r\n; too\r\n[ default ]\r\n{GOOD.replace(' = ', '=').upper()}"
    text = text.replace(SECRET_KEY.upper(), SECRET_KEY).replace("\n", "\r\n")
    shared_file(text.replace("\r\r", "\r") + "output = json\r\ns3 =\r\n  max = 3\r\n")

    assert box.once().results == ["updated"]


@pytest.mark.heart
def test_credentials_file_of_the_configuration(box, site, shared_file):
    path = shared_file(f"[default]\n{GOOD}", path=box.config.parent / "credentials")
    box.edge["credentials_file"] = str(path)

    assert box.once().results == ["updated"]


def test_region_of_sts_is_the_environments(box, site, aws):
    box.use_keys(ACCESS_KEY, SECRET_KEY)
    box.environment["AWS_REGION"] = "eu-north-1"
    box.once()

    assert "/eu-north-1/sts/" in aws.asked("AssumeRole")[0].headers["authorization"]


def test_region_of_sts_is_the_profiles(box, site, aws, shared_file):
    shared_file(f"[default]\n{GOOD}")
    shared_file("[default]\nregion = eu-south-1\n", "config")
    box.once()

    assert "/eu-south-1/sts/" in aws.asked("AssumeRole")[0].headers["authorization"]


def test_region_of_sts_is_the_configurations(box, site, aws):
    box.use_keys(ACCESS_KEY, SECRET_KEY)
    box.edge["region"] = "eu-west-2"
    box.once()

    assert "/eu-west-2/sts/" in aws.asked("AssumeRole")[0].headers["authorization"]


def test_region_of_sts_is_the_certificates_else(box, site, aws):
    box.use_keys(ACCESS_KEY, SECRET_KEY)
    box.once()

    assert "/eu-central-1/sts/" in aws.asked("AssumeRole")[0].headers["authorization"]


# --- what is wrong with them ---------------------------------------------------------------


@pytest.mark.heart
def test_no_credentials_anywhere_is_explained(box, site, aws):
    assert_failed(box.once(), site, "no .*credentials", "AWS_ACCESS_KEY_ID|credentials_file")
    assert aws.requests == []


def test_profile_that_does_not_exist_is_explained(box, site, aws, shared_file):
    shared_file(f"[default]\n{GOOD}")
    box.environment["AWS_PROFILE"] = "missing-profile"

    assert_failed(box.once(), site, "missing-profile", "AWS_PROFILE|profile")
    assert aws.requests == []


def test_half_a_pair_of_keys_is_explained(box, site, aws):
    box.environment["AWS_ACCESS_KEY_ID"] = ACCESS_KEY

    assert_failed(box.once(), site, "AWS_SECRET_ACCESS_KEY", ".")
    assert aws.requests == []


def test_half_a_pair_in_a_profile_is_explained(box, site, aws, shared_file):
    path = shared_file(f"[default]\naws_access_key_id = {ACCESS_KEY}\n")

    assert_failed(box.once(), site, "no secret access key", "access key")
    assert aws.requests == [] and path.exists()


def test_configured_credentials_file_that_is_missing_is_not_skipped(box, site, aws):
    box.edge["credentials_file"] = str(box.config.parent / "credentials")

    assert_failed(box.once(), site, "wcp/credentials", "No such file|create|write")
    assert aws.requests == []


@pytest.mark.parametrize("mode", [0o622, 0o666, 0o602, 0o620])
def test_credentials_file_that_others_may_write_is_refused(box, site, aws, shared_file, mode):
    path = shared_file(f"[default]\n{GOOD}", path=box.config.parent / "credentials", mode=mode)
    box.edge["credentials_file"] = str(path)

    assert_failed(box.once(), site, "wcp/credentials", "chmod|writ")
    assert aws.requests == []


def test_credentials_file_in_a_directory_that_others_may_write_is_refused(box, site, shared_file):
    loose = box.directory("loose", 0o777)
    path = shared_file(f"[default]\n{GOOD}", path=loose / "credentials")
    box.edge["credentials_file"] = str(path)

    assert_failed(box.once(), site, "loose", "chmod|writ")


def test_credentials_file_of_a_stranger_is_refused(box, site, shared_file):
    path = shared_file(f"[default]\n{GOOD}", path=box.config.parent / "credentials")
    os.chown(path, SERVICE_ID, SERVICE_ID)
    box.edge["credentials_file"] = str(path)

    assert_failed(box.once(), site, "wcp/credentials", "own|writ")


def test_credentials_file_that_others_may_read_is_warned_about(box, site, shared_file):
    path = shared_file(f"[default]\n{GOOD}", path=box.config.parent / "credentials", mode=0o644)
    box.edge["credentials_file"] = str(path)
    outcome = box.once()

    assert outcome.results == ["updated"]
    warnings = [line for line in outcome.err.splitlines() if "WARN" in line]
    assert any(str(path) in line and "read" in line for line in warnings)


def test_credentials_file_that_the_agent_may_not_read_is_explained(box, site, shared_file):
    path = shared_file(f"[default]\n{GOOD}", path=box.config.parent / "credentials")
    box.edge["credentials_file"] = str(path)
    os.chown(box.files, SERVICE_ID, SERVICE_ID)

    outcome = box.once(user=SERVICE)

    assert_failed(outcome, site, "wcp/credentials.*Permission denied", ".")


@pytest.mark.parametrize("value", ["with\nnewline", "with\rreturn", "caf\u00e9", "a b"])
def test_access_key_that_would_break_a_header_is_refused(box, site, aws, value):
    box.use_keys(value, SECRET_KEY)

    outcome = box.once()

    assert outcome.exit_code == 1
    assert aws.requests == []
