"""What a HIS sends of expected visits, and what it hears of decisions (`docs/his-feeds.md`)."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from .claim import Message
from .values import Assurance, Code, Id, Outcome, UtcTime

MOST_ITEMS = 1000
"""Items of one request."""
LONGEST = timedelta(days=400)
"""Of a validity that has an end."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"

ExternalId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
"""The HIS's own number of a thing. No person's name and no ID number."""
Name = Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=64, strip_whitespace=True)]
Bed = Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=32, strip_whitespace=True)]


class Kind(StrEnum):
    """What a person is expected for, as it stands in the address."""

    APPOINTMENTS = "appointments"
    """预约"""
    ADMISSION_ORDERS = "admission-orders"
    """住院证"""
    INPATIENTS = "inpatients"
    """在院"""
    DISPENSING = "dispensing"
    """待发药"""


class VisitState(StrEnum):
    """Where it stands at the source; `planned` until it is over, for an inpatient too."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    DONE = "done"


class PersonNumber(Message):
    """Whose visit it is, by a number. Only its keyed hash is kept."""

    kind: Literal[
        "resident_id", "social_security_card", "passport", "permit", "birth_certificate",
        "household_register", "temporary_id", "hospital_number",
    ]  # fmt: skip
    number: Annotated[
        str, StringConstraints(pattern=_PRINTABLE, max_length=64, strip_whitespace=True)
    ] = Field(repr=False)


class Item(Message):
    """One appointment, admission order, inpatient or dispensing, as it stands now.

    Attributes:
        version: grows with each change at the source: a counter, or the time of the change. A
            message with a smaller one never overwrites. One source uses one of the two forms.
    """

    external_id: ExternalId
    person: PersonNumber
    department: Name
    place: Name | None = None
    ward: Name | None = None
    bed: Bed | None = None
    valid_from: UtcTime
    valid_to: UtcTime | None = Field(default=None, description="An inpatient's may be open.")
    state: VisitState = VisitState.PLANNED
    version: Annotated[int, Field(strict=True, ge=0, lt=2**53)] | UtcTime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        end = self.valid_to
        if end is not None and not timedelta() < end - self.valid_from <= LONGEST:
            raise ValueError("valid_to lies after valid_from, by 400 days at most")
        return self

    @property
    def order(self) -> int:
        """The version as a number: the counter, or microseconds since 1970."""
        if isinstance(self.version, int):
            return self.version
        return (self.version - _EPOCH) // _MICROSECOND


class Items(Message):
    """The body of `PUT /v1/his/…`. An empty list says that nothing changed until now."""

    items: Annotated[list[Item], Field(max_length=MOST_ITEMS)]


class RawItems(Message):
    """The same, before each item is looked at: one that is malformed does not lose the others."""

    items: Annotated[list[dict[str, Any]], Field(max_length=MOST_ITEMS)]


class ItemResult(Message):
    """What became of one item.

    Attributes:
        result: `older`: a newer version stood there and stays. `same_version`: another text under
            this version was there; of the two one stands, whichever came first.
        field: where it is malformed, never what stood there.
    """

    index: int = Field(ge=0, lt=MOST_ITEMS)
    external_id: ExternalId | None
    result: Literal["created", "changed", "unchanged", "older", "same_version", "refused"]
    code: Code | None = None
    field: str | None = None


class Results(Message):
    """Answer of `PUT /v1/his/…`: one result for each item, in their order."""

    taken: int = Field(ge=0, description="All but the refused ones.")
    refused: int = Field(ge=0)
    results: list[ItemResult]


class FeedState(Message):
    """How fresh one kind is, and how much of it counts at this moment."""

    kind: Kind
    heard_at: UtcTime | None = Field(description="The last message, though nothing was new in it.")
    changed_at: UtcTime | None
    current: int = Field(ge=0, description="Planned and valid now.")


class Feeds(Message):
    """Every kind."""

    feeds: list[FeedState]


class Expected(Message):
    """A HIS's own number of what the person was expected for at that moment."""

    kind: Kind
    external_id: ExternalId


class DecidedNow(Message):
    """A decision as a HIS hears of it: ids and codes. It sets a settlement flag, nothing else.

    Attributes:
        sub: the person's pairwise name, as in receipts; null where nobody is registered.
        expected: what the person was expected for, by the HIS's own numbers.
    """

    decision: Id
    receipt: Id | None
    visit: Id
    purpose: Code
    outcome: Outcome
    reasons: list[Code]
    assurance: Assurance | None
    sub: str | None
    simulated: bool
    decided_at: UtcTime
    expected: list[Expected]


class Decisions(Message):
    """A page of decisions, oldest first, and from where to go on."""

    decisions: list[DecidedNow]
    cursor: str


class Told(Message):
    """The payload of a webhook: a JWS (`shualian-webhook+jwt`, ES256) from the published keys.

    Attributes:
        jti: the delivery's; the same when it comes again.
    """

    iss: str
    aud: str
    jti: Id
    iat: int
    event: Literal["decision.made", "webhook.tried"]
    data: DecidedNow | None = None
