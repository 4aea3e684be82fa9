"""The feed of decisions, in an order without gaps, with the HIS's own numbers beside them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from verifier.protocol.decision import Decision
from verifier.protocol.his import DecidedNow, Expected, Kind
from verifier.receipts.issue import pairwise_subject
from verifier.store import feeds
from verifier.store.feeds import Cursor
from verifier.trust.keys import KeyRing

MOST = 500
SLACK = timedelta(hours=12)
"""Who comes so much too early or too late is still who was expected."""

_COLUMNS = "d.id, d.body, d.person, r.id AS receipt, d.transaction, d.seq"

_PAGE = text(f"""
SELECT {_COLUMNS} FROM decisions AS d LEFT JOIN receipts AS r ON r.decision = d.id
WHERE d.institution = :institution AND d.outcome <> 'refused' AND {feeds.behind("d")}
ORDER BY {feeds.order("d")} LIMIT :limit
""")  # noqa: S608

_SOME = text(f"""
SELECT {_COLUMNS} FROM decisions AS d LEFT JOIN receipts AS r ON r.decision = d.id
WHERE d.institution = :institution AND d.id = ANY(:ids)
""")  # noqa: S608

_EXPECTED = text("""
SELECT d.id, v.kind, v.external_id FROM decisions AS d
JOIN identifiers AS i ON i.person = d.person
JOIN expected_visits AS v ON v.institution = d.institution AND v.person_key = i.value_key
WHERE d.institution = :institution AND d.id = ANY(:ids) AND v.state <> 'cancelled'
AND v.valid_from - CAST(:slack AS interval) <= d.decided_at
AND coalesce(v.valid_to, d.decided_at) + CAST(:slack AS interval) >= d.decided_at
ORDER BY v.kind, v.external_id
""")

_NEWEST = text(f"""
SELECT d.transaction, d.seq FROM decisions AS d
WHERE d.institution = :institution AND {feeds.behind("d")}
ORDER BY d.transaction DESC, d.seq DESC LIMIT 1
""")  # noqa: S608


@dataclass(frozen=True)
class Page:
    """Decisions, and from where to go on."""

    decisions: list[DecidedNow]
    cursor: Cursor


def after(
    conn: Connection, keyring: KeyRing, institution: str, cursor: Cursor, limit: int = MOST
) -> Page:
    """The decisions behind a cursor, oldest first. Refused claims are no decisions."""
    bound = {"institution": institution, "limit": limit, **cursor.bound()}
    rows = conn.execute(_PAGE, bound).all()
    return Page(_shown(conn, keyring, institution, rows), feeds.last(rows, cursor))


def some(
    conn: Connection, keyring: KeyRing, institution: str, ids: Iterable[str]
) -> dict[str, DecidedNow]:
    """These decisions as the feed shows them now; those that are gone are left out."""
    rows = conn.execute(_SOME, {"institution": institution, "ids": sorted(ids)}).all()
    return {each.decision: each for each in _shown(conn, keyring, institution, rows)}


def ids_after(
    conn: Connection, institution: str, cursor: Cursor, limit: int
) -> tuple[list[str], Cursor]:
    """As `after`, the ids alone."""
    bound = {"institution": institution, "limit": limit, **cursor.bound()}
    rows = conn.execute(_PAGE, bound).all()
    return [row.id for row in rows], feeds.last(rows, cursor)


def newest(conn: Connection, institution: str) -> Cursor:
    """Behind everything that there is."""
    bound = {"institution": institution, **Cursor().bound()}
    rows = conn.execute(_NEWEST, bound).all()
    return feeds.last(rows, Cursor())


def _shown(
    conn: Connection, keyring: KeyRing, institution: str, rows: Sequence[Any]
) -> list[DecidedNow]:
    if not rows:
        return []
    expected: dict[str, list[Expected]] = defaultdict(list)
    bound = {"institution": institution, "ids": [row.id for row in rows], "slack": SLACK}
    for decision, kind, external_id in conn.execute(_EXPECTED, bound):
        expected[decision].append(Expected(kind=Kind(kind), external_id=external_id))
    return [_one(keyring, institution, row, expected[row.id]) for row in rows]


def _one(keyring: KeyRing, institution: str, row: Any, expected: list[Expected]) -> DecidedNow:
    said = Decision.model_validate(row.body)
    return DecidedNow(
        decision=said.id,
        receipt=row.receipt,
        visit=said.visit,
        purpose=said.purpose,
        outcome=said.outcome,
        reasons=said.reasons,
        assurance=said.assurance,
        sub=pairwise_subject(keyring, institution, row.person) if row.person else None,
        simulated=said.simulated,
        decided_at=said.decided_at,
        expected=expected,
    )
