"""What is gone for good: a signed list beside the keys, outside the database and its back-ups.

A back-up from before an erasure holds what was erased. So each erasure and withdrawal also stands
here, one signed line each, every line naming the digest of the one before; who restores a back-up
does them again before anything is answered. A line holds ids and a time, nothing readable.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from verifier.protocol import jose
from verifier.protocol.values import sha256_b64url

from .keys import KeyRing

FILE_NAME = "erasures.jws"


class ErasuresBroken(Exception):
    """A line of the list is not as it was written. `str()` says which."""

    code = "erasures.broken"


class Erasure(BaseModel):
    """One line.

    Attributes:
        previous: digest of the line before; empty for the first.
        kind: `withdrawn`, the face went; `erased`, everything readable went.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    previous: str
    institution: str
    kind: Literal["withdrawn", "erased"]
    person: str
    at: datetime


@dataclass(frozen=True)
class ErasureList:
    """The list of one key ring."""

    path: Path
    key: jose.SigningKey

    @classmethod
    def of(cls, keyring: KeyRing) -> Self | None:
        """Beside the ring's file; None for a ring in memory."""
        if keyring.folder is None:
            return None
        return cls(keyring.folder / FILE_NAME, keyring.signing_key("erasure"))

    def add(
        self, institution: str, kind: Literal["withdrawn", "erased"], person: str, at: datetime
    ) -> None:
        """Write a line and wait for the disk. Raises `ErasuresBroken`, `OSError`."""
        with self._held() as descriptor:
            lines = _lines(descriptor)
            line = Erasure(
                previous=sha256_b64url(lines[-1]) if lines else "",
                institution=institution,
                kind=kind,
                person=person,
                at=at,
            )
            said = line.model_dump_json().encode()
            compact = jose.sign(jose.ERASURE, self.key.kid or "", said, self.key)
            os.write(descriptor, compact.encode() + b"\n")
            os.fsync(descriptor)
            if not lines:
                self._keep_name()

    def read(self) -> list[Erasure]:
        """Every line, oldest first, checked. Raises `ErasuresBroken`."""
        if not self.path.exists():
            return []
        with self._held() as descriptor:
            lines = _lines(descriptor)
        found, previous = [], ""
        for number, line in enumerate(lines, 1):
            try:
                kid = self.key.kid or ""
                payload = jose.verify(jose.ERASURE, line.decode("ascii"), {kid: self.key}.get)
                one = Erasure.model_validate_json(payload)
            except (jose.BadSignature, ValidationError, UnicodeDecodeError) as error:
                raise ErasuresBroken(self._where(number)) from error
            if one.previous != previous:
                raise ErasuresBroken(self._where(number))
            found.append(one)
            previous = sha256_b64url(line)
        return found

    def _keep_name(self) -> None:
        """A new file's name is on the disk only when its folder is."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _where(self, number: int) -> str:
        return f"{self.path}: line {number} is not as it was written; bring the list back"

    @contextmanager
    def _held(self) -> Iterator[int]:
        """One writer or reader at a time, of whatever process."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


def _lines(descriptor: int) -> list[bytes]:
    """Whole lines; a last one that a crash cut short never counted, and is cut off."""
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, size, 0)
    whole = text.rfind(b"\n") + 1
    if whole < size:
        os.ftruncate(descriptor, whole)
    return text[:whole].splitlines()
