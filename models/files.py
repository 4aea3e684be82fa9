"""Files that are either whole or absent: temporary file in the same folder, fsync, rename."""

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import CacheUnwritable, DiskFull

_BLOCK = 1 << 20

_MODE = 0o644
"""Weights are public; mkstemp would hide them from other users of a shared cache."""


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file so that it is there whole, or not at all, whatever happens.

    Raises:
        DiskFull: the disk, or the quota, has no room.
        CacheUnwritable: the folder cannot be written.
    """
    with disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                settle(file)
            Path(name).chmod(_MODE)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file, a megabyte at a time."""
    while block := file.read(_BLOCK):
        yield block


def settle(file: BinaryIO) -> None:
    """Bring a file's bytes onto the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a rename onto the disk, where the system lets one open a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def disk(path: Path) -> Iterator[None]:
    """Turn the system's errors on writing into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise DiskFull(f"no room left on the disk for {path.name}") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}:
            raise CacheUnwritable(f"the folder for {path.name} cannot be written") from error
        raise
