"""An intake from received to closed: whose it is, what was told at once, what was changed.

An owner sees to a matter (首问); nothing here is counted by owner, and no step speaks of a worker.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, TextClause, text

from verifier import ledger
from verifier.protocol.rating import MOST_REACH, MOST_SAID, Door, Matter

from .errors import IntakeRefused
from .rules import KINDS, IntakeKind
from .sealed import closed, opened, reach_place, said_place, text_place, words_place
from .taking import Book, number, open_intake

MOST_WORDS = 500
Outcome = Literal["changed", "explained"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""已改进; 已说明: nothing could be changed, and why."""
STEPS = ("taken", "told", "noted", "answered", "closed", "reopened")
STATES = ("received", "in_hand", "answered", "closed")
MOST_LISTED = 200

__all__ = [
    "KINDS",
    "MOST_WORDS",
    "OUTCOMES",
    "STATES",
    "STEPS",
    "Brought",
    "Intake",
    "Opened",
    "Step",
]


@dataclass(frozen=True)
class Intake:
    """One intake as its row says it. `owner_login` is a work number.

    Attributes:
        overdue: it is open and its time is over.
        by_rating: a rating opened it: of when it came only the day is known.
        reachable: whoever brought it left a way to be reached that is still kept.
        grade, reasons, day: of the rating that opened it.
    """

    id: str
    number: str
    kind: IntakeKind
    door: str
    site: str | None
    terminal: str | None
    received_at: datetime
    due_at: datetime
    state: str
    owner: str | None
    owner_login: str | None
    answered_at: datetime | None
    in_time: bool | None
    outcome: str | None
    closed_at: datetime | None
    simulated: bool
    overdue: bool
    reachable: bool
    by_rating: bool
    grade: str | None
    reasons: list[str]

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for an answer: not where a poor rating left no way to give it."""
        return self.kind != "poor_rating" or self.reachable


@dataclass(frozen=True)
class Brought:
    """A matter as a member of staff writes it down; `reach` is empty where no answer is wanted."""

    kind: str
    door: str
    said: str = field(repr=False)
    reach: str = field(default="", repr=False)


@dataclass(frozen=True)
class Step:
    """What was done, by whom, in which words; empty once their time is over."""

    at: datetime
    kind: str
    login: str
    words: str


@dataclass(frozen=True)
class Opened:
    """One intake with everything that was said of it.

    Attributes:
        said: the matter, or the rating's free text.
    """

    intake: Intake
    said: str
    reach: str
    steps: list[Step]

    @property
    def told(self) -> bool:
        """Whether the person was told at once what is needed."""
        return any(step.kind == "told" for step in self.steps)


_INTAKES = """
SELECT i.id, i.year, i.serial, i.kind, i.door, i.site, t.label AS terminal, i.received_at,
  i.due_at, i.state, i.owner, a.login AS owner_login, i.answered_at, i.in_time, i.outcome,
  i.closed_at, i.simulated, i.state <> 'closed' AND i.due_at < :at AS overdue,
  i.reach_sealed IS NOT NULL AS reachable, i.kind IN ('poor_rating', 'reply') AS by_rating,
  r.grade, coalesce(r.reasons, '[]') AS reasons,
  i.said_sealed, i.reach_sealed, i.rating, r.text_sealed
FROM intakes AS i
LEFT JOIN accounts AS a ON a.id = i.owner
LEFT JOIN ratings AS r ON r.id = i.rating
LEFT JOIN terminals AS t ON t.id = r.terminal
WHERE i.institution = :mine
"""
_LISTED = text(
    _INTAKES + " AND (CAST(:kind AS text) IS NULL OR i.kind = :kind)"
    " AND (CAST(:state AS text) IS NULL OR i.state = :state"
    " OR (:state = 'open' AND i.state <> 'closed')"
    " OR (:state = 'overdue' AND i.state <> 'closed' AND i.due_at < :at))"
    " ORDER BY i.state = 'closed', CASE WHEN i.state <> 'closed' THEN i.due_at END,"
    " i.closed_at DESC, i.id LIMIT :most"
)
"""Open before closed, what is due first before the rest: so what is overdue stands at the top."""
_ONE = text(_INTAKES + " AND i.id = :intake")
_LOCKED = text(_INTAKES + " AND i.id = :intake FOR UPDATE OF i")
_STEPS = text("""
SELECT s.place, s.at, s.kind, a.login, s.words_sealed
FROM intake_steps AS s JOIN accounts AS a ON a.id = s.by
WHERE s.institution = :mine AND s.intake = :intake ORDER BY s.place
""")


def listed(
    conn: Connection,
    institution: str,
    at: datetime,
    kind: str | None = None,
    state: str | None = None,
    most: int = MOST_LISTED,
) -> list[Intake]:
    """Intakes, what is open and due first. `state` may be `open` or `overdue` as well."""
    bound = {"mine": institution, "at": at, "kind": kind, "state": state, "most": most}
    return [_intake(row) for row in conn.execute(_LISTED, bound).mappings()]


def get(conn: Connection, book: Book, intake: str, at: datetime) -> Opened:
    """One of them with its words. Raises `IntakeRefused` with `intake.unknown`."""
    row = _row(conn, _ONE, book, intake, at)
    keyring, mine = book.keyring, book.institution
    said = opened(keyring, mine, row["said_sealed"], said_place(intake))
    if row["rating"] is not None:
        said = opened(keyring, mine, row["text_sealed"], text_place(row["rating"]))
    reach = opened(keyring, mine, row["reach_sealed"], reach_place(intake))
    steps = [
        Step(
            each.at,
            each.kind,
            each.login,
            opened(keyring, mine, each.words_sealed, words_place(intake, each.place)),
        )
        for each in conn.execute(_STEPS, {"mine": mine, "intake": intake})
    ]
    return Opened(_intake(row), said, reach, steps)


def overdue(conn: Connection, institution: str, at: datetime) -> int:
    """How many are open though their time is over."""
    found = (
        "SELECT count(*) FROM intakes WHERE institution = :mine AND state <> 'closed' "
        "AND due_at < :at"
    )
    return int(conn.execute(text(found), {"mine": institution, "at": at}).scalar_one())


def record(conn: Connection, book: Book, brought: Brought, by: str, at: datetime) -> str:
    """A matter that was brought to a member of staff, who owns it from now on (首问); its id.

    Raises `IntakeRefused`: `intake.kind`, `intake.reach`, `intake.words_malformed`.
    """
    if brought.kind not in set(Matter) or brought.door not in {Door.COUNTER, Door.PHONE}:
        raise IntakeRefused("intake.kind")
    reach = brought.reach.strip()
    if len(reach) > MOST_REACH or not reach.isprintable():
        raise IntakeRefused("intake.reach")
    kind: IntakeKind = Matter(brought.kind).value
    said = _checked(brought.said, MOST_SAID)
    more = {"door": brought.door, "site": None, "simulated": False}
    made: str = open_intake(conn, book, kind, at, more, reach or None, said)["id"]
    take(conn, book, made, by, at)
    return made


def take(conn: Connection, book: Book, intake: str, by: str, at: datetime) -> None:
    """This account is the owner from now on. Raises `IntakeRefused`: `intake.unknown`,
    `intake.state` where it is closed."""
    found = _locked(conn, book, intake, at)
    if found.state == "closed":
        raise IntakeRefused("intake.state")
    state = "in_hand" if found.state == "received" else found.state
    _set(conn, book, found, {"state": state, "owner": by})
    _step(conn, book, found, "taken", by, at)


def tell(conn: Connection, book: Book, intake: str, words: str, by: str, at: datetime) -> None:
    """What the person was told at once (一次性告知): what is needed, what follows, until when.

    Raises `IntakeRefused`: `intake.unknown`, `intake.state`, `intake.words_malformed`,
    `intake.told` the second time.
    """
    found = _in_hand(conn, book, intake, at, ("in_hand",))
    told = "SELECT count(*) FROM intake_steps WHERE intake = :intake AND kind = 'told'"
    if conn.scalar(text(told), {"intake": intake}):
        raise IntakeRefused("intake.told")
    _step(conn, book, found, "told", by, at, _checked(words))


def answer(conn: Connection, book: Book, intake: str, words: str, by: str, at: datetime) -> None:
    """It was answered. Raises `IntakeRefused`: `intake.unknown`, `intake.state`,
    `intake.words_malformed`."""
    found = _in_hand(conn, book, intake, at, ("in_hand", "answered"))
    _set(conn, book, found, {"state": "answered", **_first_answer(found, at)})
    _step(conn, book, found, "answered", by, at, _checked(words))


def note(conn: Connection, book: Book, intake: str, words: str, by: str, at: datetime) -> None:
    """What was found or done so far. Raises `IntakeRefused`: `intake.unknown`, `intake.state`,
    `intake.words_malformed`."""
    found = _in_hand(conn, book, intake, at, ("in_hand", "answered"))
    _step(conn, book, found, "noted", by, at, _checked(words))


def close(
    conn: Connection, book: Book, intake: str, outcome: str, words: str, by: str, at: datetime
) -> None:
    """It is over; of a poor rating with what was changed, or why nothing could be.

    Raises `IntakeRefused`: `intake.unknown`, `intake.state`, `intake.words_malformed`,
    `intake.change_missing`, and `intake.answer_missing` where somebody waits for an answer: all
    but a poor rating that left no way to be reached.
    """
    found = _in_hand(conn, book, intake, at, ("in_hand", "answered"))
    if found.state != "answered" and found.awaited:
        raise IntakeRefused("intake.answer_missing")
    if outcome not in OUTCOMES:
        raise IntakeRefused("intake.change_missing")
    if found.kind == "poor_rating" and not words.strip():
        raise IntakeRefused("intake.change_missing")
    ended = {"state": "closed", "outcome": outcome, "closed_at": at, **_first_answer(found, at)}
    _set(conn, book, found, ended)
    said = _checked(words) if words.strip() else None
    _step(conn, book, found, "closed", by, at, said, outcome)


def reopen(conn: Connection, book: Book, intake: str, words: str, by: str, at: datetime) -> None:
    """Take a closing back, with the reason; it is due anew. Whether the first answer came in time
    stays as it was.

    Raises `IntakeRefused`: `intake.unknown`, `intake.state`, `intake.words_malformed`.
    """
    found = _locked(conn, book, intake, at)
    if found.state != "closed":
        raise IntakeRefused("intake.state")
    said, due = _checked(words), book.rules.due(found.kind, at)
    again = {"state": "in_hand", "owner": by, "due_at": due, "closed_at": None, "outcome": None}
    _set(conn, book, found, again)
    _step(conn, book, found, "reopened", by, at, said)


def _first_answer(found: Intake, at: datetime) -> dict[str, Any]:
    if found.answered_at is not None:
        return {}
    return {"answered_at": at, "in_time": at <= found.due_at}


def _set(conn: Connection, book: Book, intake: Intake, values: dict[str, Any]) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    statement = f"UPDATE intakes SET {columns} WHERE institution = :mine AND id = :intake"  # noqa: S608
    conn.execute(text(statement), {"mine": book.institution, "intake": intake.id, **values})


def _step(
    conn: Connection,
    book: Book,
    intake: Intake,
    kind: str,
    by: str,
    at: datetime,
    words: str | None = None,
    outcome: str | None = None,
) -> None:
    mine, bound = book.institution, {"intake": intake.id}
    last = "SELECT coalesce(max(place), 0) FROM intake_steps WHERE intake = :intake"
    place = int(conn.execute(text(last), bound).scalar_one()) + 1
    row = {
        "intake": intake.id,
        "place": place,
        "mine": mine,
        "at": at,
        "kind": kind,
        "by": by,
        "words": closed(book.keyring, mine, words, words_place(intake.id, place)),
    }
    made = (
        "INSERT INTO intake_steps (intake, place, institution, at, kind, by, words_sealed) "
        "VALUES (:intake, :place, :mine, :at, :kind, :by, :words)"
    )
    conn.execute(text(made), row)
    body = {"intake": intake.id, "kind": intake.kind, "by": by, "outcome": outcome}
    ledger.append(conn, mine, f"intake.{kind}", body)


def _checked(words: str, most: int = MOST_WORDS) -> str:
    said = words.replace("\r\n", "\n").strip()
    if not 0 < len(said) <= most or "\0" in said:
        raise IntakeRefused("intake.words_malformed")
    return said


def _in_hand(
    conn: Connection, book: Book, intake: str, at: datetime, states: tuple[str, ...]
) -> Intake:
    found = _locked(conn, book, intake, at)
    if found.state not in states:
        raise IntakeRefused("intake.state")
    return found


def _locked(conn: Connection, book: Book, intake: str, at: datetime) -> Intake:
    return _intake(_row(conn, _LOCKED, book, intake, at))


def _row(conn: Connection, statement: TextClause, book: Book, intake: str, at: datetime) -> Any:
    bound = {"mine": book.institution, "intake": intake, "at": at}
    known = "\0" not in intake
    row = conn.execute(statement, bound).mappings().one_or_none() if known else None
    if row is None:
        raise IntakeRefused("intake.unknown")
    return row


def _intake(row: Any) -> Intake:
    fields = {name: row[name] for name in Intake.__dataclass_fields__ if name != "number"}
    return Intake(number=number(row["year"], row["serial"]), **fields)
