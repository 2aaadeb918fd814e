"""Against AWS as moto simulates it: real signatures, real IAM policies."""

import pytest

from harness.explained import assert_failed


@pytest.fixture
def site(moto_box, moto):
    return moto_box.place(
        "www.example.com", moto.request_certificate("www.example.com"), role=moto.role
    )


def test_role_of_a_user_exports_the_certificate(moto_box, moto, site):
    outcome = moto_box.once()

    assert outcome.exit_code == 0
    leaf, chain = moto.certificate(site.arn)
    assert site.text("certificate") == leaf
    assert site.text("chain").strip() == chain.strip()
    assert site.text("private_key").startswith("-----BEGIN PRIVATE KEY-----\n")


def test_renewal_under_the_same_arn_is_installed(moto_box, moto, site, root_authority):
    moto_box.once()
    renewed = root_authority.issue("www.example.com", kind="rsa-2048", number=5)
    moto.renew(site.arn, renewed)

    assert moto_box.once().results == ["updated"]
    assert site.text("certificate") == renewed.leaf_pem
    assert site.text("private_key") == renewed.key_pem


def test_second_run_finds_nothing_to_do(moto_box, site):
    moto_box.once()
    before = moto_box.snapshot()

    assert moto_box.once().results == ["unchanged"]
    assert moto_box.snapshot() == before


def test_wrong_secret_key_is_explained(moto_box, moto, site):
    moto_box.use_keys(moto.user_keys[0], "wrong" * 8)

    outcome = moto_box.once()

    assert_failed(outcome, site, "SignatureDoesNotMatch", "secret")
    site.assert_absent()


def test_role_that_the_user_may_not_assume_is_explained(moto_box, moto, site):
    role = moto.create_role(
        "trusts-another", "acm:ExportCertificate",
        trusted="arn:aws:iam::123456789012:user/somebody-else",
    )
    site.table["role_arn"] = role

    outcome = moto_box.once()

    assert_failed(outcome, site, "AssumeRole.*AccessDenied|AccessDenied.*AssumeRole", "trust|polic")
    assert role in outcome.err
    site.assert_absent()


def test_role_that_may_not_export_is_explained(moto_box, moto, site):
    """moto answers in XML even for ACM."""
    site.table["role_arn"] = moto.create_role("may-list", "acm:ListCertificates")

    outcome = moto_box.once()

    assert_failed(outcome, site, "AccessDenied", "acm:ExportCertificate")
    site.assert_absent()


def test_certificate_that_is_not_exportable_is_explained(moto_box, moto):
    arn = moto.request_certificate("fixed.example.com", exportable=False)
    site = moto_box.place("fixed.example.com", arn, role=moto.role)

    outcome = moto_box.once()

    assert_failed(outcome, site, "is not a private certificate", "export")
    site.assert_absent()


def test_certificate_that_does_not_exist_is_explained(moto_box, moto):
    arn = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    site = moto_box.place("gone.example.com", arn, role=moto.role)

    outcome = moto_box.once()

    assert_failed(outcome, site, "ResourceNotFoundException", "certificate_arn|ARN")
    site.assert_absent()
