"""A case from new to closed: whose it is, what the person said, who decided; and in what share
nothing was wrong.

Nobody confirms a case alone, or before the person concerned was heard (陈述申辩).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from verifier import ledger
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import seal, unseal

from .errors import WatchRefused
from .rules import Rules

MOST_SAID = 1000
OPEN = ("new", "explained")


@dataclass(frozen=True)
class Case:
    """One case as its row says it; logins are work numbers."""

    id: str
    rule: str
    severity: str
    people: list[str]
    decisions: list[str]
    terminal: str | None
    happened_at: datetime
    found_at: datetime
    due_at: datetime
    state: str
    owner: str | None
    owner_login: str | None
    cause: str | None
    heard_at: datetime | None
    heard_sealed: bytes | None
    proposed_by: str | None
    ended_at: datetime | None
    ended_login: str | None


_CASES = """
SELECT c.id, c.rule, c.severity, c.people, c.decisions, c.terminal, c.happened_at, c.found_at,
  c.due_at, c.state, c.owner, o.login AS owner_login, c.cause, c.heard_at, c.heard_sealed,
  c.proposed_by, c.ended_at, e.login AS ended_login
FROM watch_cases AS c
LEFT JOIN accounts AS o ON o.id = c.owner LEFT JOIN accounts AS e ON e.id = c.ended_by
WHERE c.institution = :mine
"""
_LISTED = text(
    _CASES + " AND (CAST(:state AS text) IS NULL OR c.state = :state)"
    " AND (CAST(:rule AS text) IS NULL OR c.rule = :rule)"
    " ORDER BY c.state IN ('confirmed','closed'), c.due_at, c.id LIMIT 200"
)
_ONE = text(_CASES + " AND c.id = :case")
_LOCKED = text(_CASES + " AND c.id = :case FOR UPDATE OF c")
_SHARES = text("""
SELECT rule, count(*) FILTER (WHERE state = 'closed') AS lawful,
  count(*) FILTER (WHERE state IN ('closed','confirmed')) AS ended
FROM watch_cases WHERE institution = :mine GROUP BY rule
""")


def listed(
    conn: Connection, institution: str, state: str | None = None, rule: str | None = None
) -> list[Case]:
    """Cases, what is open and due first."""
    bound = {"mine": institution, "state": state, "rule": rule}
    return [Case(**row) for row in conn.execute(_LISTED, bound).mappings()]


def get(conn: Connection, institution: str, case: str) -> Case:
    """One of them. Raises `WatchRefused` with `watch.unknown`."""
    return _one(conn, _ONE, institution, case)


def shares(conn: Connection, institution: str) -> dict[str, tuple[int, int]]:
    """For each rule, how many ended cases were lawful, and how many ended."""
    rows = conn.execute(_SHARES, {"mine": institution})
    return {row.rule: (row.lawful, row.ended) for row in rows}


def take(conn: Connection, institution: str, case: str, by: str) -> None:
    """This account sees to it. Raises `WatchRefused`: `watch.unknown`, `watch.state`."""
    found = _open(conn, institution, case)
    _set(conn, institution, found, "watch.taken", by, owner=by)


def hear(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    case: str,
    said: str,
    by: str,
    at: datetime,
) -> None:
    """What the person said of it, word for word; what was said before is replaced. Once a second
    person was asked, it stays as it is: both look at the same words.

    Raises `WatchRefused`: `watch.unknown`, `watch.state`, `watch.text_malformed`.
    """
    found = _open(conn, institution, case)
    if found.state != "new":
        raise WatchRefused("watch.state")
    if not 0 < len(said.strip()) <= MOST_SAID:
        raise WatchRefused("watch.text_malformed")
    sealed = seal(hearing_key(keyring, institution), said.strip().encode(), heard_place(case))
    _set(conn, institution, found, "watch.heard", by, heard_at=at, heard_sealed=sealed)


def heard(keyring: KeyRing, institution: str, case: Case) -> str:
    """What the person said; empty where nobody was heard yet."""
    if case.heard_sealed is None:
        return ""
    return unseal(
        hearing_key(keyring, institution), case.heard_sealed, heard_place(case.id)
    ).decode()


def explain(
    conn: Connection, rules: Rules, institution: str, case: str, cause: str, by: str, at: datetime
) -> None:
    """It has a lawful cause: the case is closed.

    Raises `WatchRefused`: `watch.unknown`, also for a cause that the rule does not know, and
    `watch.state`.
    """
    found = _open(conn, institution, case)
    rule = rules.get(found.rule)
    if rule is None or cause not in rule.lawful:
        raise WatchRefused("watch.unknown")
    ended = {"state": "closed", "cause": cause, "ended_at": at, "ended_by": by}
    _set(conn, institution, found, "watch.closed", by, **ended)


def propose(conn: Connection, institution: str, case: str, by: str) -> None:
    """No lawful cause was found: a second person is asked to look.

    Raises `WatchRefused`: `watch.unknown`, `watch.state`, `watch.not_heard` before the person could
    say anything.
    """
    found = _open(conn, institution, case)
    if found.heard_at is None:
        raise WatchRefused("watch.not_heard")
    _set(conn, institution, found, "watch.proposed", by, state="explained", proposed_by=by)


def confirm(conn: Connection, institution: str, case: str, by: str, at: datetime) -> None:
    """The second person agrees. What follows is the hospital's, outside this system.

    Raises `WatchRefused`: `watch.unknown`, `watch.state`, `watch.own_proposal`.
    """
    found = _open(conn, institution, case)
    if found.state != "explained":
        raise WatchRefused("watch.state")
    if found.proposed_by == by:
        raise WatchRefused("watch.own_proposal")
    ended = {"state": "confirmed", "ended_at": at, "ended_by": by}
    _set(conn, institution, found, "watch.confirmed", by, **ended)


def _set(conn: Connection, institution: str, case: Case, kind: str, by: str, **values: Any) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    statement = f"UPDATE watch_cases SET {columns} WHERE institution = :mine AND id = :case"  # noqa: S608
    conn.execute(text(statement), {"mine": institution, "case": case.id, **values})
    body = {"case": case.id, "rule": case.rule, "by": by, "cause": values.get("cause")}
    ledger.append(conn, institution, kind, body)


def _open(conn: Connection, institution: str, case: str) -> Case:
    found = _one(conn, _LOCKED, institution, case)
    if found.state not in OPEN:
        raise WatchRefused("watch.state")
    return found


def _one(conn: Connection, statement: Any, institution: str, case: str) -> Case:
    row = conn.execute(statement, {"mine": institution, "case": case}).mappings().one_or_none()
    if row is None:
        raise WatchRefused("watch.unknown")
    return Case(**row)


def hearing_key(keyring: KeyRing, institution: str) -> bytes:
    """Under which what people said is sealed."""
    return keyring.derive("watch-hearing", institution)


def heard_place(case: str) -> str:
    """Where it stands."""
    return f"watch_cases.heard/{case}"
