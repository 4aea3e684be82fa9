"""Small values that every message uses: identifiers, times, digests, the words of a decision."""

import base64
import hashlib
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22}$")]
"""128 random bits, base64url without padding: 22 characters."""

Digest = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""SHA-256, base64url without padding: 43 characters."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=64)]
"""A stable code: lower-case words joined by `_`, rooms joined by `.`."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar in UTC") from None


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""RFC 3339 with an offset; kept in UTC."""


class Outcome(StrEnum):
    """What a decision says about identity, never about treatment."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETRY = "retry"
    REFER = "refer"


class Assurance(StrEnum):
    """On what an identity rests (DESIGN §2, Decision)."""

    CARD_UNAUTHENTICATED = "card_unauthenticated"
    CARD = "card"
    CARD_CHIP_PHOTO = "card+chip_photo"
    CARD_FACE = "card+face"
    FACE = "face"
    COUNTER_DOCUMENT = "counter_document"


class Liveness(StrEnum):
    """The answer of presentation attack detection (ISO/IEC 30107-3)."""

    NOT_ASSESSED = "not_assessed"
    BONA_FIDE = "bona_fide"
    ATTACK = "attack"


class Consent(StrEnum):
    """The legal basis on which a face was captured, or that none was."""

    SEPARATE = "separate"
    """The person touched «agree» at this terminal, in this visit (单独同意)."""
    STANDING = "standing"
    """An earlier separate consent, recorded at enrolment, still in force."""
    GUARDIAN = "guardian"
    """A guardian agreed for a person under 14."""
    PHONE = "phone"
    """A practitioner agreed to a face taken by the own phone; it stands for nothing else."""
    NO_FACE = "no_face"
    """The person chose a way without a face; no capture may be present."""


def new_id() -> str:
    """128 bits from the system's generator, base64url, 22 characters.

    None begins with a hyphen, which a command line would take for an option.
    """
    while (made := b64url(secrets.token_bytes(16))).startswith("-"):
        continue
    return made


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_b64url(text: str) -> bytes:
    """The inverse of `b64url`. Raises `ValueError` on other characters."""
    if not text.isascii() or any(other in text for other in "+/="):
        raise ValueError("not base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


_READABLE = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""No I, O, 0 or 1: read from a slip, said aloud, typed at a counter."""


def visit_number(visit: str) -> str:
    """A visit's number for people: six characters, the same on the slip and at the counter."""
    digest = hashlib.sha256(visit.encode()).digest()
    return "".join(_READABLE[byte % len(_READABLE)] for byte in digest[:6])


def sha256_b64url(data: bytes) -> str:
    """SHA-256 of `data` as base64url, 43 characters."""
    return b64url(hashlib.sha256(data).digest())


def now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)
