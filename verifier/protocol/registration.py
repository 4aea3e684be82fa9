"""How a terminal brings its key: proved to be its own, with a code, or signed by the old key."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, StringConstraints, ValidationError

from . import jose
from .claim import Message
from .errors import refusal
from .values import Code, Id, sha256_b64url

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011", "- ")

KeyMembers = dict[
    Annotated[str, StringConstraints(max_length=16)],
    Annotated[str, StringConstraints(max_length=128)],
]


class KeyProof(Message):
    """What the new key signs: itself, and what it is brought for."""

    about: str = Field(max_length=64, description="The terminal's id, or the digest of the code.")
    x: str = Field(max_length=64, description="The public key's own `x`.")


class BroughtKey(Message):
    """Body of `POST /v1/terminals/self/key`."""

    public_jwk: KeyMembers = Field(description="Ed25519: kty, crv and x.")
    proof: str = Field(max_length=1024, description="Compact JWS over a `KeyProof` by this key.")


class RegistrationRequest(BroughtKey):
    """Body of `POST /v1/terminals`."""

    code: str = Field(max_length=64, description="As printed by the verifier; hyphens may go.")


class Registered(Message):
    """Answer of both: what the terminal is from now on."""

    terminal: Id
    institution: str
    site: str
    label: str
    purposes: list[Code]


def normalised(code: str) -> str:
    """A code as it was meant: capitals, O and I and L read as digits, no hyphens (Crockford)."""
    return code.strip().upper().translate(_READ_AS)


def code_of(number: int) -> str:
    """80 bits in Crockford's base32, groups of four."""
    digits = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(16)))
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def about_code(code: str) -> str:
    """What a registration's proof names, so that it serves for one code only."""
    return sha256_b64url(normalised(code).encode())


def public_members(key: OKPKey) -> dict[str, str]:
    """The three members that make the public key."""
    public = key.as_dict(private=False)
    return {name: str(public[name]) for name in ("kty", "crv", "x")}


def bring(key: OKPKey, about: str) -> BroughtKey:
    """The public key with its proof."""
    members = public_members(key)
    payload = KeyProof(about=about, x=members["x"]).model_dump_json().encode()
    return BroughtKey(public_jwk=members, proof=jose.sign(jose.KEY_PROOF, "new", payload, key))


def check_brought(brought: BroughtKey, about: str) -> None:
    """Raise `Refused` with `auth.invalid` unless the key signed itself for just this."""
    try:
        key = OKPKey.import_key(_public(brought.public_jwk))
        payload = jose.verify(jose.KEY_PROOF, brought.proof, {"new": key}.get)
        proof = KeyProof.model_validate_json(payload)
    except (jose.BadSignature, JoseError, ValidationError, ValueError, json.JSONDecodeError):
        raise refusal("auth.invalid", note="no proof that the key is the sender's") from None
    if (proof.about, proof.x) != (about, brought.public_jwk.get("x")):
        raise refusal("auth.invalid", note="the proof is for something else")


def _public(members: Mapping[str, Any]) -> dict[str, Any]:
    if set(members) != {"kty", "crv", "x"} or members["crv"] != "Ed25519":
        raise ValueError("not the public members of an Ed25519 key")
    return dict(members)
