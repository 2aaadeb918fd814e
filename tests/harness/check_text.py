"""Configurations as text, for tests that break them one rule at a time."""

from .toml_text import value_text

ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
ROLE = "arn:aws:iam::123456789012:role/reader"
ENABLED = "[capabilities.acm]\nenabled = true\n\n"


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
