"""`check`: the whole truth about a configuration, without network."""

import re

import pytest

from harness.namespace import SERVICE, SERVICE_ID
from harness.toml_text import value_text

ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
ROLE = "arn:aws:iam::123456789012:role/reader"


def certificate(directory, number=0, **changes):
    """A good [[capabilities.acm.certificates]] table, changed; None removes."""
    table = {
        "certificate_arn": f"{ARN[:-3]}{number:03d}",
        "role_arn": ROLE,
        "certificate_path": f"{directory}/{number}.crt",
        "private_key_path": f"{directory}/{number}.key",
        **changes,
    }
    lines = [f"{key} = {value_text(value)}" for key, value in table.items() if value is not None]
    return "\n".join(["[[capabilities.acm.certificates]]", *lines, ""])


ENABLED = "[capabilities.acm]\nenabled = true\n\n"


@pytest.fixture
def accepted(box):
    def run(text):
        outcome = box.check(text)
        assert outcome.exit_code == 0
        return outcome

    return run


@pytest.fixture
def rejected(box):
    """The text is refused, and each expectation is met by some line of stderr."""

    def run(text, *expectations):
        outcome = box.check(text)
        assert outcome.exit_code == 2
        for expected in expectations:
            assert any(re.search(expected, line) for line in outcome.err.splitlines()), expected
        return outcome

    return run


def line_of(text, piece):
    return text[: text.index(piece)].count("\n") + 1


# --- accepted ------------------------------------------------------------------------------


def test_good_configuration_is_accepted(box, accepted):
    accepted(ENABLED + certificate(box.files))


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


# --- rejected ------------------------------------------------------------------------------

CERTIFICATE = r"capabilities\.acm\.certificates\[0\]\."


@pytest.mark.parametrize("key, value", [
    ("certificate_arn", "arn:aws:acm:eu-central-1:12345:certificate/x"),
    ("certificate_arn", "arn:aws:iam::123456789012:role/reader"),
    ("certificate_arn", ""),
    ("role_arn", "arn:aws:iam::12345678901:role/x"),
    ("role_arn", "reader"),
    ("certificate_path", "relative/path.crt"),
    ("certificate_path", "/etc/../etc/x.crt"),
    ("private_key_path", ""),
    ("chain_path", "chain.pem"),
    ("combined_path", "all.pem"),
    ("refresh_command", "nginx -s reload"),
    ("refresh_command", "/usr/sbin/nginx; rm -rf x"),
    ("refresh_command", "/usr/bin/env $HOME"),
    ("refresh_command", "/usr/bin/printf 'x'"),
    ("refresh_command", "/usr/bin/"),
    ("refresh_command", "   "),
    ("served_at", "nowhere"),
    ("key_permission", {"mode": "0800"}),
    ("key_permission", {"mode": "1777"}),
    ("key_permission", {"mode": "rw"}),
    ("key_permission", {}),
    ("certificate_and_chain_permission", {"mode": "0644", "user": "root"}),
])
def test_broken_rule_names_field_and_line(box, rejected, key, value):
    text = ENABLED + certificate(box.files, **{key: value})
    line = line_of(text, f"\n{key} =") + 1

    outcome = rejected(text, CERTIFICATE + key)

    said = [each for each in outcome.err.splitlines() if re.search(CERTIFICATE + key, each)]
    assert any(re.search(rf"\b{line}\b", each) for each in said)


@pytest.mark.parametrize("key", [
    "certificate_arn", "role_arn", "certificate_path", "private_key_path",
])
def test_missing_required_field_is_named(box, rejected, key):
    rejected(ENABLED + certificate(box.files, **{key: None}), CERTIFICATE + key)


@pytest.mark.parametrize("key, value", [
    ("certificate_arn", 17), ("role_arn", True), ("certificate_path", ["/x"]),
    ("refresh_command", {"a": "b"}), ("key_permission", "0600"), ("chain_path", 1.5),
])
def test_wrong_type_names_field_and_type_wanted(box, rejected, key, value):
    rejected(ENABLED + certificate(box.files, **{key: value}), CERTIFICATE + key)


@pytest.mark.parametrize("table, text", [
    ("", "surprise = 1\n"),
    ("logging", "[logging]\nsurprise = 1\n"),
    ("capabilities", "[capabilities]\nsurprise = 1\n"),
    ("capabilities.acm", "[capabilities.acm]\nsurprise = 1\n"),
    ("capabilities.secrets_manager.cache", "[capabilities.secrets_manager.cache]\nsurprise = 1\n"),
    ("edge", "[edge]\nsurprise = 1\n"),
    ("surprise", "[surprise]\n"),
])
def test_unknown_key_is_rejected_at_every_level(rejected, table, text):
    rejected(text, "surprise")


@pytest.mark.parametrize("text, expected", [
    ('[logging]\nlog_level = "loud"\n', "logging.log_level"),
    ("[capabilities.secrets_manager]\nhttp_port = 80\n", "http_port"),
    ("[capabilities.secrets_manager]\nmax_conn = 0\n", "max_conn"),
    ("[capabilities.secrets_manager]\nmax_roles = 21\n", "max_roles"),
    ('[capabilities.secrets_manager]\npath_prefix = "v1"\n', "path_prefix"),
    ("[capabilities.secrets_manager.cache]\nttl_seconds = 3601\n", "ttl_seconds"),
    ("[capabilities.secrets_manager.cache]\ncache_size = 0\n", "cache_size"),
    ("[capabilities.secrets_manager.security]\nssrf_headers = []\n", "ssrf_headers"),
    ("[capabilities.secrets_manager.prefetch]\ncache_buffer_ratio = 0.05\n", "cache_buffer_ratio"),
    ("[capabilities.secrets_manager.prefetch]\nmax_jitter_seconds = 11\n", "max_jitter_seconds"),
    ("[capabilities.secrets_manager.prefetch]\nsecrets = [{ }]\n", "secret_id"),
    ('http_port = "80"\n', "http_port"),
    ("[edge]\nrefresh_interval_hours = 0\n", "refresh_interval_hours"),
    ('[edge]\nlog_destination = "printer"\n', "log_destination"),
    ('[edge]\nhttps_proxy = "proxy:3128"\n', "https_proxy"),
])
def test_disabled_sections_are_checked_too(rejected, text, expected):
    rejected(text, expected)


def test_legacy_keys_beside_tables_are_rejected(rejected):
    rejected('http_port = 2773\nregion = "x"\n[logging]\n', "http_port", "region")


def test_everything_wrong_is_reported_at_once(box, rejected):
    text = (
        '[logging]\nlog_level = "loud"\nsurprise = 1\n' + ENABLED
        + certificate(box.files, 0, certificate_arn="x", role_arn="y", refresh_command="z")
        + certificate(box.files, 1, certificate_path="relative", key_permission={"mode": "9"})
        + certificate(box.files, 2, role_arn=None)
    )
    rejected(
        text, r"logging\.log_level", "surprise", CERTIFICATE + "certificate_arn",
        CERTIFICATE + "role_arn", CERTIFICATE + "refresh_command",
        r"certificates\[1\]\.certificate_path", r"certificates\[1\]\.key_permission",
        r"certificates\[2\]\.role_arn",
    )


def test_certificate_that_is_incomplete_gets_that_error_only(box, rejected):
    outcome = rejected(
        ENABLED + certificate(box.files, role_arn=None, certificate_arn="nonsense"),
        CERTIFICATE + "role_arn",
    )
    assert not re.search(CERTIFICATE + "certificate_arn", outcome.err)


@pytest.mark.parametrize("first, second", [
    ({}, {"certificate_arn": ARN[:-3] + "000"}),
    ({}, {"certificate_path": "{directory}/0.crt"}),
    ({}, {"private_key_path": "{directory}//./0.key"}),
    ({"chain_path": "{directory}/chain"}, {"combined_path": "{directory}/chain"}),
])
def test_nothing_may_be_used_twice(box, rejected, first, second):
    first, second = (
        {key: value.format(directory=box.files) for key, value in table.items()}
        for table in (first, second)
    )
    rejected(
        ENABLED + certificate(box.files, 0, **first) + certificate(box.files, 1, **second),
        r"certificates\[1\]\." + next(iter(second)),
    )


def test_paths_of_one_certificate_must_differ(box, rejected):
    rejected(
        ENABLED + certificate(box.files, private_key_path=f"{box.files}/0.crt"), "private_key_path"
    )


def test_fifty_one_certificates_are_too_many(box, rejected):
    text = ENABLED + "\n".join(certificate(box.files, number) for number in range(51))
    rejected(text, "50")


@pytest.mark.parametrize("text, line", [
    ("[capabilities.acm\nenabled = true\n", 1),
    ("[logging]\nlog_level = loud\n", 2),
    ('[logging]\nlog_level = "info\n', 2),
    ("a = 1\na = 2\n", 2),
    ("[logging]\n[logging]\n", 2),
    ("\n\n= 1\n", 3),
    ("x = [[[[" * 20, 1),
])
def test_syntax_error_names_its_line(rejected, text, line):
    rejected(text, rf"\b{line}\b")


def test_text_that_is_not_utf8_is_rejected(box):
    box.config.write_bytes(b'[logging]\nlog_level = "\xff"\n')
    box.config.chmod(0o644)

    assert box.run("check").exit_code == 2


def test_file_larger_than_the_limit_is_rejected(rejected):
    rejected("# " + "x" * 256 * 1024 + "\n", "262144|256 KiB|larger|large")


# --- the world around the file -------------------------------------------------------------


def test_missing_directory_is_an_error_of_check(box):
    outcome = box.check(ENABLED + certificate(box.root / "missing"))

    assert outcome.exit_code == 1
    assert str(box.root / "missing") in outcome.err


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


def test_once_with_a_bad_configuration_touches_nothing(box, aws, site):
    box.write_config(ENABLED + certificate(box.files, certificate_arn="x"))
    before = box.snapshot()

    assert box.run("once").exit_code == 2
    assert aws.requests == [] and box.snapshot() == before
