"""A list of devices as a TOML that `config.load` reads."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .config import DeviceConfig


def written(devices: Iterable[DeviceConfig]) -> str:
    """The text; empty for no device. Settings hold booleans, numbers, texts, bytes and lists.

    Raises `TypeError` for any other.
    """
    return "\n".join(map(_table, devices))


def _table(device: DeviceConfig) -> str:
    lines = [f"{name} = {_value(getattr(device, name))}" for name in ("name", "kind", "port")]
    if device.settings:
        lines.append(f"settings = {_inline(device.settings)}")
    return "\n".join(["[[device]]", *lines, ""])


def _inline(settings: Mapping[str, Any]) -> str:
    pairs = ", ".join(f"{name} = {_value(value)}" for name, value in settings.items())
    return f"{{ {pairs} }}"


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case bytes():
            return f'"{value.hex().upper()}"'
        case str():  # JSON's escapes are TOML's, but that JSON leaves DEL as it is
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            raise TypeError(f"a list of devices cannot hold {type(value).__name__}")
