"""A batch's own folder: what was uploaded, in parts that are each sealed under the batch's key.

No photo lies on the disk in the clear, not while it is uploaded and not while it is read: a part is
unsealed in memory. The key stands wrapped in the batch's row, so that whoever deletes it deletes
what the folder holds, in copies of it too.
"""

import io
import os
import re
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from verifier.trust.sealing import SealBroken, Secret, seal, unseal

from .states import BatchRefused

PART_BYTES: Final = 4 * 1024 * 1024
"""Every part but the last has just so many bytes."""

FOLDER: Final = "batches"
What = Literal["table", "photos"]
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_HELD: Final = 4
"""Parts that a reader keeps unsealed: a photo crosses one border at most."""


class Spool:
    """The folder of one batch, 0700."""

    def __init__(self, data: Path, batch: str, key: Secret) -> None:
        self._folder, self._batch, self._key = folder_of(data, batch), batch, key

    def write(self, what: What, index: int, data: bytes) -> None:
        """One part, whole or not at all; the same part again replaces it."""
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._path(what, index)
        beside = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(seal(self._key, data, self._place(what, index)))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def read(self, what: What, index: int) -> bytes:
        """One part. Raises `BatchRefused` with `batch.photos_gone` where it cannot be had."""
        try:
            return unseal(self._key, self._path(what, index).read_bytes(), self._place(what, index))
        except (OSError, SealBroken):
            raise BatchRefused("batch.photos_gone", f"{what} {index}") from None

    def missing(self, what: What, size: int) -> list[int]:
        """Parts of a file of `size` bytes that have not come."""
        return [index for index in range(parts(size)) if not self._path(what, index).is_file()]

    def open(self, what: What, size: int) -> "SealedFile":
        """The file as one, to be read anywhere."""
        return SealedFile(lambda index: self.read(what, index), size)

    def _path(self, what: What, index: int) -> Path:
        return self._folder / f"{what}-{index:06d}.sealed"

    def _place(self, what: What, index: int) -> str:
        return f"batch.{what}/{self._batch}/{index}"


class SealedFile(io.RawIOBase):
    """A file of sealed parts that can be read from any place; nothing but memory is used."""

    def __init__(self, part: Callable[[int], bytes], size: int) -> None:
        super().__init__()
        self._part, self._size, self._at = part, size, 0
        self._held: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; the new one."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes from here; fewer only at the end."""
        left = max(0, self._size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        pieces: list[bytes] = []
        while wanted:
            index, start = divmod(self._at, PART_BYTES)
            piece = self._held_part(index)[start : start + wanted]
            if not piece:
                raise BatchRefused("batch.photos_gone", "a part is shorter than it was said to be")
            pieces.append(piece)
            self._at += len(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _held_part(self, index: int) -> bytes:
        if index not in self._held:
            while len(self._held) >= _HELD:
                self._held.popitem(last=False)
            self._held[index] = bytes(self._part(index))
        self._held.move_to_end(index)
        return self._held[index]


def parts(size: int) -> int:
    """In how many parts a file of `size` bytes comes."""
    return -(-size // PART_BYTES)


def part_size(size: int, index: int) -> int:
    """How many bytes a part must have; 0 where there is no such part."""
    return max(0, min(PART_BYTES, size - index * PART_BYTES)) if index >= 0 else 0


def folder_of(data: Path, batch: str) -> Path:
    """A batch's folder. Raises `BatchRefused` (`batch.unknown`) for a text that is no id."""
    if not _ID.fullmatch(batch):
        raise BatchRefused("batch.unknown")
    return data / FOLDER / batch


def remove(data: Path, batch: str) -> None:
    """Delete a batch's folder, if there is one."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder_of(data, batch))


def tidy(data: Path, needed: Iterable[str]) -> int:
    """Delete every folder whose batch does not need it; how many there were."""
    keep, gone = set(needed), 0
    with suppress(FileNotFoundError):
        for folder in (data / FOLDER).iterdir():
            if _ID.fullmatch(folder.name) and folder.name not in keep:
                remove(data, folder.name)
                gone += 1
    return gone
