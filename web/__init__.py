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
    """Every text of the screens by its key. Raises `KeyError` for an unknown language."""
    if language not in LANGUAGES:
        raise KeyError(language)
    texts: dict[str, str] = json.loads((ROOT / f"catalogue.{language}.json").read_text("utf-8"))
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
