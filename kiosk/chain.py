"""The terminal's memory of its claims: a counter that only grows, and the hash of its last recorded
claim.

Both are on disk before a claim leaves, so that a terminal that loses power never signs two claims
with one counter.
"""

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verifier.protocol.values import Digest

from .errors import AlreadyRunning, ChainUnreadable
from .files import write_private


class Link(BaseModel):
    """What the next claim builds on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    counter: int = Field(default=0, ge=0, lt=2**53, description="Of the last claim made.")
    previous: Digest | None = Field(default=None, description="Of the last recorded claim.")
    pending: Digest | None = Field(default=None, description="Sent, and not known to be recorded.")


class Chain:
    """One terminal's chain in one file. Only one process may hold it at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.link = _read(path)
        self._lock = _Lock(path.with_suffix(".lock"))

    def __enter__(self) -> Self:
        """Raises `AlreadyRunning` where another process holds the chain."""
        self._lock.acquire()
        self.link = _read(self._path)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def next_counter(self) -> int:
        """The counter that the next claim carries."""
        return self.link.counter + 1

    def about_to_send(self, counter: int, claim: str) -> None:
        """Write down a claim's counter and hash. Returns when they are on disk."""
        self._store(Link(counter=counter, previous=self.link.previous, pending=claim))

    def recorded(self, claim: str) -> None:
        """The verifier stored a result for this claim: the next one names it."""
        self._store(Link(counter=self.link.counter, previous=claim))

    def not_recorded(self) -> None:
        """The verifier will never record the pending claim: the next one goes on without it."""
        self._store(Link(counter=self.link.counter, previous=self.link.previous))

    def _store(self, link: Link) -> None:
        write_private(self._path, link.model_dump_json().encode())
        self.link = link


def _read(path: Path) -> Link:
    try:
        return Link.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Link()
    except (ValidationError, ValueError):
        raise ChainUnreadable(f"{path} is damaged") from None


class _Lock:
    """An advisory lock that the system drops with the process; none on Windows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise AlreadyRunning("another agent uses this terminal's key") from None
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
