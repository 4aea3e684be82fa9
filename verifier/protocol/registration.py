"""How a terminal brings its key: proved to be its own, with a code, or signed by the old key."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from pydantic import Field, StringConstraints, ValidationError

from . import jose
from .claim import Message
from .errors import refusal
from .values import Code, Id, UtcTime, sha256_b64url

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


# A practitioner's phone


class PhoneKeyProof(Message):
    """What a phone's new key signs: itself, and the code for which it is brought."""

    about: str = Field(max_length=64, description="The digest of the code.")
    x: str = Field(max_length=64, description="The public key's own `x`.")
    y: str = Field(max_length=64, description="The public key's own `y`.")


class PhoneEnrolment(Message):
    """Body of `POST /v1/practice/phone/enrolments`."""

    public_jwk: KeyMembers = Field(description="P-256: kty, crv, x and y.")
    proof: str = Field(max_length=1024, description="Compact JWS over a `PhoneKeyProof`.")
    code: str = Field(max_length=64, description="One-time, of the practitioner.")
    site_code: str = Field(max_length=200, description="As a terminal of a site shows it now.")


class PhoneAsked(Message):
    """绑定手机: who was just recognised by face at this terminal wants to enrol a phone."""

    receipt_id: Id = Field(description="Of the receipt over the claim that proved who it is.")


class PhoneInvited(Message):
    """A one-time code for the phone of just that practitioner; an earlier one counts no more."""

    code: str
    expires_at: UtcTime


class PhoneEnrolled(Message):
    """Whose phone it is from now on."""

    phone: Id
    institution: str
    site: str = Field(description="Where it was enrolled, by name.")
    code: str = Field(description="The practitioner's, as the insurance platform knows them.")


def bring_phone(key: ECKey, code: str, site_code: str) -> PhoneEnrolment:
    """What a phone sends to be enrolled."""
    public = key.as_dict(private=False)
    members = {name: str(public[name]) for name in ("kty", "crv", "x", "y")}
    said = PhoneKeyProof(about=about_code(code), x=members["x"], y=members["y"])
    proof = jose.sign(jose.PHONE_KEY_PROOF, "new", said.model_dump_json().encode(), key)
    return PhoneEnrolment(public_jwk=members, proof=proof, code=code, site_code=site_code)


def check_phone(brought: PhoneEnrolment) -> None:
    """Raise `Refused` with `auth.invalid` unless the key signed itself for just this code."""
    try:
        members = brought.public_jwk
        if set(members) != {"kty", "crv", "x", "y"} or members["crv"] != "P-256":
            raise ValueError("not the public members of a P-256 key")
        key = ECKey.import_key(dict(members))
        payload = jose.verify(jose.PHONE_KEY_PROOF, brought.proof, {"new": key}.get)
        proof = PhoneKeyProof.model_validate_json(payload)
    except (jose.BadSignature, JoseError, ValidationError, ValueError, json.JSONDecodeError):
        raise refusal("auth.invalid", note="no proof that the key is the sender's") from None
    if (proof.about, proof.x, proof.y) != (about_code(brought.code), members["x"], members["y"]):
        raise refusal("auth.invalid", note="the proof is for something else")
