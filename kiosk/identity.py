"""Who this terminal is: its id, its institution, its verifier and its signing key, in one 0600
file.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, ValidationError

from verifier.protocol.values import Id

from .errors import IdentityExposed, IdentityMissing, IdentityUnreadable
from .files import is_private, write_private


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    terminal: Id | None = None
    institution: str
    verifier_url: str
    key: dict[str, str]


@dataclass(frozen=True)
class TerminalIdentity:
    """One registered terminal. The private key (Ed25519) never shows in a `repr`."""

    terminal: str
    institution: str
    verifier_url: str
    key: OKPKey = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises `IdentityMissing`, `IdentityExposed` or `IdentityUnreadable`."""
        stored = _read(path)
        if stored.terminal is None:
            raise IdentityMissing(f"{path} has a key, and no terminal's id yet: register it")
        try:
            key = OKPKey.import_key({**stored.key, "kid": stored.terminal})
        except (JoseError, ValueError, KeyError, TypeError):
            raise IdentityUnreadable(f"{path} holds no key") from None
        if key.curve_name != "Ed25519" or not key.is_private:
            raise IdentityUnreadable(f"{path} holds no Ed25519 private key")
        return cls(stored.terminal, stored.institution, stored.verifier_url.rstrip("/"), key)

    @classmethod
    def create(cls, path: Path, institution: str, verifier_url: str) -> dict[str, Any]:
        """Make a key and its file; gives the public JWK, for which the verifier gives an id."""
        key = OKPKey.generate_key("Ed25519", private=True)
        stored = _File(
            institution=institution,
            verifier_url=verifier_url,
            key={name: str(value) for name, value in key.as_dict(private=True).items()},
        )
        write_private(path, stored.model_dump_json().encode())
        return dict(key.as_dict(private=False))

    @classmethod
    def register(cls, path: Path, terminal: str) -> Self:
        """Write down the id that the verifier gave to this key. Raises as `load` does."""
        try:
            stored = _File.model_validate({**_read(path).model_dump(), "terminal": terminal})
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
        return dict(self.key.as_dict(private=False))


def _read(path: Path) -> _File:
    if not path.is_file():
        raise IdentityMissing(f"no terminal key at {path}; register this terminal first")
    if not is_private(path):
        raise IdentityExposed(f"{path} can be read by others; chmod 600 or register anew")
    try:
        return _File.model_validate_json(path.read_bytes())
    except (ValidationError, ValueError):
        raise IdentityUnreadable(f"{path} is no terminal's key file") from None
