"""Photos of a folder, by name, and nothing outside it. They are read into memory and never kept."""

import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from models.images import MAX_BYTES

from .errors import EnrollRefused, PersonRefused


@dataclass(frozen=True)
class Photo:
    """One photo's bytes as they came."""

    name: str
    data: bytes = field(repr=False)


class Photos(Protocol):
    """Where a row's photos come from, by the names that stand in it."""

    def read(self, name: str) -> Photo:
        """One photo. Raises `PersonRefused`."""


class PhotoFolder:
    """A folder of photos that somebody handed over; its names and contents are not trusted."""

    def __init__(self, folder: Path) -> None:
        """Raises `EnrollRefused` (`photos.no_folder`)."""
        try:
            self._folder = folder.resolve(strict=True)
        except OSError:
            raise EnrollRefused("photos.no_folder", f"there is no folder {folder}") from None
        if not self._folder.is_dir():
            raise EnrollRefused("photos.no_folder", f"{folder} is no folder")

    def read(self, name: str) -> Photo:
        """One photo. Raises `PersonRefused`."""
        try:
            path = self._found(name)
            if not stat.S_ISREG(path.stat().st_mode):
                raise PersonRefused("photo_unreadable")
            with path.open("rb") as file:
                return Photo(name, file.read(MAX_BYTES + 1))
        except FileNotFoundError:
            raise PersonRefused("photo_not_found") from None
        except (OSError, ValueError):
            raise PersonRefused("photo_unreadable") from None

    def _found(self, name: str) -> Path:
        """The file, also where the other system composed its accents differently."""
        for form in (name, *(unicodedata.normalize(f, name) for f in ("NFC", "NFD"))):
            path = (self._folder / form.replace("\\", "/")).resolve()
            if not path.is_relative_to(self._folder):
                raise PersonRefused("photo_outside")
            if path.exists():
                return path
        raise PersonRefused("photo_not_found")
