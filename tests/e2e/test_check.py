"""`check`: what is a good configuration, and what the world around it must be like."""

import ssl

import pytest

from harness.box import agent
from harness.check_text import ARN, ENABLED, ROLE, certificate
from harness.namespace import SERVICE, SERVICE_ID


@pytest.fixture
def accepted(box):
    def run(text):
        outcome = box.check(text)
        assert outcome.exit_code == 0
        return outcome

    return run


@pytest.mark.heart
def test_good_configuration_is_accepted(box, accepted):
    accepted(ENABLED + certificate(box.files))


@pytest.mark.heart
def test_upstreams_full_configuration_is_accepted(box, accepted):
    """Everything that upstream knows, Secrets Manager included."""
    accepted(f"""
[logging]
log_level = "DEBUG"
log_to_file = false

[capabilities.acm]
enabled = true
default_certificate_permission = {{ mode = "0644" }}
default_key_permission = {{ mode = "0600" }}

[[capabilities.acm.certificates]]
certificate_arn = "{ARN}"
role_arn = "arn:aws:iam::123456789012:role/path/to/role+with=all,of.it@once-"
certificate_path = "{box.files}/www.crt"
private_key_path = "{box.files}/www.key"
chain_path = "{box.files}/www.chain"
refresh_command = "  /usr/sbin/nginx -s reload  "
certificate_and_chain_permission = {{ mode = "0640" }}
key_permission = {{ mode = "0400" }}

[capabilities.secrets_manager]
enabled = true
http_port = 2773
path_prefix = "/v1/"
max_conn = 800
max_roles = 20
region = "eu-central-1"
credentials_file_path = "/home/agent/.aws/credentials"
ignore_transient_errors = true
validate_credentials = true

[capabilities.secrets_manager.cache]
ttl_seconds = 300
cache_size = 1000

[capabilities.secrets_manager.security]
ssrf_headers = ["X-Aws-Parameters-Secrets-Token", "X-Vault-Token"]
ssrf_env_variables = ["AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"]

[capabilities.secrets_manager.prefetch]
cache_buffer_ratio = 0.8
max_jitter_seconds = 5
filter_tags = [{{ key = "prefetch", role_arn = "{ROLE}" }}, {{ key = "other" }}]
secrets = [
    {{ secret_id = "one" }},
    {{ secret_id = "two", role_arn = "{ROLE}", }},
]
""")


def test_legacy_flat_secrets_manager_configuration_is_accepted(accepted):
    accepted("""
log_level = "info"
http_port = "2773"
ttl_seconds = 300
cache_size = "1000"
max_conn = 800
ssrf_headers = ["X-Token"]
ssrf_env_variables = ["AWS_TOKEN"]
path_prefix = "/v1/"
region = "us-east-1"
ignore_transient_errors = true
""")


def test_every_key_of_the_edge_table_is_accepted(box, accepted):
    accepted(ENABLED + certificate(
        box.files,
        combined_path=f"{box.files}/all.pem",
        combined_permission={"mode": "0640", "owner": "root", "group": SERVICE},
        key_permission={"mode": "0640", "owner": str(SERVICE_ID), "group": "root"},
        served_at="127.0.0.1:443",
    ) + f"""
[edge]
region = "eu-central-1"
credentials_file = "{box.config.parent}/credentials"
ca_bundle = "{box.ca_bundle}"
https_proxy = "http://user:password@proxy.example.com:3128"
refresh_interval_hours = 12
refresh_on_start = true
startup_jitter_seconds = 600
worker_user = "wcp-worker"
log_destination = "syslog"
log_directory = "logs"
log_max_bytes = 65536
log_archives = 2
status_file = "/run/wcp-tiny/default/status.json"
watch_config = false
""")


def test_password_of_a_proxy_that_is_badly_encoded_is_explained(box):
    outcome = box.check(ENABLED + certificate(box.files) + '[edge]\nhttps_proxy = "https://user:100%@proxy.test"\n')

    assert outcome.exit_code == 1
    assert "edge.https_proxy is not a usable URL" in outcome.err and "%2F %3F %23 %25" in outcome.err
    assert "100%" not in outcome.err


@pytest.mark.parametrize("text", ["", "# nothing\n", "[capabilities.acm]\nenabled = false\n"])
def test_configuration_without_acm_is_accepted(accepted, text):
    accepted(text)


def test_byte_order_mark_and_crlf_are_accepted(box, accepted):
    accepted("\ufeff" + (ENABLED + certificate(box.files)).replace("\n", "\r\n"))


def test_fifty_certificates_are_accepted(box, accepted):
    accepted(ENABLED + "\n".join(certificate(box.files, number) for number in range(50)))


def test_check_asks_nobody(box, aws, accepted):
    outcome = accepted(ENABLED + certificate(box.files))
    assert aws.requests == [] and aws.connections == 0
    assert outcome.out == ""


# --- the world around the file -------------------------------------------------------------


def test_missing_directory_is_an_error_of_check(box):
    outcome = box.check(ENABLED + certificate(box.root / "missing"))

    assert outcome.exit_code == 1
    assert str(box.root / "missing") in outcome.err


def test_what_two_files_have_in_common_is_said_once(box):
    outcome = box.check(ENABLED + certificate("/srv/absent"))

    assert outcome.exit_code == 1
    assert outcome.err.count("/srv/absent does not exist") == 1
    assert "1 problem on this machine" in outcome.err


def test_missing_credentials_file_is_an_error_of_check(box):
    box.forget_keys()
    outcome = box.check(ENABLED + certificate(box.files) + '[edge]\ncredentials_file = "/srv/keys"\n')

    assert outcome.exit_code == 1
    assert "the credentials file /srv/keys: No such file" in outcome.err


@pytest.mark.parametrize("url", ["ftp://acm.example.com", "acm.example.com", "https://"])
def test_endpoint_that_is_no_url_is_an_error_of_check(box, url):
    box.environment["AWS_ENDPOINT_URL_ACM"] = url
    outcome = box.check(ENABLED + certificate(box.files))

    assert outcome.exit_code == 1
    assert "AWS_ENDPOINT_URL_ACM" in outcome.err and "1 problem on this machine" in outcome.err


def test_partition_that_is_not_known_is_an_error_of_check(box):
    del box.environment["AWS_ENDPOINT_URL"]
    outcome = box.check(ENABLED + certificate(box.files).replace("arn:aws:acm", "arn:aws-x:acm"))

    assert outcome.exit_code == 1
    assert 'the AWS partition "aws-x" is not known; correct the ARN' in outcome.err


def test_ca_bundle_without_a_certificate_is_an_error_of_check(box):
    box.ca_bundle.write_bytes(ssl.PEM_cert_to_DER_cert(box.authority.root.pem))
    outcome = box.check(ENABLED + certificate(box.files))

    assert outcome.exit_code == 1
    assert "it is DER, not PEM; convert it: openssl x509" in outcome.err


def test_certificate_that_a_ca_bundle_cannot_use_is_a_warning_of_check(box):
    damaged = "-----BEGIN CERTIFICATE-----\nMIIB????\n-----END CERTIFICATE-----\n"
    box.ca_bundle.write_text(box.authority.root.pem + damaged)
    outcome = box.check(ENABLED + certificate(box.files))

    assert outcome.exit_code == 0
    assert "warning: Certificate 2 of the CA bundle" in outcome.err


def test_directory_behind_a_link_is_an_error_of_check(box):
    (box.root / "link").symlink_to(box.files)
    outcome = box.check(ENABLED + certificate(box.root / "link"))

    assert outcome.exit_code == 1
    assert "link" in outcome.err


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o664])
def test_file_that_others_may_write_is_refused(box, mode):
    box.write_config(ENABLED + certificate(box.files))
    box.config.chmod(mode)

    outcome = box.run("check")

    assert outcome.exit_code in (2, 3)
    assert str(box.config) in outcome.err


def test_file_in_a_directory_that_others_may_write_is_refused(box):
    box.write_config(ENABLED + certificate(box.files))
    box.config.parent.chmod(0o777)

    outcome = box.run("once")

    assert outcome.exit_code in (2, 3)
    assert str(box.config.parent) in outcome.err


def test_file_that_may_not_be_read_exits_3(box):
    box.write_config(ENABLED + certificate(box.files))
    box.config.chmod(0o600)

    outcome = box.run("check", user=SERVICE)

    assert outcome.exit_code == 3
    assert "Permission denied" in outcome.err


def test_owner_that_the_agent_may_not_give_is_an_error_of_check(box):
    box.files.chmod(0o777)
    outcome = box.check(
        ENABLED + certificate(box.files, key_permission={"mode": "0600", "owner": "root"}),
        user=SERVICE,
    )

    assert outcome.exit_code == 1
    assert "owner" in outcome.err and "root" in outcome.err


def test_service_user_with_capabilities_may_write_and_give_away(box):
    """As the packaged unit starts the agent."""
    box.write_config(ENABLED + certificate(box.files, key_permission={"mode": "0600", "owner": "root"}))
    capabilities = "+dac_override,+chown,+fowner"
    ours = [f"--reuid={SERVICE_ID}", f"--regid={SERVICE_ID}", "--clear-groups"]
    given = [f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}"]
    check = [agent(), "check", "-c", box.config]

    assert box.run_program("setpriv", *ours, *check).exit_code == 1
    assert box.run_program("setpriv", *ours, *given, *check).exit_code == 0


@pytest.mark.heart
def test_once_with_a_bad_configuration_touches_nothing(box, aws, site):
    box.write_config(ENABLED + certificate(box.files, certificate_arn="x"))
    before = box.snapshot()

    assert box.run("once").exit_code == 2
    assert aws.requests == [] and box.snapshot() == before
