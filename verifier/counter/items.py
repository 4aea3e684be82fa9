"""The counter's queue (人工窗口): what waits, who takes it, how it leaves. One row a visit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, text

from verifier import ledger

from .errors import CounterRefused

End = Literal["self_pay", "treat_first", "gone", "other_window"]
ENDS: tuple[End, ...] = ("self_pay", "treat_first", "gone", "other_window")
"""How a visit leaves the counter unresolved. None of them ends anybody's treatment."""

OPEN = ("waiting", "taken", "later")


@dataclass(frozen=True)
class Item:
    """One visit at the counter, as its row says; `handler_login` is a work number."""

    id: str
    number: str
    origin: str
    visit: str
    purpose: str
    reason: str | None
    decision: str | None
    person: str | None
    state: str
    happened_at: datetime
    entered_at: datetime
    due_at: datetime
    first_login: str | None
    handler: str | None
    handler_login: str | None
    taken_at: datetime | None
    pass_reason: str | None
    pass_by: str | None
    pass_login: str | None
    pass_at: datetime | None
    ended_at: datetime | None
    end: str | None

    @property
    def emergency(self) -> bool:
        """急诊先救: treated first, verified afterwards."""
        return self.origin == "emergency"


_COLUMNS = """
SELECT i.id, i.number, i.origin, i.visit, i.purpose, i.reason, i.decision, i.person, i.state,
       i.happened_at, i.entered_at, i.due_at, f.login AS first_login, i.handler,
       h.login AS handler_login, i.taken_at, i.pass_reason, i.pass_by, p.login AS pass_login,
       i.pass_at, i.ended_at, i."end"
FROM counter_items AS i
LEFT JOIN accounts AS f ON f.id = i.first_handler
LEFT JOIN accounts AS h ON h.id = i.handler
LEFT JOIN accounts AS p ON p.id = i.pass_by
WHERE i.institution = :institution
"""
_OPEN = text(_COLUMNS + " AND i.state = ANY(:states) ORDER BY i.due_at, i.id LIMIT :most")
_ENDED = text(
    _COLUMNS + " AND i.state IN ('resolved','left') AND i.ended_at >= :since"
    " ORDER BY i.ended_at DESC, i.id LIMIT :most"
)
_ONE = text(_COLUMNS + " AND i.id = :item")
_LOCKED = text(_COLUMNS + " AND i.id = :item FOR UPDATE OF i")
_TAKE = text("""
UPDATE counter_items SET state = 'taken', handler = :account, taken_at = :at,
       first_handler = coalesce(first_handler, :account)
WHERE institution = :institution AND id = :item AND state IN ('waiting','later')
RETURNING visit
""")
_BACK = text("""
UPDATE counter_items SET handler = NULL, pass_reason = NULL, pass_by = NULL, pass_at = NULL,
       state = CASE WHEN origin = 'emergency' THEN 'later' ELSE 'waiting' END
WHERE institution = :institution AND id = :item
""")
_LEAVE = text("""
UPDATE counter_items SET state = 'left', "end" = :end, ended_at = :at, ended_by = :account,
       pass_reason = NULL, pass_by = NULL, pass_at = NULL
WHERE institution = :institution AND id = :item
""")


def waiting(
    conn: Connection,
    institution: str,
    states: Collection[str] = ("waiting", "taken"),
    most: int = 200,
) -> list[Item]:
    """What is open, the soonest due first."""
    bound = {"institution": institution, "states": list(states), "most": most}
    return [_item(row) for row in conn.execute(_OPEN, bound).mappings()]


def ended(conn: Connection, institution: str, since: datetime, most: int = 50) -> list[Item]:
    """What was dealt with since then, the newest first."""
    bound = {"institution": institution, "since": since, "most": most}
    return [_item(row) for row in conn.execute(_ENDED, bound).mappings()]


def get(conn: Connection, institution: str, item: str) -> Item:
    """One of them. Raises `CounterRefused` with `counter.unknown`."""
    return _one(conn, _ONE, institution, item)


def locked(conn: Connection, institution: str, item: str) -> Item:
    """As `get`; nobody else changes it until the transaction ends."""
    return _one(conn, _LOCKED, institution, item)


def held(conn: Connection, institution: str, item: str, account: str) -> Item:
    """As `locked`, of who has taken it. Raises `CounterRefused`: `counter.unknown`,
    `counter.state`, `counter.not_yours`."""
    found = locked(conn, institution, item)
    if found.state != "taken":
        raise CounterRefused("counter.state", found.state)
    if found.handler != account:
        raise CounterRefused("counter.not_yours")
    return found


def take(conn: Connection, institution: str, item: str, account: str, at: datetime) -> None:
    """This account deals with it from now on (首问负责). Of two at once one gets it.

    Raises `CounterRefused`: `counter.taken`, `counter.unknown`.
    """
    bound = {"institution": institution, "item": item, "account": account, "at": at}
    visit = conn.scalar(_TAKE, bound)
    if visit is None:
        get(conn, institution, item)
        raise CounterRefused("counter.taken")
    note(conn, institution, "counter.taken", item, visit, account)


def hand_on(conn: Connection, institution: str, item: str, account: str) -> None:
    """Back into the queue for a colleague; who took it first stays known. Raises as `held`."""
    found = held(conn, institution, item, account)
    conn.execute(_BACK, {"institution": institution, "item": item})
    note(conn, institution, "counter.handed_on", item, found.visit, account)


def leave(
    conn: Connection, institution: str, item: str, account: str, end: End, at: datetime
) -> None:
    """Not resolved: the person goes on by another door. Raises as `held`.

    An emergency does not leave: it waits for its verification (`counter.state`).
    """
    found = held(conn, institution, item, account)
    if found.emergency and end != "gone":
        raise CounterRefused("counter.state", "an emergency")
    bound = {"institution": institution, "item": item, "account": account, "end": end, "at": at}
    conn.execute(_LEAVE, bound)
    note(conn, institution, "counter.left", item, found.visit, account, end=end)


def note(
    conn: Connection,
    institution: str,
    kind: str,
    item: str,
    visit: str,
    account: str | None,
    **facts: Any,
) -> None:
    """An act of the counter in the ledger: ids and codes."""
    body = {"item": item, "visit": visit, "account": account, **facts}
    ledger.append(conn, institution, kind, body)


def _one(conn: Connection, statement: Any, institution: str, item: str) -> Item:
    bound = {"institution": institution, "item": item}
    row = conn.execute(statement, bound).mappings().one_or_none()
    if row is None:
        raise CounterRefused("counter.unknown")
    return _item(row)


def _item(row: RowMapping) -> Item:
    return Item(**row)
