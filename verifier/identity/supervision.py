"""What a regional supervisor sees: decisions under pseudonyms that are the same in every hospital
of the region, and a person only behind a step of its own.

A pseudonym is a keyed hash of the person's number under the region's key, which the region hands to
its hospitals. It joins one person's visits across institutions and names nobody. Whoever holds the
key can find out the pseudonym of a number that they know, so it is kept as a secret is.
"""

import hmac
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection, text

from verifier.ledger import append
from verifier.protocol.values import b64url
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import Secret, unseal

from . import people
from .data_keys import open_data_key
from .errors import IdentityRefused
from .galleries import find_gallery

IDENTIFIED = "supervision.identified"


class Seen(BaseModel):
    """One decision. `person` is null where nobody was found, or the person was erased since."""

    decision: str
    at: datetime
    purpose: str
    outcome: str
    assurance: str | None
    site: str
    person: str | None


class Identity(BaseModel):
    """Who it was, for one case."""

    decision: str
    name: str
    numbers: dict[str, str]


_DECISIONS = text(
    "SELECT d.id AS decision, d.decided_at AS at, d.purpose, d.outcome, d.assurance, "
    "coalesce(k.site, 'counter') AS site, "
    "d.person FROM decisions AS d LEFT JOIN terminals AS k ON k.id = d.terminal "
    "WHERE d.institution = :institution AND d.outcome <> 'refused' AND d.decided_at >= :start "
    "AND d.decided_at < :end ORDER BY d.decided_at, d.id LIMIT :limit"
)
_NUMBERS = text(
    "SELECT i.id, i.kind, i.value_sealed, p.data_key_sealed FROM identifiers AS i "
    "JOIN people AS p ON p.id = i.person WHERE i.person = :person ORDER BY i.kind"
)
_WHOSE = text("SELECT person FROM decisions WHERE id = :decision AND institution = :institution")


def decisions(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    region_key: bytes,
    start: datetime,
    end: datetime,
    limit: int,
) -> list[Seen]:
    """Decisions of a span of time, oldest first, under pseudonyms."""
    bound = {
        "institution": institution,
        "start": start,
        "end": end,
        "limit": limit,
    }
    rows = conn.execute(_DECISIONS, bound).mappings().all()
    known: dict[str, str | None] = {}
    for person in {row["person"] for row in rows} - {None}:
        numbers = _numbers(conn, keyring, institution, person)
        number = numbers.get("resident_id") or next(iter(numbers.values()), None)
        known[person] = number and pseudonym(region_key, number)
    return [Seen(**{**row, "person": known.get(row["person"])}) for row in rows]


def identify(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    decision: str,
    case: str,
    client: str,
) -> Identity:
    """Whose decision it was, with a ledger entry that names the case and who asked.

    Raises `IdentityRefused`: `person.unknown`, `person.erased`.
    """
    bound = {"decision": decision, "institution": institution}
    person = conn.scalar(_WHOSE, bound)
    if person is None:
        raise IdentityRefused("person.unknown", "no person stands behind this decision")
    name = people.name_of(conn, keyring, person)
    append(
        conn,
        institution,
        IDENTIFIED,
        {"client": client, "decision": decision, "person": person, "case": case},
    )
    numbers = _numbers(conn, keyring, institution, person)
    return Identity(decision=decision, name=name, numbers=numbers)


def pseudonym(region_key: bytes, number: str) -> str:
    """HMAC-SHA256 under the region's key, base64url: one for a person, in every hospital."""
    said = people.canonical_number(number).encode()
    return b64url(hmac.digest(region_key, b"shualian/region/1\0" + said, "sha256"))


def _numbers(conn: Connection, keyring: KeyRing, institution: str, person: str) -> dict[str, str]:
    gallery = find_gallery(conn, keyring, institution)
    if gallery is None:
        return {}
    found = {}
    for identifier, kind, sealed, wrapped in conn.execute(_NUMBERS, {"person": person}):
        if wrapped is not None:
            key: Secret = open_data_key(gallery.secrets, person, wrapped)
            found[kind] = unseal(key, sealed, f"identifiers.value/{identifier}").decode()
    return found
