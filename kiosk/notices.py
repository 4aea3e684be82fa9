"""The notice's text (告知) by version: the hospital's own folder first, then what ships."""

import re
from pathlib import Path

from pydantic import ValidationError

import web
from web.notice import VERSION, Notice

from .settings import KioskSettings


def find_notice(version: str, settings: KioskSettings) -> Notice | None:
    """The text of this version, or None where this terminal has none."""
    if not re.fullmatch(VERSION, version) or version.startswith("."):
        return None
    folders = [web.NOTICES] if settings.notices is None else [settings.notices, web.NOTICES]
    for folder in folders:
        if notice := _read(folder / f"{version}.json", version):
            return notice
    return None


def _read(path: Path, version: str) -> Notice | None:
    try:
        notice = Notice.model_validate_json(path.read_bytes())
    except (OSError, ValidationError, ValueError):
        return None
    return notice if notice.version == version else None
