"""The shared files as people write them: what is said of a line, and that no value is ever shown."""

import re
import signal

import pytest

from harness.explained import assert_failed
from harness.namespace import SERVICE
from harness.stub_aws import ACCESS_KEY, SECRET_KEY

GOOD = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
ROLE = "arn:aws:iam::123456789012:role/base"


@pytest.fixture
def site(box):
    box.forget_keys()
    return box.manage()


def said_by(outcome):
    """What was printed, which must not contain the secret."""
    assert SECRET_KEY not in outcome.out + outcome.err
    return outcome.err


@pytest.mark.parametrize("text, place, words", [
    (f"[default]\n{GOOD}regoin = eu-west-1\n", "4:1", "not a key that wcp-tiny knows"),
    (f"[default]\n{GOOD}stray\n", "4:1", "not KEY = VALUE"),
    (f"[default]\n{GOOD}region : eu-west-1\n", "4:8", "write \"=\""),
    (f"[default]\n{GOOD}aws_access_key_id = {ACCESS_KEY}\n", "4:1", "replaces line 2"),
    (f"[default]\n{GOOD} region = eu-west-1\n", "4:2", "belongs to the key above"),
    (f"[default\n{GOOD}", "1:9", "no \"]\" at its end"),
    (f"[default]\n  {GOOD}".replace("\naws_secret", "\n  aws_secret"), "2:3", "indented"),
    (f"[default]\n{GOOD}[profile x]\n", "4:2", r"a profile is \[NAME\]"),
    (f"[default]\naws_access_key_id = \"{ACCESS_KEY}\"\naws_secret_access_key = {SECRET_KEY}\n",
     "2:21", "quotation marks"),
    (f"[default]\n{GOOD}region\u00a0= eu-west-1\n", "4:7", r"does not see \(U\+00A0\)"),
    (f"[default]\n{GOOD}{SECRET_KEY}=\n", "4:1", "not a key that wcp-tiny knows"),
])
def test_odd_line_is_named_and_the_rest_is_used(box, site, shared_file, text, place, words):
    path = shared_file(text)
    said = [line for line in said_by(box.check()).splitlines() if line.startswith(f"{path}:{place}: warning: ")]
    assert said and re.search(words, said[0])

    outcome = box.once()

    assert outcome.results == ["updated"]
    assert f"{path}:{place}: " in said_by(outcome)


@pytest.mark.parametrize("text, words, advice", [
    ("[default]\nsso_session = corp\n", "config:2:1: sso_session needs a person", "roles_anywhere"),
    ("[default]\nlogin_session = x\n", "config:2:1: login_session needs a person", "unattended"),
    (f"[default]\nrole_arn = {ROLE}\nmfa_serial = x\nsource_profile = default\n{GOOD}",
     "config:3:1: mfa_serial needs a person", "unattended"),
    (f"[default]\nrole_arn = {ROLE}\n", "config:2:1: role_arn has neither source_profile", "add"),
    (f"[default]\nrole_arn = {ROLE}\nsource_profile = a\n[profile a]\nrole_arn = {ROLE}\nsource_profile = default\n",
     "config:6:1: source_profile makes a loop", "let the chain end"),
    ("[default]\nregion = eu-central-1a\n" + GOOD, "config:2:1: region names a zone; write its region: eu-central-1",
     "."),
    ("[default]\nuse_fips_endpoint = on\n" + GOOD, "config:2:1: use_fips_endpoint must be \"true\" or", "."),
    (f"[default]\naws_access_key_id = ASIA{ACCESS_KEY[4:]}\naws_secret_access_key = {SECRET_KEY}\n",
     r"temporary one \(ASIA", "IAM"),
    (f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}#mine\n",
     r"\(line 2\) are not usable: a space, a quotation mark", "IAM"),
])
def test_what_cannot_work_is_said_before_the_network_is_asked(box, site, aws, shared_file, text, words, advice):
    shared_file(text, "config")

    checked, outcome = box.check(), box.once()

    assert checked.exit_code == 1
    assert re.search(words, said_by(checked))
    assert_failed(outcome, site, words, advice)
    said_by(outcome)
    assert aws.requests == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(box, site, aws, shared_file, encoding):
    path = shared_file("")
    path.write_bytes(f"[default]\r\n{GOOD}".encode(encoding))

    outcome = box.once()

    assert_failed(outcome, site, f"{path} is UTF-16 text", "save it as UTF-8")
    assert aws.requests == []


def test_byte_order_mark_of_utf_8_is_no_matter(box, site, shared_file):
    shared_file(f"\ufeff[default]\r\n{GOOD}")
    outcome = box.once()

    assert outcome.results == ["updated"] and ".aws/credentials:" not in outcome.err


def test_variables_that_name_files_may_begin_with_a_tilde(box, site, shared_file):
    shared_file(f"[default]\n{GOOD}", "keys")
    box.environment["AWS_SHARED_CREDENTIALS_FILE"] = "~/.aws/keys"

    assert box.once().results == ["updated"]


def test_search_can_be_limited(box, site, aws, shared_file):
    shared_file(f"[default]\n{GOOD}")
    box.edge["credentials"] = ["environment", "web_identity"]

    outcome = box.once()

    assert_failed(outcome, site, "no AWS credentials found: AWS_ACCESS_KEY_ID is not set; "
                                 "AWS_WEB_IDENTITY_TOKEN_FILE is not set;", ".")
    assert aws.requests == []


def test_endpoint_of_the_profile_is_used(box, site, shared_file):
    url = box.environment.pop("AWS_ENDPOINT_URL")
    shared_file(f"[default]\n{GOOD}")
    shared_file(f"[default]\nservices = here\n[services here]\nacm =\n  endpoint_url = {url}\nsts =\n"
                f"  endpoint_url = {url}\n", "config")

    assert box.once().results == ["updated"]


def test_ca_bundle_of_the_profile_is_used(box, site, shared_file):
    bundle = box.environment.pop("AWS_CA_BUNDLE")
    shared_file(f"[default]\n{GOOD}")
    shared_file(f"[default]\nca_bundle = {bundle}\n", "config")

    assert box.once().results == ["updated"]


def test_resident_agent_says_it_once(box, site, shared_file, resident):
    path = shared_file(f"[default]\n{GOOD}regoin = x\n")
    agent = resident()
    agent.wait_until_fresh()
    agent.send(signal.SIGUSR1)
    agent.wait_for("Asked to refresh now")
    agent.wait_for("refresh successful")

    assert agent.text.count(f"{path}:4:1: ") == 1


def test_token_file_that_is_dropped_is_noticed(box, site, resident):
    token = box.directory("run") / "token"
    box.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_ARN=ROLE)
    agent = resident()
    agent.wait_for(f"{token}")
    token.write_text("a.b.c")

    agent.wait_for("The credentials have changed: retrying failures")


def test_check_says_when_only_instance_metadata_is_left(box):
    box.forget_keys()
    box.environment.pop("AWS_EC2_METADATA_DISABLED", None)
    box.manage()
    box.write_config()

    outcome = box.run("check")

    assert outcome.exit_code == 0
    assert "warning: there are no credentials here (" in outcome.err and "only EC2 has" in outcome.err


def test_file_that_is_hidden_from_the_agents_user_is_named(box, site, shared_file):
    """As when HOME still is root's, whose files would be used if it could look."""
    path = shared_file(f"[default]\n{GOOD}")
    box.home.chmod(0o700)
    outcome = box.once(user=SERVICE)

    assert outcome.results == ["failed"]
    assert f"WARN The credentials file {path} is hidden from this user" in outcome.err
