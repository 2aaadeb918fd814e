"""A device's certificate instead of keys: IAM Roles Anywhere."""

import dataclasses
import datetime
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from harness import pki, stub_aws
from harness.box import is_test_build
from harness.device import Device, key_text
from harness.explained import assert_failed
from harness.http_messages import Reply
from harness.namespace import SERVICE, SERVICE_ID
from harness.processes import memory
from harness.roles_anywhere import Refused, RolesAnywhere, refusal, rest_reply

DEVICE_ROLE = "arn:aws:iam::123456789012:role/device"
PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="session")
def maker():
    """The authority of the devices: an intermediate one, whose root is the trust anchor."""
    root = pki.Authority("Devices Root CA", number=910)
    return pki.Authority("Devices Issuing CA", parent=root, number=911)


@pytest.fixture
def service(aws, maker):
    aws.roles_anywhere = RolesAnywhere(maker.parent, [stub_aws.ROLE, DEVICE_ROLE])
    return aws.roles_anywhere


@pytest.fixture
def device(box, service, maker):
    """The box has a certificate of its own, whose session is one of the certificates' role."""
    return Device(box, service, maker.issue("box-17", number=920))


@pytest.fixture
def certificate(box, device):
    return box.manage()


def only(requests):
    assert len(requests) == 1
    return requests[0]


# --- what works ---------------------------------------------------------------------------


@pytest.mark.heart
def test_session_of_the_role_is_used_as_it_is(box, aws, device, certificate):
    outcome = box.once()

    assert outcome.results == ["updated"]
    assert aws.operations() == {"CreateSession": 1, "ExportCertificate": 1}
    request = only(aws.asked("CreateSession"))
    assert request.json == {"durationSeconds": 3600}
    leaf, chain = only(device.service.seen)
    assert leaf == device.issued.certificate and chain == list(device.issued.chain)


def test_session_of_another_role_assumes_it(box, aws, device, certificate):
    device.settings["role_arn"] = DEVICE_ROLE
    box.edge["session_name"] = "site-4711"

    assert box.once().results == ["updated"]
    assert list(aws.operations().items()) == [("CreateSession", 1), ("AssumeRole", 1), ("ExportCertificate", 1)]
    assert only(aws.asked("CreateSession")).json == {"durationSeconds": 900}
    form = only(aws.asked("AssumeRole")).form
    assert form["RoleArn"] == stub_aws.ROLE and form["RoleSessionName"] == "site-4711"


def test_name_and_length_of_the_session_are_asked_for(box, aws, device, certificate):
    device.service.accepts_session_name = True
    box.edge.update(session_name="site-4711", duration_seconds=900)

    assert box.once().results == ["updated"]
    assert only(aws.asked("CreateSession")).json == {"durationSeconds": 900, "roleSessionName": "site-4711"}


def test_one_session_serves_all_certificates_of_a_role(box, aws, device):
    for number in range(3):
        box.manage(f"site{number}.example.com")

    assert box.once().results == ["updated"] * 3
    assert aws.operations() == {"CreateSession": 1, "ExportCertificate": 3}


@pytest.mark.parametrize("kind", pki.KINDS)
@pytest.mark.parametrize("form", ["pkcs8", "traditional"])
def test_every_kind_of_key_in_every_form(box, maker, device, certificate, kind, form):
    device.become(maker.issue("box-17", kind=kind, number=921), form)

    assert box.once().results == ["updated"]


@pytest.mark.parametrize("kind", ["rsa-2048", "ec-p521"])
def test_key_with_a_passphrase(box, maker, device, certificate, kind):
    device.become(maker.issue("box-17", kind=kind, number=921), passphrase=PASSPHRASE)

    assert box.once().results == ["updated"]


def test_certificate_directly_below_the_anchor_is_sent_without_a_chain(box, aws, maker, device, certificate):
    device.become(maker.parent.issue("box-17", number=922))

    assert box.once().results == ["updated"]
    assert "x-amz-x509-chain" not in only(aws.asked("CreateSession")).headers


def test_files_as_programs_write_them(box, device, certificate):
    """A byte order mark, CRLF, text before the blocks, EC PARAMETERS before the key, both in one file."""
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    key = parameters + key_text(device.issued.private_key, "traditional")
    text = f"\ufeff{device.issued.leaf_pem}{key}issuer=CN = x\n{device.issued.chain_pem}"
    device.certificate.write_bytes(text.replace("\n", "\r\n").encode())
    device.certificate.chmod(0o600)
    device.settings["private_key"] = str(device.certificate)

    assert box.once().results == ["updated"]


def test_serial_numbers_small_and_large(box, maker, device, certificate):
    for serial in (1, 127, 128, 255, 2**159 - 1):
        device.become(reissue(maker, device.issued, serial))
        assert box.once("--force").exit_code == 0


def reissue(maker, issued, serial):
    """The same certificate with another serial number."""
    old = issued.certificate
    builder = x509.CertificateBuilder(
        old.issuer, old.subject, old.public_key(), serial, old.not_valid_before_utc, old.not_valid_after_utc,
    )
    return pki.Issued(builder.sign(maker.private_key, hashes.SHA256()), issued.private_key, issued.chain)


def test_debug_log_has_no_secret(box, device, certificate):
    device.become(device.issued, passphrase=PASSPHRASE)
    box.logging["log_level"] = "debug"
    outcome = box.once()  # Box looks for secrets in what it says

    assert outcome.results == ["updated"] and PASSPHRASE in box.secrets()


def test_doctor_says_how_long_the_certificate_lasts(box, device, certificate):
    box.write_config()
    outcome = box.run("doctor")

    until = f"{device.issued.certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    assert f"credentials: IAM Roles Anywhere, certificate {device.certificate}, valid until {until}" in outcome.out
    assert f"role: {stub_aws.ROLE}" in outcome.out and outcome.exit_code == 0


def test_access_keys_are_not_used_beside_it(box, aws, device, certificate):
    box.use_keys("AKIAWRONGWRONGWRONG0", "wrong")

    assert box.once().results == ["updated"]
    assert "AssumeRole" not in aws.operations()


# --- what is said before anybody is asked -------------------------------------------------


@pytest.fixture
def refused_before(box, aws, certificate):
    """`once` and `check` both say it, and nobody was asked."""

    def run(cause, advice):
        assert_failed(box.once(), certificate, cause, advice)
        outcome = box.run("check")
        assert outcome.exit_code == 1
        for text in (cause, advice):
            assert re.search(text, outcome.err)
        assert aws.connections == 0
        return outcome

    return run


def test_key_of_another_certificate(maker, device, refused_before):
    device.write_key(key_text(maker.issue("x", number=940).private_key))

    cause = f"certificate 1 of {device.certificate}: the private key does not belong"
    refused_before(cause, "put the certificate of private_key first")


def test_key_of_another_kind(maker, device, refused_before):
    device.write_key(key_text(maker.issue("x", kind="rsa-2048", number=941).private_key))

    refused_before("the private key does not belong", "put the certificate of private_key first")


def test_intermediate_before_the_leaf(device, refused_before):
    device.certificate.write_text(device.issued.chain_pem + device.issued.leaf_pem)

    refused_before("certificate 1 of .* the private key does not belong", "put the certificate of private_key first")


def test_expired_certificate(maker, device, refused_before):
    ended = pki.now() - datetime.timedelta(hours=1)
    device.become(maker.issue("box-17", number=942, not_before=ended - pki.DAY, not_after=ended))

    cause = f"box-17 expired at {ended:%Y-%m-%dT%H:%M:%SZ}, and this machine's clock says"
    refused_before(cause, "put a new certificate there")


def test_certificate_of_tomorrow(maker, device, refused_before):
    device.become(maker.issue("box-17", number=943, not_before=pki.now() + pki.DAY))

    refused_before("box-17 is not valid before .*, and this machine's clock says", "set the clock")


def test_expired_certificate_of_the_chain(box, maker, device, refused_before):
    old = pki.self_signed("Old Issuing CA", number=944)
    device.certificate.write_text(device.issued.leaf_pem + old.leaf_pem)

    refused_before(f"certificate 2 of {device.certificate}: Old Issuing CA expired", "new certificate")


@pytest.mark.parametrize("mode", [0o604, 0o644])
def test_key_that_everybody_may_read(device, refused_before, mode):
    device.private_key.chmod(mode)

    refused_before(f"private key {device.private_key} can be read by everybody", f"chmod o-rwx {device.private_key}")


def test_doctor_says_what_is_wrong_and_asks_nobody_for_a_session(box, aws, maker, device, certificate):
    device.write_key(key_text(maker.issue("x", number=946).private_key))
    box.write_config()
    outcome = box.run("doctor")

    assert "credentials: edge.roles_anywhere: certificate 1 of" in outcome.out and outcome.exit_code == 1
    assert "role: " in outcome.out and "no credentials" in outcome.out
    assert not aws.asked("CreateSession")


def test_service_user_reads_the_key_by_its_group(box, device, certificate):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)
    device.private_key.parent.chmod(0o755)
    os.chown(device.private_key, 0, SERVICE_ID)
    device.private_key.chmod(0o640)

    assert box.once(user=SERVICE).results == ["updated"]


def test_service_user_that_may_not_read_the_key(box, device, certificate):
    os.chown(box.files, SERVICE_ID, SERVICE_ID)
    device.private_key.parent.chmod(0o755)

    assert_failed(box.once(user=SERVICE), certificate, f"{device.private_key}: Permission denied", ".")


@pytest.mark.parametrize("path", ["certificate", "private_key", "passphrase_file"])
def test_file_that_others_may_write(maker, device, refused_before, path):
    device.become(device.issued, passphrase=PASSPHRASE)
    file = getattr(device, path)
    file.chmod(0o622)

    refused_before(f"{file} may be written by its group or by everybody", f"chmod go-w {file}")


@pytest.mark.parametrize("path", ["certificate", "private_key", "passphrase_file"])
def test_file_that_is_not_there(device, refused_before, path):
    device.become(device.issued, passphrase=PASSPHRASE)
    file = getattr(device, path)
    file.unlink()

    refused_before(str(file), ".")


def test_passphrase_that_everybody_may_read(device, refused_before):
    device.become(device.issued, passphrase=PASSPHRASE)
    device.passphrase_file.chmod(0o644)

    refused_before(f"passphrase file {device.passphrase_file} can be read by everybody", "chmod o-rwx")


def test_wrong_passphrase(device, refused_before):
    device.become(device.issued, passphrase=PASSPHRASE)
    device.write_passphrase("correct horse")

    refused_before(f"{device.private_key}: the passphrase is wrong", "check private_key_passphrase_file")


def test_empty_passphrase_file(device, refused_before):
    device.become(device.issued, passphrase=PASSPHRASE)
    device.write_passphrase("\n")

    refused_before(f"passphrase file {device.passphrase_file} is empty", "first line")


def test_encrypted_key_without_a_passphrase(device, refused_before):
    device.become(device.issued, passphrase=PASSPHRASE)
    del device.settings["private_key_passphrase_file"]

    refused_before(f"private key in {device.private_key} is encrypted", "private_key_passphrase_file")


def test_key_encrypted_as_openssl_once_did(maker, device, refused_before):
    device.become(maker.issue("box-17", kind="rsa-2048", number=945), "traditional", PASSPHRASE)

    cause = r"is encrypted in the old way \(Proc-Type: 4,ENCRYPTED\)"
    refused_before(cause, f"openssl pkcs8 -topk8 .*-in {device.private_key}")


def test_command_that_is_advised_converts_the_key(box, maker, device, certificate):
    device.become(maker.issue("box-17", kind="rsa-2048", number=945), "traditional", PASSPHRASE)
    advice = next(line for line in box.once().err.splitlines() if "openssl" in line)
    command = advice.partition("write it anew: ")[2].replace("NEW", f"{device.private_key}.new")
    passphrases = ["-passin", f"file:{device.passphrase_file}", "-passout", f"pass:{PASSPHRASE}"]
    subprocess.run([*shlex.split(command), *passphrases], check=True)
    device.private_key.with_suffix(".key.new").rename(device.private_key)

    assert box.once().results == ["updated"]


@pytest.mark.parametrize("make", [
    ed25519.Ed25519PrivateKey.generate, lambda: ec.generate_private_key(ec.SECP256K1()),
], ids=["ed25519", "secp256k1"])
def test_kinds_of_keys_that_roles_anywhere_does_not_take(device, refused_before, make):
    device.write_key(make().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ).decode())

    refused_before("private key", "RSA .*2048 to 4096 bits.* or .*EC .*on P-256, P-384 or P-521")


NOT_KEYS = {
    "empty": b"",
    "no PEM": b"hello\n",
    "NUL": b"\0" * 300,
    "cut off": b"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n",
    "no key": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "DER": b"\x30\x81\x87\x02\x01\x00",
    "public": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "OpenSSH": b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    "SEC 1": b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
    "PKCS#1": b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    "huge": b"x" * 70000,
}


@pytest.mark.parametrize("text", NOT_KEYS.values(), ids=NOT_KEYS)
def test_files_that_are_no_keys(device, refused_before, text):
    device.private_key.write_bytes(text)

    refused_before(str(device.private_key), r"PEM|anew|copy|larger|RSA|smaller|use|bytes")


NOT_CERTIFICATES = {
    "empty": b"",
    "no PEM": b"hello\n",
    "NUL": b"\0" * 300,
    "cut off": b"-----BEGIN CERTIFICATE-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n",
    "no certificate": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "request": b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    "CR LF": b"-----BEGIN CERTIFICATE-----\nAAAA\r\nX-Evil: 1\r\n-----END CERTIFICATE-----\n",
    "huge": b"x" * 70000,
}


@pytest.mark.parametrize("text", NOT_CERTIFICATES.values(), ids=NOT_CERTIFICATES)
def test_files_that_are_no_certificates(device, refused_before, text):
    device.certificate.write_bytes(text)

    refused_before(str(device.certificate), "put the certificate of private_key first|larger|smaller|bytes")


# --- what AWS says ------------------------------------------------------------------------


def test_certificate_of_a_stranger(box, device, certificate):
    device.become(pki.Authority("Somebody's Root CA", number=950).issue("box-17", number=951))

    outcome = box.once()
    cause = "AccessDeniedException: Untrusted certificate"
    assert_failed(outcome, certificate, cause, "trust anchor and profile must be enabled")
    cause = f"no session of {stub_aws.ROLE} for the certificate {device.certificate}"
    assert_failed(outcome, certificate, cause, ".")


def test_missing_chain(box, device, certificate):
    device.certificate.write_text(device.issued.leaf_pem)

    advice = "the anchor's authority have issued the certificate"
    assert_failed(box.once(), certificate, "Insufficient certificate", advice)


def test_role_that_the_profile_does_not_list(box, aws, device, certificate):
    device.service.roles = [DEVICE_ROLE]

    assert_failed(box.once(), certificate, "Unable to assume role", "the profile list the role")
    assert aws.operations() == {"CreateSession": 1}


def test_anchor_that_does_not_exist(box, device, certificate):
    device.settings["trust_anchor_arn"] = device.service.trust_anchor_arn.replace("1111", "0000")

    cause = "ResourceNotFoundException: Trust anchor not found"
    assert_failed(box.once(), certificate, cause, "check trust_anchor_arn")


def test_profile_that_takes_no_session_name(box, device, certificate):
    box.edge["session_name"] = "site-4711"

    assert_failed(box.once(), certificate, "does not accept custom role session names", "session_name")


def test_throttled_session_is_asked_for_again(box, aws, device, certificate):
    aws.script("CreateSession", refusal("ThrottlingException", status=429))

    assert box.once().results == ["updated"]
    assert aws.operations()["CreateSession"] == 2


@pytest.mark.parametrize("offset", [-3600, 3600])
def test_wrong_clock_is_corrected(box, aws, device, certificate, offset):
    aws.clock_offset = offset

    assert box.once().results == ["updated"]
    assert aws.operations() == {"CreateSession": 2, "ExportCertificate": 1}


def test_unreachable_endpoint(box, device, certificate):
    box.environment.update(AWS_ENDPOINT_URL_ROLESANYWHERE="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1")

    assert_failed(box.once(), certificate, "IAM Roles Anywhere gives no session", ".")


def good(values=None, **changes):
    """What CreateSession answers, with other values."""
    values = values or {
        "accessKeyId": "ASIAFROMTHETEST00000", "secretAccessKey": "secret", "sessionToken": "token",
        "expiration": f"{pki.now() + pki.DAY:%Y-%m-%dT%H:%M:%SZ}",
    }
    values = {name: value for name, value in {**values, **changes}.items() if value is not None}
    return {"credentialSet": [{"credentials": values}]}


MEMBERS = ("accessKeyId", "secretAccessKey", "sessionToken", "expiration")
HOSTILE = {
    **{f"without {name}": good(**{name: None}) for name in MEMBERS},
    **{f"empty {name}": good(**{name: ""}) for name in MEMBERS},
    "CR LF in the token": good(sessionToken="token\r\nX-Evil: 1"),
    "NUL in the key": good(accessKeyId="\0"),
    "number": good(secretAccessKey=17),
    "no date": good(expiration="tomorrow"),
    "long token": good(sessionToken="x" * 70000),
    "no set": {"credentialSet": []},
    "set of another type": {"credentialSet": {"credentials": {}}},
    "array": [],
    "null": None,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_replies_that_no_aws_should_send(box, aws, device, certificate, body):
    box.environment["AWS_MAX_ATTEMPTS"] = "1"
    aws.always("CreateSession", rest_reply(body, 201))

    assert_failed(box.once(), certificate, "CreateSession|the reply", ".")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff" * 50, b"[" * 100000])
def test_replies_that_are_no_json(box, aws, device, certificate, body):
    box.environment["AWS_MAX_ATTEMPTS"] = "1"
    aws.always("CreateSession", Reply(201, body))

    assert_failed(box.once(), certificate, "CreateSession", ".")


def test_reply_that_is_too_large(box, aws, device, certificate):
    box.environment["AWS_MAX_ATTEMPTS"] = "1"
    aws.always("CreateSession", rest_reply(good(padding="x" * 300000), 201))

    assert_failed(box.once(), certificate, "larger|exceeds|bytes", ".")


def test_redirect_is_not_followed(box, aws, device, certificate):
    aws.always("CreateSession", Reply(302, b"", {"Location": "https://evil.example/sessions"}))

    assert_failed(box.once(), certificate, "HTTP 302", "endpoint")


# --- the server itself --------------------------------------------------------------------


def with_header(request, name, change):
    return dataclasses.replace(request, headers={**request.headers, name: change(request.headers[name])})


CHANGES = {
    "body": lambda request: dataclasses.replace(request, body=request.body + b" "),
    "query": lambda request: dataclasses.replace(request, target=request.target.replace("profile", "prefile")),
    "date": lambda request: with_header(request, "x-amz-date", lambda text: f"{text[:-2]}{(int(text[-2]) + 1) % 10}Z"),
    "host": lambda request: with_header(request, "host", lambda text: text + "0"),
    "chain": lambda request: with_header(request, "x-amz-x509-chain", lambda text: f"{text},{text}"),
    "region": lambda request: with_header(request, "authorization", lambda text: text.replace("eu-", "us-")),
    "serial number": lambda request: with_header(
        request, "authorization", lambda text: text.replace("Credential=", "Credential=1")
    ),
    "leading zero": lambda request: with_header(
        request, "authorization", lambda text: text.replace("Credential=", "Credential=0")
    ),
    "algorithm": lambda request: with_header(request, "authorization", lambda text: text.replace("ECDSA", "RSA")),
    "unsigned header": lambda request: with_header(
        request, "authorization", lambda text: text.replace("content-type;", "")
    ),
    "signature": lambda request: with_header(
        request, "authorization", lambda text: f"{text[:-1]}{(int(text[-1], 16) + 1) % 16:x}"
    ),
}


def test_server_refuses_whatever_is_changed(box, aws, device, certificate):
    box.once()
    request = only(aws.asked("CreateSession"))
    now = datetime.datetime.now(datetime.timezone.utc)

    device.service.verify(request, now)
    for name, change in CHANGES.items():
        with pytest.raises(Refused):
            device.service.verify(change(request), now)
            print(f"accepted with another {name}")
    with pytest.raises(Refused, match="expired"):
        device.service.verify(request, now + datetime.timedelta(minutes=6))


# --- the resident agent -------------------------------------------------------------------


def test_renewed_certificate_is_used_without_a_restart(box, aws, maker, device, certificate, resident):
    agent = resident()
    agent.wait_until_fresh()
    renewed = maker.issue("box-17", kind="rsa-2048", number=960)
    device.become(renewed)
    box.run("refresh")
    agent.wait_until_fresh()

    assert device.service.seen[-1][0] == renewed.certificate


def test_no_session_outlives_its_batch(box, aws, device, certificate, resident):
    agent = resident()
    agent.wait_until_fresh()
    box.run("refresh")
    agent.wait_until_fresh()

    assert aws.operations() == {"CreateSession": 2, "ExportCertificate": 2}


def secret_numbers(key):
    """A key's private numbers, as a file and as a library may hold them."""
    numbers = key.private_numbers()
    values = [numbers.private_value] if isinstance(key, ec.EllipticCurvePrivateKey) else [numbers.d, numbers.p, numbers.q]
    return [value.to_bytes(-(-value.bit_length() // 8), order) for value in values for order in ("big", "little")]


@pytest.mark.skipif(is_test_build(), reason="a sanitizer's memory is not the agent's")
@pytest.mark.parametrize("kind", ["ec-p256", "rsa-2048"])
def test_key_is_wiped_when_it_has_signed(box, aws, maker, device, certificate, resident, kind):
    """While the worker exports, neither it nor the agent has the key or its passphrase."""
    device.become(maker.issue("box-17", kind=kind, number=964), passphrase=PASSPHRASE)
    found = {}

    def look(_, request):
        (worker,) = Path(f"/proc/{agent.pid}/task/{agent.pid}/children").read_text().split()
        found.update(worker=memory(worker), agent=memory(agent.pid))
        return aws.export(request)

    aws.always("ExportCertificate", look)
    agent = resident()
    agent.wait_until_fresh()
    lines = device.private_key.read_text().splitlines()[1:-1]
    for what in [PASSPHRASE.encode(), *(line.encode() for line in lines), *secret_numbers(device.issued.private_key)]:
        assert [name for name, text in found.items() if what[:24] in text] == []
    assert certificate.arn.encode() in found["worker"] and certificate.arn.encode() in found["agent"]


def test_certificate_that_is_put_there_ends_the_failure_at_once(box, aws, maker, device, certificate, resident):
    ended = pki.now() - pki.DAY
    good_one = device.issued
    device.become(maker.issue("box-17", number=961, not_before=ended - pki.DAY, not_after=ended))
    agent = resident()
    agent.wait_for("box-17 expired at")
    device.become(good_one)
    agent.wait_for("The credentials have changed")
    agent.wait_until_fresh()


def test_throttled_resident_agent_asks_again(aws, device, certificate, resident):
    aws.script("CreateSession", refusal("ThrottlingException", status=429))
    agent = resident()
    agent.wait_until_fresh()

    assert aws.operations()["CreateSession"] == 2


def test_box_renews_its_own_identity(box, aws, maker, device, resident):
    """The agent's certificate is one that it manages: each session is asked for with the one before."""
    own = box.manage("box-17")
    del own.table["chain_path"]
    device.certificate.rename(own.path("certificate"))
    device.private_key.rename(own.path("private_key"))
    device.settings.update(certificate=str(own.path("certificate")), private_key=str(own.path("private_key")))
    first = maker.issue("box-17", kind="ec-p384", number=962)
    aws.certificates[own.arn].issued = first
    assert box.once().results == ["updated"]
    second = maker.issue("box-17", kind="rsa-2048", number=963)
    aws.certificates[own.arn].issued = second
    assert box.once().results == ["updated"]
    assert box.once().results == ["unchanged"]

    used = [leaf for leaf, _chain in device.service.seen]
    assert used == [device.issued.certificate, first.certificate, second.certificate]
