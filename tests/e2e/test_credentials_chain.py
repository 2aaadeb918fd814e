"""Roles before the certificate's: chains of profiles, web identity, sessions that end early."""

import re

import pytest

from harness.explained import assert_failed
from harness.stub_aws import ACCESS_KEY, ROLE, SECRET_KEY

FIRST = ROLE.replace("certificate-reader", "first")
SECOND = ROLE.replace("certificate-reader", "second")
KEYS = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"


@pytest.fixture
def site(box):
    box.forget_keys()
    return box.manage()


@pytest.fixture
def profiles(box):
    def write(text):
        (box.directory("home/.aws") / "config").write_text(text)

    return write


@pytest.fixture
def token(box, aws):
    """The file of a web identity token that AWS takes."""
    aws.web_identity_tokens.add("header.payload.signature")
    box.own_secrets.add("header.payload.signature")
    file = box.root / "token"
    file.write_text("header.payload.signature\n")
    box.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=str(file), AWS_ROLE_ARN=FIRST)
    return file


def assumed(aws):
    return [request.form["RoleArn"] for request in aws.requests if request.operation.startswith("AssumeRole")]


# --- chains --------------------------------------------------------------------------------


def test_roles_of_a_chain_are_assumed_one_with_the_other(box, aws, site, profiles):
    profiles(
        f"[default]\nrole_arn = {SECOND}\nsource_profile = middle\nrole_session_name = box-17\n"
        f"external_id = site:17\nduration_seconds = 900\n"
        f"[profile middle]\nrole_arn = {FIRST}\nsource_profile = keys\n[profile keys]\n{KEYS}"
    )

    assert box.once().results == ["updated"]
    assert assumed(aws) == [FIRST, SECOND, ROLE]
    first, second, last = (request.form for request in aws.asked("AssumeRole"))
    assert second["RoleSessionName"] == "box-17" and second["ExternalId"] == "site:17"
    assert second["DurationSeconds"] == "900"
    for form in (first, last):
        assert "ExternalId" not in form and "DurationSeconds" not in form
    used = [re.search("Credential=(\\w+)/", r.headers["authorization"])[1] for r in aws.requests]
    assert used[0] == ACCESS_KEY and len(set(used)) == 4


def test_doctor_says_each_role_of_a_chain(box, aws, site, profiles):
    profiles(f"[default]\nrole_arn = {FIRST}\nsource_profile = keys\n[profile keys]\n{KEYS}")
    box.write_config()
    said = box.run("doctor").out

    for role in (FIRST, ROLE):
        assert re.search(f"ok +role: {role}, until 2", said)


def test_role_of_a_chain_that_is_refused_is_named(box, aws, site, profiles):
    profiles(f"[default]\nrole_arn = {FIRST}\nsource_profile = keys\n[profile keys]\n{KEYS}")
    aws.secrets.clear()

    assert_failed(box.once(), site, f"role {FIRST} cannot be assumed with the credentials from .*keys", ".")


# --- web identity --------------------------------------------------------------------------


@pytest.mark.heart
@pytest.mark.parametrize("as_json", [True, False])
def test_role_for_a_web_identity(box, aws, site, token, as_json):
    aws.json_from_sts = as_json
    box.environment["AWS_ROLE_SESSION_NAME"] = "pod-1"

    assert box.once().results == ["updated"]
    assert assumed(aws) == [FIRST, ROLE]
    form = aws.asked("AssumeRoleWithWebIdentity")[0].form
    assert form["RoleSessionName"] == "pod-1" and form["Version"] == "2011-06-15"


def test_web_identity_token_is_read_anew(box, aws, site, token):
    assert box.once().results == ["updated"]
    aws.web_identity_tokens = {"another"}
    token.write_text("another")

    assert box.once("--force").results == ["updated"]


def test_web_identity_of_a_wrong_clock(box, aws, site, token):
    """The request is not signed; that of the role is."""
    aws.clock_offset = -86400

    assert box.once().results == ["updated"]


def test_web_identity_that_is_refused_is_explained(box, aws, site, token):
    aws.web_identity_tokens.clear()

    assert_failed(box.once(), site, f"TOKEN_FILE.*{FIRST}.*InvalidIdentityToken", "kubelet.*trust policy")


# --- what the certificates' own session is to be --------------------------------------------


def test_sessions_are_what_the_configuration_says(box, aws, site):
    """Certificates whose role and session are the same share one, with what [edge] says for all."""
    box.use_keys(ACCESS_KEY, SECRET_KEY)
    box.edge.update(external_id="site:17", session_name="box-17", duration_seconds=1800)
    box.manage("two.example.com")
    box.manage("three.example.com", external_id="own:3", duration_seconds=900)

    assert box.once().results == ["updated"] * 3
    asked = [[request.form[name] for name in ("RoleArn", "ExternalId", "RoleSessionName", "DurationSeconds")]
             for request in aws.asked("AssumeRole")]
    assert sorted(asked) == [[ROLE, "own:3", "box-17", "900"], [ROLE, "site:17", "box-17", "1800"]]


def test_session_is_plain_unless_the_configuration_says_more(box, aws, site):
    box.use_keys(ACCESS_KEY, SECRET_KEY)

    assert box.once().results == ["updated"]
    form = aws.asked("AssumeRole")[0].form
    assert form["RoleSessionName"] == "certificate-manager-provider"
    assert "ExternalId" not in form and "DurationSeconds" not in form


# --- sessions that end before the batch ----------------------------------------------------


def test_session_that_is_about_to_end_is_renewed(box, aws, site):
    box.use_keys(ACCESS_KEY, SECRET_KEY)
    box.manage("two.example.com")
    aws.role_lasts = 100

    assert box.once().results == ["updated", "updated"]
    assert aws.operations() == {"AssumeRole": 3, "ExportCertificate": 2}


@pytest.mark.parametrize("offset", [-86400, 86400])
def test_end_of_a_session_is_judged_by_the_clock_of_aws(box, aws, site, offset):
    box.use_keys(ACCESS_KEY, SECRET_KEY)
    box.manage("two.example.com")
    aws.clock_offset = offset

    assert box.once().results == ["updated", "updated"]
    assert aws.operations() == {"AssumeRole": 2, "ExportCertificate": 2}


# --- with policies -------------------------------------------------------------------------


def test_chain_with_policies(moto_box, moto):
    """moto checks a session against a trust policy by the session's ARN."""
    first = moto.create_role("chain-first", "sts:AssumeRole")
    session = first.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/box-17"
    last = moto.create_role("chain-last", "acm:ExportCertificate", trusted=session)
    site = moto_box.place("chain.example.com", moto.request_certificate("chain.example.com"), role=last)
    access_key, secret_key = moto.user_keys
    moto_box.forget_keys()
    (moto_box.directory("home/.aws") / "config").write_text(
        f"[default]\nrole_arn = {first}\nsource_profile = keys\nrole_session_name = box-17\n"
        f"[profile keys]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n"
    )

    assert moto_box.once().exit_code == 0
    assert site.text("certificate") == moto.certificate(site.arn)[0]


def test_web_identity_with_policies(moto_box, moto):
    first = moto.create_role("web-first", "sts:AssumeRole")
    site = moto_box.place("web.example.com", moto.request_certificate("web.example.com"), role=moto.role)
    token = moto_box.root / "token"
    token.write_text("header.payload.signature")
    moto_box.forget_keys()
    moto_box.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_ARN=first)

    assert moto_box.once().exit_code == 0
    assert site.text("certificate") == moto.certificate(site.arn)[0]
