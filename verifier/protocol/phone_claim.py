"""A face from a practitioner's own phone: the consent, the question, the capture, the claim.

A browser has no face model and gets none, so a capture is pictures without crops, vectors or
landmarks: the verifier finds, aligns and embeds the face by itself.
"""

from typing import Annotated, Literal, Self

from joserfc.jwk import ECKey
from pydantic import Field, ValidationError

from . import jose
from .claim import Base64, Claim, LegalBasis, Message, where
from .errors import refusal
from .practice import PURPOSE
from .values import Code, Consent, Digest, Id, UtcTime

LEAST_FRAMES, MOST_FRAMES = 3, 8
MOST_SIDE = 320
"""Pixels of a picture's longer side."""


class PhoneFaceConsent(Message):
    """What the person touched on the phone's page, under which notice."""

    agree: bool
    notice_version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")


class PhoneChallenge(Message):
    """A single-use question to a phone whose holder agreed."""

    institution: str
    challenge: Id
    visit: Id
    expires_at: UtcTime
    notice_version: str
    seal_key: dict[str, str] = Field(description="Public JWK (P-256) to which a phone seals.")


class PhoneFrame(Message):
    """A picture with one face in the middle, lossless PNG (base64url), 320 pixels at most."""

    png: Base64
    at_ms: int = Field(ge=0, le=600_000, description="Since the capture began.")


class PhoneCapture(Message):
    """What is sealed: pictures of one moment, never whole video."""

    captured_at: UtcTime
    frames: Annotated[list[PhoneFrame], Field(min_length=LEAST_FRAMES, max_length=MOST_FRAMES)]

    def sealed(self, recipient: ECKey) -> str:
        """Compact JWE to the verifier's key for phones."""
        return jose.seal_for_phone(self.model_dump_json().encode(), recipient)

    @classmethod
    def unseal(cls, compact: str, key: ECKey) -> Self:
        """Raises `Refused` with `evidence.unreadable` or `evidence.malformed`."""
        try:
            plaintext = jose.open_from_phone(compact, key)
        except jose.BadSeal as error:
            raise refusal("evidence.unreadable") from error
        try:
            return cls.model_validate_json(plaintext)
        except ValidationError as error:
            raise refusal("evidence.malformed", note=where(error)) from None


class PhoneClaim(Message):
    """The signed statement of a phone over one challenge (`shualian-phone-claim+jws`, ES256)."""

    v: Literal[1] = 1
    aud: str = Field(max_length=32, description="Institution code.")
    terminal: Id
    challenge: Id
    visit: Id
    purpose: Code
    created_at: UtcTime = Field(description="By the phone's clock; recorded, never trusted.")
    notice_version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")
    touched_at: UtcTime
    evidence: str = Field(max_length=jose.MAX_SIGNED_BYTES, description="JWE of PhoneCapture.")

    def signed(self, key: ECKey) -> str:
        """Compact JWS; its `kid` is the phone's id."""
        payload = self.model_dump_json().encode()
        return jose.sign(jose.PHONE_CLAIM, self.terminal, payload, key)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """A claim from a verified payload. Raises `Refused` with `claim.malformed`."""
        try:
            found = cls.model_validate_json(payload)
        except ValidationError as error:
            raise refusal("claim.malformed", note=where(error)) from None
        if found.purpose != PURPOSE:
            raise refusal("purpose.unknown", note="a phone has one purpose")
        return found

    def following(self, counter: int, previous: Digest | None) -> Claim:
        """As it is recorded. A phone keeps no count: its place in the chain is the verifier's."""
        return Claim(
            aud=self.aud,
            terminal=self.terminal,
            challenge=self.challenge,
            visit=self.visit,
            purpose=self.purpose,
            mode="central",
            counter=counter,
            previous=previous,
            created_at=self.created_at,
            legal_basis=LegalBasis(
                notice_version=self.notice_version,
                consent=Consent.PHONE,
                touched_at=self.touched_at,
            ),
            evidence=self.evidence,
        )
