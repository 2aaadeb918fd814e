"""AWS's own helper for IAM Roles Anywhere, at our test server: the server is not built around our mistakes. And our
request is the helper's, byte for byte."""

import json
import subprocess
import time

import pytest

from harness import pki, stub_aws
from harness.device import Device, key_text
from harness.go_program import go_program
from harness.roles_anywhere import RolesAnywhere

MODULE, VERSION = "github.com/aws/rolesanywhere-credential-helper", "v1.4.0"


@pytest.fixture(scope="session")
def helper():
    return go_program(MODULE, VERSION, "rolesanywhere-credential-helper")


@pytest.fixture
def device(box, aws, authority):
    """Its certificate is directly below the anchor."""
    aws.roles_anywhere = RolesAnywhere(authority.parent, [stub_aws.ROLE])
    return Device(box, aws.roles_anywhere, authority.parent.issue("box-17", kind="rsa-2048", number=930))


@pytest.fixture
def ask(helper, aws, device):
    """Has the helper ask the server; returns what it prints, and the request."""

    def run(*arguments):
        settings = device.settings
        done = subprocess.run(
            [helper, "credential-process", "--endpoint", aws.url, "--no-verify-ssl",
             "--certificate", settings["certificate"], "--private-key", settings["private_key"],
             "--trust-anchor-arn", settings["trust_anchor_arn"], "--profile-arn", settings["profile_arn"],
             "--role-arn", settings["role_arn"], *arguments],
            capture_output=True, text=True, env={"HOME": "/nonexistent"}, timeout=60,
        )
        return done, aws.asked("CreateSession")[-1]

    return run


@pytest.mark.parametrize("kind", pki.KINDS)
@pytest.mark.parametrize("form", ["pkcs8", "traditional"])
def test_server_accepts_the_helper(aws, authority, device, ask, kind, form):
    device.become(authority.parent.issue("box-17", kind=kind, number=931), form)

    done, request = ask()

    assert request.signature_error is None
    printed = json.loads(done.stdout)
    assert aws.secrets[printed["AccessKeyId"]] == (printed["SecretAccessKey"], printed["SessionToken"])


def test_server_accepts_a_chain_of_the_helper(authority, device, ask):
    device.become(authority.issue("box-17", number=932))
    chain = device.certificate.with_name("chain.pem")
    chain.write_text(device.issued.chain_pem)

    done, request = ask("--intermediates", chain)

    assert request.signature_error is None and json.loads(done.stdout)["Version"] == 1
    assert len(device.service.seen[-1][1]) == 1


def test_server_refuses_the_helper_as_it_refuses_us(device, ask):
    stranger = pki.Authority("Somebody's Root CA", number=933)
    device.become(stranger.issue("box-17", number=934))

    done, request = ask()

    assert done.returncode != 0 and "AccessDeniedException" in done.stderr + done.stdout
    assert "Untrusted certificate" in request.signature_error


def test_requests_are_the_same_byte_for_byte(box, aws, authority, device, ask, clock):
    """PKCS#1 v1.5 has one signature for one text: equal signatures are equal canonical requests."""
    for _ in range(2):  # without a chain, then with one
        box.manage(f"www{len(box.tables)}.example.com")
        arguments = []
        if device.issued.chain:
            chain = device.certificate.with_name("chain.pem")
            chain.write_text(device.issued.chain_pem)
            arguments = ["--intermediates", chain]
        _, theirs = ask(*arguments)
        stamp = time.strptime(theirs.headers["x-amz-date"] + " UTC", "%Y%m%dT%H%M%SZ %Z")
        clock.set(time.mktime(stamp) - time.timezone)
        assert box.once("--force").exit_code == 0
        ours = aws.asked("CreateSession")[-1]

        assert (ours.method, ours.target, ours.body) == (theirs.method, theirs.target, theirs.body)
        for name in ("host", "content-type", "x-amz-date", "x-amz-x509", "x-amz-x509-chain", "authorization"):
            assert ours.headers.get(name) == theirs.headers.get(name), name
        device.become(authority.issue("box-17", kind="rsa-2048", number=935))
