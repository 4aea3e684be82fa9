"""Whose pictures train, whose set the limit, whose are only tried; and what is seen on them."""

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from models.evaluation.dataset import Picture

COVERS: Final = frozenset({"dark_glasses", "hand_or_thing"})
"""What `seen.json` calls a covered face."""

UNCLEAR: Final = "unclear"
"""Half hidden, or a thing before the face that a comparison may bear: counted for neither side."""


class Part(StrEnum):
    """A person belongs to one part for ever, whatever other people a folder holds."""

    TRAIN = "train"
    LIMIT = "limit"
    TRIAL = "trial"


def part(person: str) -> Part:
    """By the last byte of the SHA-256 of `covers:` + name: even trains; of the odd ones a
    remainder of 1 by 4 sets the limit and 3 is tried."""
    last = hashlib.sha256(f"covers:{person}".encode()).digest()[-1] % 4
    return (Part.TRAIN, Part.LIMIT, Part.TRAIN, Part.TRIAL)[last]


def of_part(pictures: Iterable[Picture], wanted: Part) -> list[Picture]:
    """The pictures of one part's people."""
    return [picture for picture in pictures if part(picture.person) is wanted]


def seen(picture: Picture) -> frozenset[str]:
    """What a viewer noted on a picture: covers, glasses, beards, fringes, headgear."""
    return frozenset(_noted().get(fingerprint(picture)[:16], ()))


def bare(picture: Picture) -> bool:
    """Nobody noted a cover on it."""
    return not seen(picture) & (COVERS | {UNCLEAR})


def fingerprint(picture: Picture) -> str:
    """SHA-256 of the file, hexadecimal."""
    return hashlib.sha256(picture.path.read_bytes()).hexdigest()


def digest(pictures: Iterable[Picture]) -> str:
    """One SHA-256 over the files' own, sorted: which pictures these are, without a name."""
    return hashlib.sha256("\n".join(sorted(map(fingerprint, pictures))).encode()).hexdigest()


@cache
def _noted() -> dict[str, list[str]]:
    text = (Path(__file__).parent / "seen.json").read_text(encoding="utf-8")
    noted: dict[str, list[str]] = json.loads(text)["pictures"]
    return noted
