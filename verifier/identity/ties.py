"""Who stands for whom: guardian 监护人, mother of a newborn, proxy 代办人."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from verifier.ledger import append
from verifier.protocol.values import new_id, now
from verifier.store.desk_tables import PersonTie, StandingAuthorisation
from verifier.store.schema import Person

from .errors import IdentityRefused

Kind = Literal["guardian", "mother", "proxy"]

RELATIONS = ("parent", "child", "spouse", "sibling", "relative", "carer", "other")


@dataclass(frozen=True)
class Tie:
    """One person beside another."""

    id: str
    person: str
    other: str
    kind: str
    relation: str
    since: datetime


def tie(
    conn: Connection,
    institution: str,
    person: str,
    other: str,
    kind: Kind,
    relation: str,
    by: str,
) -> str:
    """`other` stands for `person` from now on; the id, of the tie that is there already too.

    Raises `IdentityRefused`: `person.unknown`, `tie.oneself`, `tie.relation`.
    """
    if person == other:
        raise IdentityRefused("tie.oneself", "nobody stands for oneself")
    if relation not in RELATIONS:
        raise IdentityRefused("tie.relation", "no such relation")
    _refuse_strangers(conn, institution, person, other)
    known = conn.scalar(
        select(PersonTie.id).filter_by(person=person, other=other, kind=kind, ended_at=None)
    )
    if known is not None:
        return known
    made = new_id()
    conn.execute(
        insert(PersonTie).values(
            id=made,
            institution=institution,
            person=person,
            other=other,
            kind=kind,
            relation=relation,
            since=now(),
            by=by,
        )
    )
    body = {"tie": made, "person": person, "other": other, "form": kind, "by": by}
    append(conn, institution, "person.tied", body)
    return made


def untie(conn: Connection, institution: str, tie: str, by: str) -> None:
    """It ends now, with what was given to the proxy. Raises `IdentityRefused` (`tie.unknown`)."""
    row = conn.execute(
        update(PersonTie)
        .where(PersonTie.id == tie, PersonTie.institution == institution)
        .where(PersonTie.ended_at.is_(None))
        .values(ended_at=now())
        .returning(PersonTie.person, PersonTie.other, PersonTie.kind)
    ).one_or_none()
    if row is None:
        raise IdentityRefused("tie.unknown", "no such tie in force")
    if row.kind == "proxy":
        conn.execute(
            update(StandingAuthorisation)
            .filter_by(person=row.person, proxy=row.other, revoked_at=None)
            .values(revoked_at=now())
        )
    append(conn, institution, "person.untied", {"tie": tie, "person": row.person, "by": by})


def of_person(conn: Connection, institution: str, person: str) -> list[Tie]:
    """Who stands for the person now."""
    rows = conn.execute(
        select(
            PersonTie.id,
            PersonTie.person,
            PersonTie.other,
            PersonTie.kind,
            PersonTie.relation,
            PersonTie.since,
        )
        .filter_by(institution=institution, person=person, ended_at=None)
        .order_by(PersonTie.since)
    )
    return [Tie(*row) for row in rows]


def is_tied(conn: Connection, institution: str, person: str, other: str, kind: Kind) -> bool:
    """Whether `other` stands for `person` now."""
    found = select(PersonTie.id).filter_by(
        institution=institution, person=person, other=other, kind=kind, ended_at=None
    )
    return conn.scalar(found) is not None


def _refuse_strangers(conn: Connection, institution: str, *people: str) -> None:
    known = conn.scalars(
        select(Person.id).where(
            Person.institution == institution,
            Person.id.in_(people),
            Person.state.in_(("confirmed", "provisional")),
        )
    ).all()
    if len(known) != len(people):
        raise IdentityRefused("person.unknown", "no such person at this institution")
