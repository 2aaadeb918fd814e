"""The folders of src/ from the highest to the lowest: a file may use its own folder and those below."""

LAYERS = [["command"], ["supervisor"], ["status"], ["worker", "log"], ["aws", "store"], ["net", "pki"], ["config"], ["toml"],
          ["crypto"], ["base"]]
LEVEL = {folder: level for level, layer in enumerate(LAYERS) for folder in layer}


def level_of(path):
    """0 is the highest; None for a file that lies in no folder, such as main.c."""
    return LEVEL.get(path.parts[1]) if len(path.parts) > 2 else None
