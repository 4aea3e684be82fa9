"""What a clerk saw: a document typed by hand, or read by the desk's own reader. Pure."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from codes import id_number
from codes.errors import InvalidCode
from verifier.decision import terms
from verifier.protocol.claim import CredentialReading
from verifier.protocol.errors import Refused

from .errors import CounterRefused

KINDS = (
    "resident_id",
    "social_security_card",
    "household_register",
    "birth_certificate",
    "passport",
    "permit",
    "temporary_id",
    "hospital_number",
)
"""Documents of a counter, the commonest first."""

BY_CITIZENS_NUMBER = frozenset({"resident_id", "social_security_card", "household_register"})
"""Those whose number is the 公民身份号码, so that its check character can be looked at."""

_OTHER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,31}")


@dataclass(frozen=True)
class Document:
    """One document of one person. Number and name do not show in a repr.

    Attributes:
        name: as a reader read it; None where the clerk typed the number.
    """

    kind: str
    number: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    by_reader: bool = False
    simulated: bool = False

    @property
    def registered_as(self) -> str:
        """Under which kind of number its holder is registered."""
        return "resident_id" if self.kind in BY_CITIZENS_NUMBER else self.kind


def typed(kind: str, number: str) -> Document:
    """A document whose number the clerk typed. Raises `CounterRefused` with
    `counter.number_malformed`."""
    said = number.strip().upper().replace(" ", "")
    if kind not in KINDS:
        raise CounterRefused("counter.number_malformed", "another kind")
    if kind in BY_CITIZENS_NUMBER:
        try:
            said = id_number.parse(said).number
        except InvalidCode as error:
            raise CounterRefused("counter.number_malformed", error.code) from None
    elif not _OTHER.fullmatch(said):
        raise CounterRefused("counter.number_malformed")
    return Document(kind, said)


def read(reading: CredentialReading, at: datetime) -> Document:
    """A document that the desk's reader read.

    Raises `CounterRefused`: `counter.number_malformed`, also for a code, which stands for a person
    only at its platform, and `counter.document_expired`.
    """
    if reading.kind not in KINDS:
        raise CounterRefused("counter.number_malformed", "a code")
    try:
        number, over = terms.number_of(reading), terms.is_expired(reading, at)
    except Refused as refused:
        raise CounterRefused("counter.number_malformed", refused.note) from None
    if over:
        raise CounterRefused("counter.document_expired")
    name = reading.fields.get("name") or None
    return Document(reading.kind, number, name, by_reader=True, simulated=reading.simulated)
