"""What kiosk and console share on the screen: design tokens, ES modules, the zh/en catalogue,
notices. A leaf.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parent
NOTICES = ROOT / "notices"

LANGUAGES: tuple[Literal["zh", "en"], ...] = ("zh", "en")


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every text of the screens by its key. Raises `KeyError` for an unknown language.

    `catalogue.LANGUAGE.json` is the terminal's; staff's rooms have files of their own beside it, so
    that a terminal does not load what it never says. A key stands in one file only (`ValueError`).
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    texts: dict[str, str] = {}
    for path in sorted(ROOT.glob(f"*.{language}.json")):
        of_room: dict[str, str] = json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
        if twice := texts.keys() & of_room.keys():
            raise ValueError(f"{path.name}: {min(twice)} stands in another file too")
        texts |= of_room
    return texts


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    texts = dict(pairs)
    if len(texts) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)} stands twice")
    return texts


def translator(language: str) -> Callable[..., str]:
    """`t(key, **values)` as in `i18n.mjs`. A missing key shows itself: a test finds it first.

    Raises `KeyError` for an unknown language.
    """
    texts = catalogue(language)

    def t(key: str, **values: object) -> str:
        text = texts.get(key, key)
        return re.sub(r"\{(\w+)\}", lambda place: str(values.get(place[1], "")), text)

    return t
