"""`once` puts certificate, chain and key where the configuration says."""

import re
import ssl

import pytest

from harness import pki, signatures, trace
from harness.key_encryption import CIPHERS, PRFS, Encryption


@pytest.mark.heart
def test_first_run_installs_certificate_chain_and_key(box, site):
    outcome = box.once()

    assert outcome.exit_code == 0
    assert outcome.results == ["updated"]
    site.assert_installed()
    assert box.leftovers() == []


@pytest.mark.heart
@pytest.mark.parametrize("kind", pki.KINDS)
def test_every_kind_of_key_that_acm_issues_is_installed(box, kind):
    site = box.manage(kind=kind)

    assert box.once().results == ["updated"]
    site.assert_installed()


@pytest.mark.parametrize("cipher_bits", CIPHERS)
@pytest.mark.parametrize("prf", [None, *PRFS])
def test_every_encryption_of_the_key_is_understood(box, prf, cipher_bits):
    site = box.manage(encryption=Encryption(prf, cipher_bits))

    assert box.once().results == ["updated"]
    site.assert_installed()


def test_key_length_in_the_encryption_parameters_is_understood(box):
    site = box.manage(encryption=Encryption(key_length_field=True))

    assert box.once().results == ["updated"]
    site.assert_installed()


@pytest.mark.heart
def test_installed_pair_is_one_that_openssl_loads(box, site):
    box.once()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(site.path("certificate"), site.path("private_key"))


def test_reply_without_a_chain_gives_an_empty_chain_file(box, root_authority):
    site = box.manage(issuer=root_authority)

    assert box.once().results == ["updated"]
    assert site.text("chain") == ""
    site.assert_installed()


def test_without_chain_path_the_chain_follows_the_certificate(box):
    site = box.manage(chain_path=None)

    assert box.once().results == ["updated"]
    assert site.text("certificate").count("BEGIN CERTIFICATE") == 2
    site.assert_installed()


@pytest.mark.heart
def test_combined_file_holds_key_certificate_and_chain(box):
    site = box.manage(combined_path=str(box.files / "combined.pem"))

    assert box.once().results == ["updated"]
    headings = re.findall("BEGIN ([A-Z ]+)", site.text("combined"))
    assert headings == ["PRIVATE KEY", "CERTIFICATE", "CERTIFICATE"]
    site.assert_installed()


def test_members_may_lie_in_different_directories(box):
    private, public = box.directory("etc/private", 0o700), box.directory("etc/public")
    site = box.manage(
        certificate_path=str(public / "crt"),
        chain_path=str(public / "chain"),
        private_key_path=str(private / "key"),
    )

    assert box.once().results == ["updated"]
    site.assert_installed()


@pytest.mark.heart
def test_many_certificates_are_installed_in_one_run(box):
    sites = [box.manage(f"site{number}.example.com") for number in range(7)]

    assert box.once().results == ["updated"] * 7
    for site in sites:
        site.assert_installed()


@pytest.mark.heart
def test_each_role_is_assumed_for_its_own_certificates(box, aws):
    roles = [f"arn:aws:iam::123456789012:role/team-{number}" for number in range(2)]
    sites = [box.manage(f"site{n}.example.com", role=roles[n % 2]) for n in range(4)]

    assert box.once().results == ["updated"] * 4
    for site in sites:
        site.assert_installed()
    assert sorted(request.form["RoleArn"] for request in aws.asked("AssumeRole")) == roles


def test_each_certificate_is_asked_for_in_the_region_of_its_arn(box, aws):
    box.manage("a.example.com", region="eu-west-3")
    box.manage("b.example.com", region="ap-southeast-2")

    assert box.once().results == ["updated"] * 2
    for request in aws.asked("ExportCertificate"):
        region = request.json["CertificateArn"].split(":")[3]
        assert signatures.parse(request)["region"] == region


def test_every_export_has_a_fresh_passphrase_that_acm_accepts(box, aws):
    for number in range(3):
        box.manage(f"site{number}.example.com")
    box.once()

    assert len(set(aws.passphrases)) == 3
    for passphrase in aws.passphrases:
        assert re.fullmatch(r"[A-Za-z0-9+/=]{44}", passphrase)


@pytest.mark.heart
def test_private_files_are_private_from_their_first_moment(box, site):
    """Created 0600, whatever the umask; only then owner and mode are set."""
    outcome = box.once(traced="openat,openat2,open,creat", umask=0)

    assert outcome.exit_code == 0
    created = [
        call for call in trace.writes(outcome.calls) if ".wcp-" in call.arguments
    ]
    assert created
    for call in created:
        assert "0600" in call.arguments and "O_EXCL" in call.arguments, call


@pytest.mark.heart
def test_acm_disabled_is_nothing_to_do(box, aws, site):
    box.acm["enabled"] = False

    outcome = box.once()

    assert outcome.exit_code == 0
    assert "ACM" in outcome.err
    assert outcome.certificates == {}
    site.assert_absent()
    assert aws.requests == []
