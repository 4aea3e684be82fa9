"""Who goes without a face (不刷脸): a wish, or a face that cannot be compared. Never why it cannot.

The mark changes no decision. It spares the person the question at the counter and the bed, and
keeps a doubt (疑点) from arising out of a bandage.
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


OF_FILE = """(m.person = {0} OR m.person IN (
  SELECT merged FROM person_merges WHERE kept = {0} AND state IN ('done','undo_asked')))"""
"""SQL, for a mark `m`: of the file itself, or of one that was made part of it (`merged_into`)."""

_IN_FORCE = text(f"""
SELECT m.id, m.reason, m.since, m.until FROM face_marks AS m
WHERE m.institution = :mine AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > :at)
  AND {OF_FILE.format(":person")}
ORDER BY m.person = :person DESC, m.since LIMIT 1
""")  # noqa: S608  (a constant of this module)

_LIFT = text(f"""
UPDATE face_marks AS m SET ended_at = :at
WHERE m.institution = :mine AND m.ended_at IS NULL AND {OF_FILE.format(":person")}
RETURNING m.id
""")  # noqa: S608  (a constant of this module)


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
