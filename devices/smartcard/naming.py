"""How a card reader is named in a reading."""

MAX_CHARACTERS = 64


def device_name(wire: str, raw: bytes) -> str:
    """`wire:` and what the reader calls itself: printable ASCII only, at most 64 characters."""
    said = "".join(c if c.isprintable() else " " for c in raw.decode("ascii", "replace"))
    plain = " ".join(said.replace("�", " ").split())
    return f"{wire}:{plain or 'unnamed'}"[:MAX_CHARACTERS]
