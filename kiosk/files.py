"""Small private files that survive a power cut."""

import os
from pathlib import Path

PRIVATE = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` atomically: 0600 from its first byte, on disk before it takes the old one's
    name.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        _write_all(descriptor, data)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_folder(path.parent)


def append_private(path: Path, data: bytes) -> None:
    """Append to `path` (0600) and wait until it is on disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
    try:
        _write_all(descriptor, data)
    finally:
        os.close(descriptor)


def is_private(path: Path) -> bool:
    """Whether only the owner may use the file. Windows keeps this in access lists, not modes."""
    return os.name == "nt" or path.stat().st_mode & 0o077 == 0


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the folder's names are on disk."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
