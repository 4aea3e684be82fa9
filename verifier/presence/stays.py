"""Who lies where, as the HIS tells it, and what looks have found of each stay."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from verifier.his.expected import NOW, OPEN_END
from verifier.protocol.values import b64url
from verifier.trust.keys import KeyRing

from . import rules
from .errors import PresenceRefused
from .rules import Found, NotNow, WardKind

TOKEN_LENGTH = 22


@dataclass(frozen=True)
class Lying:
    """One stay as the HIS tells it now.

    Attributes:
        stay: the HIS's own number, which the wristband bears.
        person: None where nobody is registered under the person's number.
        kind: of the ward; None where nobody stated it.
        heard_at: when the HIS last told of it.
    """

    stay: str
    person_key: str
    person: str | None
    department: str
    ward: str
    bed: str | None
    admitted_at: datetime
    ended_at: datetime | None
    heard_at: datetime
    kind: WardKind | None

    @property
    def known(self) -> rules.Stay | None:
        """For the rules; None in a ward of no stated kind."""
        return rules.Stay(self.admitted_at, self.kind, self.ended_at) if self.kind else None


@dataclass(frozen=True)
class Entry:
    """One row of looks, as it was entered."""

    id: str
    stay: str
    person: str | None
    at: datetime
    found: str
    away: str | None
    by: str
    instead_of: str | None

    @property
    def look(self) -> rules.Look:
        """For the rules; not for one that takes another back."""
        return rules.Look(self.at, Found(self.found))


_COLUMNS = """
SELECT v.external_id AS stay, v.person_key, i.person, v.department, v.ward, v.bed,
  v.valid_from AS admitted_at, v.heard_at, w.kind,
  CASE WHEN v.state = 'cancelled' THEN v.valid_from
       ELSE coalesce(v.valid_to, CASE v.state WHEN 'planned' THEN v.heard_at + :open_end
                                 ELSE v.changed_at END) END AS ended_at
FROM expected_visits AS v
LEFT JOIN identifiers AS i ON i.institution = v.institution AND i.value_key = v.person_key
LEFT JOIN presence_wards AS w ON w.institution = v.institution AND w.code = v.ward
WHERE v.institution = :mine AND v.kind = 'inpatients'
"""
_WARD = text(f"{_COLUMNS} AND v.ward = :ward AND {NOW.format('v')} ORDER BY v.bed, v.external_id")
_ONE = text(f"{_COLUMNS} AND v.external_id = :stay")
_PRESENT = text(f"""
SELECT v.external_id FROM expected_visits AS v
WHERE v.institution = :mine AND v.kind = 'inpatients' AND {NOW.format("v")}
""")  # noqa: S608
_HOLD = text("SELECT 1 FROM people WHERE id = :person FOR SHARE")
_ENTRIES = text("""
SELECT id, stay, person, at, found, away, by, instead_of FROM presence_looks
WHERE institution = :mine AND (stay = ANY(:stays) OR person = ANY(:people)) ORDER BY at, id
""")


def token(keyring: KeyRing, institution: str, stay: str) -> str:
    """As which a stay stands in an address: 22 characters that say nothing of it."""
    key = keyring.derive("presence-stay", institution)
    return b64url(hmac.digest(key, stay.encode(), "sha256"))[:TOKEN_LENGTH]


def of_token(
    conn: Connection, keyring: KeyRing, institution: str, said: str, at: datetime
) -> Lying:
    """The stay of an address, while it lasts. Raises `PresenceRefused`: `presence.unknown`."""
    for stay in conn.scalars(_PRESENT, _bound(institution, at)):
        if hmac.compare_digest(token(keyring, institution, stay).encode(), said.encode()):
            return one(conn, institution, stay)
    raise PresenceRefused("presence.unknown")


def one(conn: Connection, institution: str, stay: str) -> Lying:
    """One stay, over or not. Raises `PresenceRefused`: `presence.unknown`."""
    bound = {"mine": institution, "stay": stay, "open_end": OPEN_END}
    row = conn.execute(_ONE, bound).one_or_none()
    if row is None:
        raise PresenceRefused("presence.unknown")
    return _lying(row)


def hold_person(conn: Connection, person: str | None) -> None:
    """Before anything else that is written of a person: an erasure takes its locks in this order.
    Whoever waited for one finds the person gone.
    """
    conn.execute(_HOLD, {"person": person})


def in_ward(conn: Connection, institution: str, ward: str, at: datetime) -> list[Lying]:
    """Who lies in a ward at this moment, by bed."""
    rows = conn.execute(_WARD, _bound(institution, at) | {"ward": ward})
    return [_lying(row) for row in rows]


def entries(conn: Connection, institution: str, lying: Iterable[Lying]) -> list[Entry]:
    """Every row of these stays, and of the same people's other stays, the oldest first."""
    known = list(lying)
    bound = {
        "mine": institution,
        "stays": [each.stay for each in known],
        "people": [each.person for each in known if each.person],
    }
    return [Entry(*row) for row in conn.execute(_ENTRIES, bound)]


def in_force(found: Sequence[Entry]) -> list[Entry]:
    """What counts of them: neither corrected nor taken back."""
    corrected = {each.instead_of for each in found}
    return [each for each in found if each.id not in corrected and each.found != "undone"]


@dataclass(frozen=True)
class Bed:
    """One stay with what is known of it, for a list.

    Attributes:
        not_now: why nobody looks in now; None where somebody may.
        due_by: by when the first look should be; None where there was one.
        first: the first check, with wristband and codes, was not made yet.
        last: the newest look in force of this stay.
    """

    lying: Lying
    not_now: NotNow | None
    due_by: datetime | None
    first: bool
    last: Entry | None


def bed_of(
    lying: Lying, found: Sequence[Entry], at: datetime, terms: rules.Rules = rules.DEFAULTS
) -> Bed:
    """What stands at a bed. `found`: rows in force of the stay and of the person's other stays."""
    theirs = [
        each
        for each in found
        if each.stay == lying.stay or (lying.person is not None and each.person == lying.person)
    ]
    own = [each for each in theirs if each.stay == lying.stay]
    met = any(each.found in (Found.FACE, Found.WRISTBAND) for each in own)
    last = own[-1] if own else None
    stay = lying.known
    if stay is None:
        return Bed(lying, NotNow.WARD, None, not met, last)
    why = rules.not_now(stay, [each.look for each in theirs], at, terms)
    due = rules.due_by(stay, [each.look for each in own], terms)
    return Bed(lying, why, due, not met, last)


def _lying(row: Row[Any]) -> Lying:
    said = dict(row._mapping)
    return Lying(**said | {"kind": WardKind(row.kind) if row.kind else None})


def _bound(institution: str, at: datetime) -> dict[str, object]:
    return {"mine": institution, "at": at, "open_end": OPEN_END}
