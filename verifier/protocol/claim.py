"""What a terminal says: the claim, and the evidence sealed inside it.

The outer claim holds ids, times and the legal basis only. Whatever is personal (the credential's
fields, the face) is sealed to the verifier's key, so that nothing between the two machines can read
it, and so that a claim without a legal basis is refused while its evidence is still closed.
"""

import struct
from typing import Annotated, Literal, Self

from joserfc.jwk import OKPKey
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from . import jose
from .errors import refusal
from .values import Code, Consent, Digest, Id, Liveness, UtcTime, b64url, from_b64url, sha256_b64url

CROP_SIDE = 112
MAX_CROPS = 5
MAX_CONTEXT_CROPS = 8
MAX_PICTURE_BYTES = 400_000

Base64 = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$", max_length=MAX_PICTURE_BYTES * 4 // 3 + 4)
]


class Message(BaseModel):
    """Strict and immutable: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class LegalBasis(Message):
    """Which notice the person was shown, what they chose, and when they touched it."""

    notice_version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")
    consent: Consent
    touched_at: UtcTime


class CredentialReading(Message):
    """One credential as a device read it. `fields` are the device's own, by their English names."""

    kind: Literal[
        "resident_id",
        "social_security_card",
        "nhsa_qr",
        "e_social_card",
        "passport",
        "permit",
        "birth_certificate",
        "household_register",
        "temporary_id",
        "hospital_number",
    ]
    fields: dict[Code, Annotated[str, StringConstraints(max_length=512)]]
    device: str = Field(max_length=64)
    read_at: UtcTime
    authenticated: bool
    simulated: bool


class Narrowing(Message):
    """What a person without a card gave so that 1:N searches few people.

    Who gives nothing is searched for among those who are expected, where the policy lets that.
    """

    last_four: str | None = Field(
        default=None,
        pattern=r"^[0-9]{3}[0-9X]$",
        description="Last four characters of the ID number.",
    )
    department: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="Where the person is expected, as the HIS calls it.",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.last_four is None) == (self.department is None):
            raise ValueError("last_four or department")
        return self


class Crop(Message):
    """An aligned 112x112 face, lossless PNG (base64url), and the terminal's embedding of it."""

    png: Base64
    embedding: Base64 = Field(
        description="Unit vector, little-endian float32, base64url, no mirror averaging."
    )
    quality: float = Field(ge=0, le=1)

    @field_validator("embedding")
    @classmethod
    def _whole_floats(cls, value: str) -> str:
        raw = from_b64url(value)
        if not raw or len(raw) % 4 or len(raw) > 4096:
            raise ValueError("not a vector of float32")
        return value

    def vector(self) -> tuple[float, ...]:
        """The terminal's embedding, D values."""
        raw = from_b64url(self.embedding)
        return struct.unpack(f"<{len(raw) // 4}f", raw)


class TrackPoint(Message):
    """One frame's raw landmarks: milliseconds since the capture began, five (x, y) in pixels."""

    at_ms: int = Field(ge=0, le=600_000)
    landmarks: Annotated[list[tuple[float, float]], Field(min_length=5, max_length=5)]


class LivenessStep(Message):
    """One revealed step of the challenge's script and when it was shown and answered."""

    step: Code
    shown_ms: int = Field(ge=0, le=600_000)
    answered_ms: int | None = Field(default=None, ge=0, le=600_000)


class Capture(Message):
    """One person in front of a camera. Never whole video.

    Context crops, tracks and steps are for presentation attack detection; until the policy judges
    it they stay empty, since what is not used is not sent.
    """

    pack: str = Field(max_length=64, description="Name of the terminal's model pack.")
    pack_digest: Digest
    camera: str = Field(max_length=64)
    simulated: bool
    captured_at: UtcTime
    crops: Annotated[list[Crop], Field(min_length=1, max_length=MAX_CROPS)]
    context_crops: Annotated[list[Base64], Field(max_length=MAX_CONTEXT_CROPS)] = []
    tracks: Annotated[list[TrackPoint], Field(max_length=900)] = []
    liveness: Liveness = Liveness.NOT_ASSESSED
    liveness_steps: Annotated[list[LivenessStep], Field(max_length=16)] = []


class Evidence(Message):
    """What is sealed: a credential, a narrowing or nothing, and a face or none."""

    reading: CredentialReading | None = None
    narrowing: Narrowing | None = None
    capture: Capture | None = None
    chip_photo: Crop | None = Field(
        default=None,
        description="The face of the photo on the card's chip, for a live face to be compared with "
        "where nobody is enrolled. Judged in memory and kept nowhere.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.reading is not None and self.narrowing is not None:
            raise ValueError("a reading needs no narrowing")
        if self.chip_photo is not None and (self.reading is None or self.capture is None):
            raise ValueError("a chip's photo comes with its card and a live face")
        return self

    def sealed(self, recipient: OKPKey) -> str:
        """Compact JWE to the verifier's key."""
        return jose.seal(self.model_dump_json(exclude_none=True).encode(), recipient)

    @classmethod
    def unseal(cls, compact: str, key: OKPKey) -> Self:
        """Raises `Refused` with `evidence.unreadable` or `evidence.malformed`."""
        try:
            plaintext = jose.open_sealed(compact, key)
        except jose.BadSeal as error:
            raise refusal("evidence.unreadable") from error
        try:
            return cls.model_validate_json(plaintext)
        except ValidationError as error:
            raise refusal("evidence.malformed", note=where(error)) from None


class Claim(Message):
    """The signed statement of one visit step over one challenge."""

    v: Literal[1] = 1
    aud: str = Field(max_length=32, description="Institution code.")
    terminal: Id
    challenge: Id
    visit: Id
    purpose: Code
    mode: Literal["central", "on_device"]
    counter: int = Field(ge=1, lt=2**53)
    previous: Digest | None = Field(description="Hash of the terminal's last recorded claim.")
    created_at: UtcTime = Field(description="By the terminal's clock; recorded, never trusted.")
    legal_basis: LegalBasis | None = None
    evidence: str = Field(max_length=jose.MAX_SIGNED_BYTES, description="Compact JWE of Evidence.")
    ticket: str | None = Field(
        default=None,
        max_length=2048,
        description="The signed ticket that stands in for the challenge, where one does.",
    )

    def signed(self, key: OKPKey | jose.Signer) -> str:
        """Compact JWS; its `kid` is the terminal's id."""
        return jose.sign(
            jose.CLAIM, self.terminal, self.model_dump_json(exclude_none=False).encode(), key
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """A claim from a verified payload. Raises `Refused` with `claim.malformed`."""
        try:
            return cls.model_validate_json(payload)
        except ValidationError as error:
            raise refusal("claim.malformed", note=where(error)) from None


def claim_hash(compact: str) -> str:
    """SHA-256 of the compact claim as it stood on the wire, base64url."""
    return sha256_b64url(compact.encode("ascii", "replace"))


def pack_vector(values: "list[float] | tuple[float, ...]") -> str:
    """D values as little-endian float32, base64url."""
    return b64url(struct.pack(f"<{len(values)}f", *values))


def where(error: ValidationError) -> str:
    """The places and kinds of a validation error without its values, which may be personal."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc']))}: {e['type']}"
        for e in error.errors(include_input=False)[:5]
    )
