"""The hospital's own list of lost cards (挂失): keyed hashes, put on by staff, taken off by two
identifiers. A card on it is referred, for a neutral reason; its holder is served at the counter.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from codes.names import normalise
from verifier import ledger
from verifier.identity import people
from verifier.identity.lost_cards import card_key, keyed
from verifier.protocol.values import new_id
from verifier.trust.keys import KeyRing

from .documents import Document
from .errors import CounterRefused

NAME = "name"

_ADD = text("""
INSERT INTO lost_cards (id, institution, kind, card_key, second_kind, second_key, person,
                        reported_at, reported_by)
VALUES (:id, :institution, :kind, :card_key, :second_kind, :second_key, :person, :at, :account)
ON CONFLICT (institution, card_key) WHERE ended_at IS NULL DO NOTHING RETURNING id
""")
_END = text("""
UPDATE lost_cards SET ended_at = :at, ended_by = :account
WHERE institution = :institution AND card_key = :card_key AND second_kind = :second_kind
  AND second_key = :second_key AND ended_at IS NULL
RETURNING id, kind
""")
_LISTED = text("""
SELECT l.id, l.kind, l.second_kind, l.reported_at, a.login FROM lost_cards AS l
JOIN accounts AS a ON a.id = l.reported_by
WHERE l.institution = :institution AND l.ended_at IS NULL ORDER BY l.reported_at DESC LIMIT 200
""")


@dataclass(frozen=True)
class Second:
    """The second identifier: another document, or the holder's name."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"Second({self.kind})"


@dataclass(frozen=True)
class Lost:
    """One card on the list; whose, and its number, nobody reads here."""

    id: str
    kind: str
    second_kind: str
    reported_at: datetime
    login: str


def report(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    card: Document,
    second: Second,
    account: str,
    at: datetime,
) -> str:
    """Put a card on the list; the line's id. Raises `CounterRefused` with `counter.card_known`."""
    known = people.find_by_number(conn, keyring, institution, card.registered_as, card.number)
    values = {
        "id": new_id(),
        "institution": institution,
        "kind": card.kind,
        "card_key": card_key(keyring, institution, card.kind, card.number),
        "second_kind": second.kind,
        "second_key": _second_key(keyring, institution, second),
        "person": known.id if known else None,
        "at": at,
        "account": account,
    }
    line = conn.scalar(_ADD, values)
    if line is None:
        raise CounterRefused("counter.card_known")
    facts = {"card": line, "kind": card.kind, "person": values["person"], "account": account}
    ledger.append(conn, institution, "card.lost", facts)
    return str(line)


def take_off(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    card: Document,
    second: Second,
    account: str,
    at: datetime,
) -> None:
    """Take a card off by the two identifiers with which it was put on.

    Raises `CounterRefused` with `counter.two_differ`, whichever of them does not fit.
    """
    values = {
        "institution": institution,
        "card_key": card_key(keyring, institution, card.kind, card.number),
        "second_kind": second.kind,
        "second_key": _second_key(keyring, institution, second),
        "at": at,
        "account": account,
    }
    row = conn.execute(_END, values).one_or_none()
    if row is None:
        raise CounterRefused("counter.two_differ")
    facts = {"card": row.id, "kind": row.kind, "account": account}
    ledger.append(conn, institution, "card.found", facts)


def listed(conn: Connection, institution: str) -> list[Lost]:
    """The cards on the list, the newest first."""
    return [Lost(*row) for row in conn.execute(_LISTED, {"institution": institution})]


def _second_key(keyring: KeyRing, institution: str, second: Second) -> str:
    said = normalise(second.value) if second.kind == NAME else second.value
    return keyed(keyring, institution, f"second\0{second.kind}\0{people.canonical_number(said)}")
