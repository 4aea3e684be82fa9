"""Which devices a terminal has: a TOML, or what probing found.

```toml
[[device]]
name = "id-reader"              # any word; how events and health call it
kind = "resident_id"            # one of `shualian devices list --kinds`
port = "/dev/serial/by-id/…"    # a pyserial URL, or what the kind opens
settings = { baudrate = 115200 }
```
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .kinds import KINDS

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_FIELDS = {"name", "kind", "port", "settings"}


class ConfigError(Exception):
    """The list of devices cannot be used. Code: `devices.config_invalid`."""

    code = "devices.config_invalid"


@dataclass(frozen=True)
class DeviceConfig:
    """One device of the list."""

    name: str
    kind: str
    port: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path) -> list[DeviceConfig]:
    """The devices that a TOML lists. Raises `ConfigError`, which says where."""
    try:
        return parse(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse(document: Mapping[str, Any]) -> list[DeviceConfig]:
    """The same from a document. Raises `ConfigError`."""
    listed = document.get("device", [])
    if set(document) - {"device"} or not isinstance(listed, list):
        raise ConfigError("a list of devices holds [[device]] tables and nothing else")
    devices = [_one(number, entry) for number, entry in enumerate(listed, 1)]
    for what in ("name", "port"):
        values = [getattr(device, what) for device in devices]
        if twice := {value for value in values if values.count(value) > 1}:
            raise ConfigError(f"{what} {min(twice)!r} stands twice")
    return devices


def _one(number: int, entry: object) -> DeviceConfig:
    if not isinstance(entry, dict) or not {"name", "kind", "port"} <= set(entry) <= _FIELDS:
        raise ConfigError(f"device {number}: needs name, kind and port, may have settings")
    name, kind, port = entry["name"], entry["kind"], entry["port"]
    settings = entry.get("settings", {})
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"device {number}: a name is a lower-case word of at most 32 characters")
    if kind not in KINDS:
        raise ConfigError(f"{name}: kind {kind!r} is none of {', '.join(KINDS)}")
    if not isinstance(port, str) or not port:
        raise ConfigError(f"{name}: the port is missing")
    if not isinstance(settings, dict):
        raise ConfigError(f"{name}: settings are a table")
    try:
        KINDS[kind].prepare(settings)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name}: settings: {error}") from error
    return DeviceConfig(name, kind, port, settings)
