"""No secret leaves the process: not in output, not in a child's argv or environment, not on disk.

That the output of every run in every other test is free of secrets is checked by Box itself.
"""

import pytest

from harness.http_messages import acm_error, sts_error
from harness.stub_aws import SECRET_KEY


@pytest.fixture
def command(box):
    return box.recorder()


@pytest.fixture
def site(box, command):
    return box.manage(kind="rsa-2048", refresh_command=f"{command.command} reload")


def assert_free_of_secrets(box, text):
    secrets = box.secrets()
    assert SECRET_KEY in secrets and len(secrets) > 20
    box.assert_no_secret_in(text)


@pytest.mark.heart
def test_debug_log_has_no_secret(box, site):
    box.logging["log_level"] = "debug"
    outcome = box.once()

    assert outcome.results == ["updated"]
    assert_free_of_secrets(box, outcome.out + outcome.err)


def test_no_program_is_given_a_secret(box, site):
    outcome = box.once(traced="execve")

    started = [str(call) for call in outcome.calls]
    assert any(" reload" in call or '"reload"' in call for call in started)
    assert_free_of_secrets(box, "\n".join(started))


def test_command_environment_has_no_secret(box, site, command):
    box.once()

    assert command.runs == 1
    assert_free_of_secrets(box, str(command.environment))


@pytest.mark.parametrize("name", ["once", "check", "doctor"])
def test_crash_leaves_no_secret_in_a_core(box, site, name):
    box.write_config()

    assert "PR_SET_DUMPABLE" in str(box.run(name, traced="prctl").calls[0])


@pytest.mark.heart
def test_nothing_but_the_key_files_holds_a_secret(box, site):
    box.once()

    for path in box.root.rglob("*"):
        if path.is_file() and path != site.path("private_key"):
            box.assert_no_secret_in(path.read_text(errors="replace"))


@pytest.mark.parametrize("operation, error", [
    ("AssumeRole", sts_error), ("ExportCertificate", acm_error),
])
def test_secret_in_an_error_message_of_aws_is_not_shown(box, aws, site, operation, error):
    """A server that sends back what it was sent."""

    def echo(_, request):
        text = request.headers["authorization"] + str(request.headers.get("x-amz-security-token"))
        return error("AccessDenied", text + request.body.decode())

    aws.always(operation, echo)

    outcome = box.once()  # Box looks for secrets in what it says

    assert outcome.exit_code == 1


def test_old_key_does_not_stay_behind_after_a_renewal(box, site):
    box.once()
    old = set(site.issued.key_pem.splitlines()[1:-1])
    site.renew()
    box.once()

    for path in box.root.rglob("*"):
        if path.is_file():
            assert not old & set(path.read_text(errors="replace").splitlines()), path
