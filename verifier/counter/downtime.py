"""What the offline page (停机登记页) saved while the system was away, entered afterwards.

Each line was sealed in the desk's browser to this verifier's own key when it was typed, so that
nothing personal stood on the desk's disk. Each is entered for itself: one that cannot be leaves the
others as they are, and one that was entered before adds nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import Connection, Engine, text

from verifier.protocol import jose
from verifier.protocol.values import Code, UtcTime

from . import arriving, documents, items, resolving
from .deciding import Counter
from .errors import CounterRefused

SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""None that is taken for another in somebody's hand."""
LINE = re.compile(f"TJ[{SIGNS}]{{6}}-[0-9]{{2}}")
FORMAT = "shualian-downtime/1"
MAX_BYTES = 512 * 1024
NO_DOCUMENT = "none"
"""Treated first (先诊疗): nothing was seen, and nothing is proved."""

Outcome = Literal["entered", "treated_first", "before", "conflict", "unreadable", "purpose"]


class File(BaseModel):
    """What the page saved: nothing personal but what is sealed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["shualian-downtime/1"]
    institution: str = Field(max_length=32)
    sheet: str = Field(pattern=f"^TJ[{SIGNS}]{{6}}$")
    lines: Annotated[
        list[Annotated[str, StringConstraints(max_length=4096)]], Field(min_length=1, max_length=99)
    ]


class Line(BaseModel):
    """One sealed line. Its `repr` is never shown."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    line: str = Field(pattern=f"^{LINE.pattern}$")
    at: UtcTime
    purpose: Code
    document: str = Field(max_length=32)
    number: str = Field(default="", max_length=32, repr=False)


@dataclass(frozen=True)
class Row:
    """What became of one line.

    Attributes:
        number: of the line; empty where the line could not be opened.
        why: an `Outcome`, or the code of a `CounterRefused`.
        item: the visit at the counter, where there is one.
    """

    place: int
    number: str
    why: str
    item: str | None = None

    @property
    def well(self) -> bool:
        """Whether the visit is recorded, now or before."""
        return self.why in ("entered", "treated_first", "before")


def read(data: bytes, institution: str) -> File:
    """Raises `CounterRefused`: `counter.file_broken`, `counter.file_foreign`."""
    try:
        found = File.model_validate_json(data)
    except ValidationError:
        raise CounterRefused("counter.file_broken") from None
    if found.institution != institution:
        raise CounterRefused("counter.file_foreign")
    return found


def enter(
    engine: Engine, counter: Counter, account: str, file: File, key: ECKey, at: datetime
) -> list[Row]:
    """Enter a file's lines, each in a transaction of its own; what became of each."""
    return [
        _row(engine, counter, account, place, sealed, file.sheet, key, at)
        for place, sealed in enumerate(file.lines, 1)
    ]


def enter_line(
    conn: Connection, counter: Counter, account: str, line: Line, at: datetime
) -> tuple[str, Outcome]:
    """One line with both times, taken and resolved by who enters it; the item's id.

    Raises `CounterRefused`: as `arriving.entered`, `documents.typed` and `resolving.by_document`.
    """
    document = None
    if line.document != NO_DOCUMENT:
        document = documents.typed(line.document, line.number)
    policy = counter.rules.policy
    item = arriving.entered(
        conn, counter.institution, policy, account, line.line, line.purpose, line.at, at
    )
    if document is None:
        items.leave(conn, counter.institution, item, account, "treat_first", at)
        return item, "treated_first"
    resolving.by_document(conn, counter, item, account, document, None, at)
    return item, "entered"


_BEFORE = text("""
SELECT id, happened_at FROM counter_items
WHERE institution = :institution AND number = :number AND origin = 'downtime'
""")


def _row(
    engine: Engine,
    counter: Counter,
    account: str,
    place: int,
    sealed: str,
    sheet: str,
    key: ECKey,
    at: datetime,
) -> Row:
    try:
        line = Line.model_validate_json(jose.open_from_phone(sealed, key))
    except (jose.BadSeal, ValidationError):
        return Row(place, "", "unreadable")
    if not line.line.startswith(f"{sheet}-"):
        return Row(place, "", "unreadable")
    purpose = counter.rules.policy.purposes.get(line.purpose)
    if purpose is None or not purpose.counter_min:
        return Row(place, line.line, "purpose")
    try:
        with engine.begin() as conn:
            item, outcome = enter_line(conn, counter, account, line, at)
    except CounterRefused as told:
        if told.code == "counter.line_entered":
            return _before(engine, counter, place, line)
        return Row(place, line.line, told.code)
    return Row(place, line.line, outcome, item)


def _before(engine: Engine, counter: Counter, place: int, line: Line) -> Row:
    """The same line again, or another under its number, which nobody may lose."""
    bound = {"institution": counter.institution, "number": line.line}
    with engine.connect() as conn:
        row = conn.execute(_BEFORE, bound).one()
    return Row(place, line.line, "before" if row.happened_at == line.at else "conflict", row.id)
