"""Journals as the agent writes them, from whatever they are wanted to say."""

import hashlib

GENERATION = "0123456789abcdef"


def digest(content):
    return hashlib.sha256(content).hexdigest()


def journal_text(members, generation=GENERATION):
    """members: path to what it is to hold. The checksum is right."""
    lines = ["wcp-journal 1", f"generation {generation}"]
    lines += [f"member {digest(content)} {path}" for path, content in members.items()]
    text = "".join(f"{line}\n" for line in lines)
    return text + f"end {digest(text.encode())}\n"


def temporary(path, generation=GENERATION):
    return path.with_name(f".{path.name}.{generation}.wcp-new")
