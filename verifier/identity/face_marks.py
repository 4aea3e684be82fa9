"""Who goes without a face (不刷脸): a wish, or a face that cannot be compared. Never why it cannot.

The mark changes no decision. It spares the person the question at the counter, and keeps a doubt
(疑点) from arising out of a bandage.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, text, update

from verifier.ledger import append
from verifier.protocol.values import new_id
from verifier.store.desk_tables import FaceMark
from verifier.store.schema import Person

from .errors import IdentityRefused

REASONS = ("own_wish", "cannot_compare")


@dataclass(frozen=True)
class Mark:
    """One mark in force; `until` is when it ends by itself."""

    id: str
    reason: str
    since: datetime
    until: datetime | None


_IN_FORCE = text("""
SELECT id, reason, since, until FROM face_marks
WHERE institution = :mine AND ended_at IS NULL AND (until IS NULL OR until > :at)
  AND (person = :person OR person IN (
    SELECT merged FROM person_merges WHERE kept = :person AND state IN ('done','undo_asked')))
ORDER BY person = :person DESC, since LIMIT 1
""")
"""Of the file itself, or of one that was made part of it."""

_LIFT = text("""
UPDATE face_marks SET ended_at = :at
WHERE institution = :mine AND ended_at IS NULL
  AND (person = :person OR person IN (
    SELECT merged FROM person_merges WHERE kept = :person AND state IN ('done','undo_asked')))
RETURNING id
""")


def in_force(conn: Connection, institution: str, person: str, at: datetime) -> Mark | None:
    """The person's mark at this moment."""
    bound = {"mine": institution, "person": person, "at": at}
    row = conn.execute(_IN_FORCE, bound).one_or_none()
    return None if row is None else Mark(*row)


def mark(
    conn: Connection,
    institution: str,
    person: str,
    reason: str,
    until: datetime | None,
    by: str,
    at: datetime,
) -> str:
    """The person goes without a face from now on; the mark's id. One that is there is replaced.

    Raises `IdentityRefused`: `person.unknown`, `face_mark.reason`, `face_mark.until` for an end
    that is not ahead.
    """
    if reason not in REASONS:
        raise IdentityRefused("face_mark.reason", "no such reason")
    if until is not None and until <= at:
        raise IdentityRefused("face_mark.until", "the end has passed")
    known = conn.scalar(
        select(Person.id)
        .where(Person.institution == institution, Person.id == person)
        .where(Person.state.in_(("confirmed", "provisional")), Person.synthetic.is_(False))
        .with_for_update()
    )
    if known is None:
        raise IdentityRefused("person.unknown", "no such person at this institution")
    conn.execute(update(FaceMark).filter_by(person=person, ended_at=None).values(ended_at=at))
    made = new_id()
    conn.execute(
        insert(FaceMark).values(
            id=made,
            institution=institution,
            person=person,
            reason=reason,
            since=at,
            until=until,
            by=by,
        )
    )
    body = {"mark": made, "person": person, "reason": reason, "by": by}
    append(conn, institution, "person.face_marked", body)
    return made


def lift(conn: Connection, institution: str, person: str, by: str, at: datetime) -> None:
    """The person may be asked for a face again. Raises `IdentityRefused` (`face_mark.unknown`)."""
    bound = {"mine": institution, "person": person, "at": at}
    lifted = conn.scalars(_LIFT, bound).all()
    if not lifted:
        raise IdentityRefused("face_mark.unknown", "no such mark in force")
    for mark in lifted:
        body = {"mark": mark, "person": person, "by": by}
        append(conn, institution, "person.face_unmarked", body)
