"""What is gone or stopped for good: a signed list beside the keys, outside the back-ups.

A back-up from before an erasure holds what was erased, and a terminal that was revoked since is in
it as it was. So each erasure, withdrawal and stop also stands here, one signed line each, every
line naming the digest of the one before; who restores a back-up does them again before anything is
answered. A line holds ids and a time, nothing readable. `listing` keeps the same lines in the
database, so that neither copy can lose its end unseen while the other is there.
"""

import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from verifier.protocol import jose
from verifier.protocol.values import from_b64url, sha256_b64url

from .keys import KeyRing

FILE_NAME = "erasures.jws"

Kind = Literal["begun", "withdrawn", "erased", "stopped"]


class ErasuresBroken(Exception):
    """The list is not as it was written. `str()` says where.

    Codes: `erasures.broken`, a line was changed, moved, or removed before others;
    `erasures.shorter`, it lacks lines that it is known to have had; `erasures.missing`.
    """

    def __init__(self, message: str, code: str = "erasures.broken") -> None:
        super().__init__(message)
        self.code = code


class Erasure(BaseModel):
    """One line.

    Attributes:
        previous: digest of the line before of this institution; empty for the first.
        kind: `begun`, the list is there; `withdrawn`, the face went; `erased`, everything readable
            went; `stopped`, somebody or something may do less than before.
        subject: id of the person; for `stopped` of the terminal, account or client.
        act: for `stopped`, the kind of the ledger's entry.
        role: for a role that was taken away.
        leaf: for `stopped`, the leaf of the ledger's entry.
        consents: ids of the consents that were withdrawn.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    previous: str
    institution: str
    kind: Kind
    subject: str = Field(default="", validation_alias=AliasChoices("subject", "person"))
    at: datetime
    act: str = ""
    role: str = ""
    leaf: str = ""
    consents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """What a line is to say; see `Erasure`."""

    kind: Kind
    subject: str = ""
    act: str = ""
    role: str = ""
    leaf: str = ""
    consents: tuple[str, ...] = ()


@dataclass(frozen=True)
class ErasureList:
    """The list of one institution. Lines of others in the same file are left as they are."""

    path: Path
    key: jose.SigningKey
    institution: str

    @classmethod
    def of(cls, keyring: KeyRing, institution: str) -> Self | None:
        """Beside the ring's file; None for a ring in memory."""
        if keyring.folder is None:
            return None
        return cls(keyring.folder / FILE_NAME, keyring.signing_key("erasure"), institution)

    def add(self, said: Said, at: datetime) -> str:
        """Write a line and wait for the disk; the line. Raises `OSError`."""
        with self._held() as descriptor:
            lines = self._own(_lines(descriptor))
            previous = sha256_b64url(lines[-1]) if lines else ""
            made = Erasure(
                previous=previous, institution=self.institution, at=at, **dataclasses.asdict(said)
            )
            payload = made.model_dump_json(exclude_defaults=True).encode()
            line = jose.sign(jose.ERASURE, self.key.kid or "", payload, self.key)
            self._append(descriptor, [line.encode()])
        return line

    def lines(self) -> list[str]:
        """This institution's lines as they stand, oldest first, unchecked."""
        if not self.path.exists():
            return []
        with self._held() as descriptor:
            return [line.decode("ascii", "replace") for line in self._own(_lines(descriptor))]

    def extend(self, lines: Sequence[str]) -> None:
        """Put lines behind that a copy of the list had beyond it."""
        with self._held() as descriptor:
            self._append(descriptor, [line.encode() for line in lines])

    def read(self) -> list[Erasure]:
        """Every line, oldest first, checked. Raises `ErasuresBroken`."""
        return self.checked(self.lines())

    def checked(self, lines: Sequence[str]) -> list[Erasure]:
        """What these lines say, from the first on. Raises `ErasuresBroken`."""
        found, previous = [], ""
        for number, line in enumerate(lines, 1):
            one = self._opened(line)
            if one is None or one.previous != previous:
                raise ErasuresBroken(
                    f"{self.path}: line {number} is not as it was written; bring the list back"
                )
            found.append(one)
            previous = sha256_b64url(line.encode())
        return found

    def head(self) -> tuple[int, str]:
        """How many lines there are, and the digest of the last; empty where there is none."""
        lines = self.lines()
        return len(lines), sha256_b64url(lines[-1].encode()) if lines else ""

    def _opened(self, line: str) -> Erasure | None:
        try:
            payload = jose.verify(jose.ERASURE, line, {self.key.kid or "": self.key}.get)
            return Erasure.model_validate_json(payload)
        except (jose.BadSignature, ValidationError, UnicodeEncodeError):
            return None

    def _own(self, lines: Sequence[bytes]) -> list[bytes]:
        """Not those that say that they are another institution's."""
        return [line for line in lines if _institution(line) in (None, self.institution)]

    def _append(self, descriptor: int, lines: Sequence[bytes]) -> None:
        first = os.fstat(descriptor).st_size == 0
        os.write(descriptor, b"".join(line + b"\n" for line in lines))
        os.fsync(descriptor)
        if first:
            self._keep_name()

    def _keep_name(self) -> None:
        """A new file's name is on the disk only when its folder is."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _held(self) -> Iterator[int]:
        """One writer or reader at a time, of whatever process."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


def _institution(line: bytes) -> str | None:
    """As the line says, unchecked; None where it says none."""
    try:
        payload = json.loads(from_b64url(line.split(b".")[1].decode("ascii")))
        return str(payload["institution"])
    except (ValueError, LookupError, TypeError):
        return None


def _lines(descriptor: int) -> list[bytes]:
    """Whole lines; a last one that a crash cut short never counted, and is cut off."""
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, size, 0)
    whole = text.rfind(b"\n") + 1
    if whole < size:
        os.ftruncate(descriptor, whole)
    return text[:whole].splitlines()
