"""Photos out of a ZIP that anybody may have made: read by name into memory, never unpacked.

A name is only ever looked up, so one that points elsewhere leads nowhere; it is refused all the
same, since whoever makes such a ZIP means no good. What a photo unpacks to is counted while it is
read, whatever the ZIP says of it.
"""

import io
import stat
import threading
import unicodedata
import zipfile
import zlib
from typing import IO, Final, cast

from models.images import MAX_BYTES

from ..errors import PersonRefused
from ..photos import Photo
from .states import BatchRefused

MAX_ENTRIES: Final = 40_000
MAX_UNPACKED: Final = 16 * 1024 * 1024 * 1024
"""Bytes of all photos together, as the ZIP declares them."""

_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800
_ASIDE: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class ZippedPhotos:
    """The photos of a ZIP. Safe to use from several threads."""

    def __init__(self, file: io.RawIOBase) -> None:
        """Raises `BatchRefused` with a `batch.zip…` code."""
        try:
            self._archive = zipfile.ZipFile(cast("IO[bytes]", file))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            raise BatchRefused("batch.zip", "no ZIP") from None
        self._lock = threading.Lock()
        self._entries = _entries(self._archive.infolist())
        self._short = _short_names(self._entries)

    @property
    def names(self) -> frozenset[str]:
        """Every photo, by the path that it has in the ZIP."""
        return frozenset(self._entries)

    def find(self, name: str) -> str | None:
        """The path that a row's cell means: the whole path, or the file's name if only one has it.

        None for one that is not there.
        """
        wanted = plain(name)
        return wanted if wanted in self._entries else self._short.get(wanted)

    def read(self, name: str) -> Photo:
        """One photo. Raises `PersonRefused`."""
        found = self.find(name)
        if found is None:
            raise PersonRefused("photo_not_found")
        try:
            with self._lock, self._archive.open(self._entries[found]) as stream:
                return Photo(name, stream.read(MAX_BYTES + 1))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError):
            raise PersonRefused("photo_unreadable") from None


def plain(name: str) -> str:
    """A path with `/` and composed accents, as names are compared."""
    return unicodedata.normalize("NFC", name.strip().replace("\\", "/"))


def _entries(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Files by name, each looked at. Raises `BatchRefused`."""
    if len(infos) > MAX_ENTRIES:
        raise BatchRefused("batch.zip_too_many", str(len(infos)))
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise BatchRefused("batch.zip_too_large")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = plain(_name(info))
        if info.is_dir() or name.startswith(_ASIDE[0]) or name.endswith(_ASIDE[1:]):
            continue
        _refuse(info, name)
        if name in found:
            raise BatchRefused("batch.zip_twice")
        found[name] = info
    return found


def _refuse(info: zipfile.ZipInfo, name: str) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise BatchRefused("batch.zip_encrypted")
    if info.compress_type not in _PACKED:
        raise BatchRefused("batch.zip", "packed unusually")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise BatchRefused("batch.zip_name", "a link")
    outside = name.startswith("/") or ":" in name or ".." in name.split("/")
    if outside or any(unicodedata.category(letter) == "Cc" for letter in name):
        raise BatchRefused("batch.zip_name", "a path that leads elsewhere")


def _name(info: zipfile.ZipInfo) -> str:
    """Without the flag for UTF-8 a name is in the packing computer's own encoding, here GB18030."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _short_names(entries: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """Paths by the file's own name, where only one has it."""
    found: dict[str, str | None] = {}
    for path in entries:
        short = path.rpartition("/")[2]
        found[short] = None if short in found else path
    return {short: path for short, path in found.items() if path is not None}
