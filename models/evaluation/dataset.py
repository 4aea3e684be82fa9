"""Folders of portraits: which picture shows whom."""

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
NUMBERED = re.compile(r"(?P<person>.+)_\d+$")


class NoPictures(ModelError):
    """The folder holds no portraits in either layout."""

    code = "evaluation.no_pictures"
    detail = "文件夹中没有可用的照片。"


@dataclass(frozen=True)
class Picture:
    """One portrait. The person's name stays in memory: no report repeats it."""

    person: str
    path: Path


def pictures(folder: Path) -> list[Picture]:
    """The portraits of a folder, by person and number.

    Two layouts: one folder a person, or flat files `NAME_0001.jpg`.

    Raises:
        NoPictures: the folder is absent, empty, or of another layout.
    """
    if not folder.is_dir():
        raise NoPictures("there is no such folder")
    found = [*_folders(folder)] or [*_flat(folder)]
    if not found:
        raise NoPictures(
            "the folder holds no portraits: one folder a person, or files named NAME_0001.jpg"
        )
    return sorted(found, key=lambda picture: (picture.person, picture.path.name))


def _folders(folder: Path) -> list[Picture]:
    people = sorted(path for path in folder.iterdir() if path.is_dir())
    return [Picture(person.name, path) for person in people for path in _images(person)]


def _flat(folder: Path) -> list[Picture]:
    named = ((NUMBERED.fullmatch(path.stem), path) for path in _images(folder))
    return [Picture(match["person"], path) for match, path in named if match]


def _images(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
