"""Dictionaries as TOML text, as far as configurations need it."""

import json


def value_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {value_text(item)}" for key, item in value.items())
        return "{ " + inner + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value)
    return str(value)


def table_text(header, table):
    lines = [header, *(f"{key} = {value_text(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n\n"


def config_text(acm, certificates, edge=None, logging=None):
    """A configuration file of the agent; tables that are empty are left out."""
    text = table_text("[logging]", logging) if logging else ""
    text += table_text("[capabilities.acm]", {"enabled": True, **acm})
    for certificate in certificates:
        text += table_text("[[capabilities.acm.certificates]]", certificate)
    return text + (table_text("[edge]", edge) if edge else "")
