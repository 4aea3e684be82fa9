"""Who this terminal is: its id, its institution, its verifier and its signing key, in one 0600
file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, ValidationError

from verifier.protocol.jose import Signer
from verifier.protocol.values import Id

from .errors import IdentityExposed, IdentityMissing, IdentityTaken, IdentityUnreadable
from .files import is_private, write_private


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    terminal: Id | None = None
    institution: str
    verifier_url: str
    key: dict[str, str]
    next: dict[str, str] | None = None
    """A key that is being brought to the verifier, until it is known to be there."""


@dataclass(frozen=True)
class TerminalIdentity:
    """One registered terminal. The private key (Ed25519) never shows in a `repr`."""

    terminal: str
    institution: str
    verifier_url: str
    key: OKPKey | Signer = field(repr=False)
    """From the file; or one that a chip holds, put in its place where the agent is composed."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises `IdentityMissing`, `IdentityExposed` or `IdentityUnreadable`."""
        stored = _read(path)
        return cls._of(stored, stored.key, path)

    @classmethod
    def _of(cls, stored: _File, members: dict[str, str], path: Path) -> Self:
        if stored.terminal is None:
            raise IdentityMissing(f"{path} has a key, and no terminal's id yet: register it")
        key = _imported({**members, "kid": stored.terminal}, path)
        return cls(stored.terminal, stored.institution, stored.verifier_url.rstrip("/"), key)

    @classmethod
    def unregistered_key(cls, path: Path) -> OKPKey:
        """The key of a file without an id. Raises as `load` does, and `IdentityTaken`."""
        stored = _read(path)
        if stored.terminal is not None:
            raise IdentityTaken(f"{path} is terminal {stored.terminal} already")
        return _imported(stored.key, path)

    @classmethod
    def has_next(cls, path: Path) -> bool:
        """Whether a rotation was begun and not finished. Raises as `load` does."""
        return _read(path).next is not None

    @classmethod
    def with_next(cls, path: Path) -> Self:
        """This terminal with its coming key, which is made and on disk now if there is none."""
        stored = _read(path)
        if stored.next is None:
            stored = stored.model_copy(update={"next": _fresh()})
            write_private(path, stored.model_dump_json().encode())
        return cls._of(stored, stored.next or {}, path)

    @classmethod
    def take_next(cls, path: Path) -> Self:
        """The coming key in place of the old one, which is forgotten. Raises as `load` does."""
        stored = _read(path)
        if stored.next is not None:
            stored = stored.model_copy(update={"key": stored.next, "next": None})
            write_private(path, stored.model_dump_json().encode())
        return cls.load(path)

    @classmethod
    def create(cls, path: Path, institution: str, verifier_url: str) -> dict[str, Any]:
        """Make a key and its file; gives the public JWK, for which the verifier gives an id."""
        members = _fresh()
        stored = _File(institution=institution, verifier_url=verifier_url, key=members)
        write_private(path, stored.model_dump_json().encode())
        return dict(_imported(members, path).as_dict(private=False))

    @classmethod
    def register(cls, path: Path, terminal: str, **said: str) -> Self:
        """Write down the id that the verifier gave to this key, and what else it said.

        Raises as `load` does.
        """
        try:
            stored = _File.model_validate({**_read(path).model_dump(), "terminal": terminal} | said)
        except ValidationError:
            raise IdentityUnreadable("a terminal's id has 22 characters") from None
        write_private(path, stored.model_dump_json().encode())
        return cls.load(path)

    @classmethod
    def move(cls, path: Path, verifier_url: str) -> Self:
        """Write down the verifier's new address; key and id stay. Raises as `load` does."""
        stored = _read(path).model_copy(update={"verifier_url": verifier_url})
        write_private(path, stored.model_dump_json().encode())
        return cls.load(path)

    def public_jwk(self) -> dict[str, Any]:
        """What the verifier may know."""
        if not isinstance(self.key, OKPKey):
            raise IdentityUnreadable("the key is a module's: ask the module for its public half")
        return dict(self.key.as_dict(private=False))


def _fresh() -> dict[str, str]:
    key = OKPKey.generate_key("Ed25519", private=True)
    return {name: str(value) for name, value in key.as_dict(private=True).items()}


def _imported(members: Mapping[str, str], path: Path) -> OKPKey:
    try:
        key = OKPKey.import_key({**members})
    except (JoseError, ValueError, KeyError, TypeError):
        raise IdentityUnreadable(f"{path} holds no key") from None
    if key.curve_name != "Ed25519" or not key.is_private:
        raise IdentityUnreadable(f"{path} holds no Ed25519 private key")
    return key


def _read(path: Path) -> _File:
    if not path.is_file():
        raise IdentityMissing(f"no terminal key at {path}; register this terminal first")
    if not is_private(path):
        raise IdentityExposed(f"{path} can be read by others; chmod 600 or register anew")
    try:
        return _File.model_validate_json(path.read_bytes())
    except (ValidationError, ValueError):
        raise IdentityUnreadable(f"{path} is no terminal's key file") from None
