"""`check`: every broken rule is reported, all of them together, with field and line."""

import re

import pytest

from harness.check_text import ARN, ENABLED, certificate


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


CERTIFICATE = r"capabilities\.acm\.certificates\[0\]\."


@pytest.mark.parametrize("key, value", [
    ("certificate_arn", "arn:aws:acm:eu-central-1:12345:certificate/x"),
    ("certificate_arn", "arn:aws:iam::123456789012:role/reader"),
    ("certificate_arn", "arn:aws:acm:eu-central-1a:123456789012:certificate/x"),
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
