"""Two files of one person made one (合并), and taken back: each by two members of staff.

The merged file's face answers no more under the old id, since only a confirmed person is decided
on. Its numbers lead to the kept file, and lead back when the merge is taken back. Its template is
not copied: what the kept file knows of the face is what was enrolled under it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from verifier.ledger import append
from verifier.protocol.values import new_id, now
from verifier.store.desk_tables import PersonMerge
from verifier.store.schema import Identifier, Person
from verifier.trust.sealing import Secret, unseal

from . import people, templates
from .data_keys import open_data_key
from .errors import IdentityRefused
from .galleries import Gallery

REASONS = ("registered_twice", "found_out_later", "number_changed")
OPEN = ("asked", "undo_asked")


@dataclass(frozen=True)
class Merge:
    """One merge and how far it is."""

    id: str
    kept: str
    merged: str
    reason: str
    state: str
    was: str
    moved: list[str]
    asked_at: datetime
    asked_by: str


def ask(
    conn: Connection, gallery: Gallery, kept: str, merged: str, reason: str, account: str
) -> str:
    """Ask a colleague to merge; the merge's id. Nothing changes until somebody else approves.

    Raises `IdentityRefused`: `merge.same`, `merge.reason`, `person.unknown`, `merge.not_now` where
    one of them is merged, closed, or asked about already.
    """
    if kept == merged:
        raise IdentityRefused("merge.same", "a file is not merged with itself")
    if reason not in REASONS:
        raise IdentityRefused("merge.reason", "a merge has a reason")
    states = _states(conn, gallery, kept, merged)
    if not set(states.values()) <= {"confirmed", "provisional"} or _about(conn, kept, merged):
        raise IdentityRefused("merge.not_now", "one of the files cannot be merged now")
    made = new_id()
    conn.execute(
        insert(PersonMerge).values(
            id=made,
            institution=gallery.institution,
            kept=kept,
            merged=merged,
            reason=reason,
            state="asked",
            was=states[merged],
            moved=[],
            asked_at=now(),
            asked_by=account,
        )
    )
    _enter(conn, gallery, "person.merge_asked", made, kept, merged, account)
    return made


def ask_undo(conn: Connection, gallery: Gallery, merge: str, account: str) -> None:
    """Ask a colleague to take a merge back. Raises `IdentityRefused` (`merge.not_now`)."""
    found = _locked(conn, gallery, merge, "done")
    values = {"state": "undo_asked", "asked_at": now(), "asked_by": account}
    conn.execute(update(PersonMerge).where(PersonMerge.id == merge).values(**values))
    _enter(conn, gallery, "person.unmerge_asked", merge, found.kept, found.merged, account)


def approve(conn: Connection, gallery: Gallery, merge: str, account: str) -> Merge:
    """Do what a colleague asked for: merge, or take back.

    Raises `IdentityRefused`: `merge.own` for who asked, `merge.not_now`.
    """
    found = _locked(conn, gallery, merge, *OPEN)
    if found.asked_by == account:
        raise IdentityRefused("merge.own", "who asked does not approve")
    templates.one_writer(conn, gallery)
    if found.state == "asked":
        _merge(conn, gallery, found, account)
    else:
        _undo(conn, gallery, found, account)
    return found


def decline(conn: Connection, gallery: Gallery, merge: str, account: str) -> None:
    """Leave everything as it is. Raises `IdentityRefused` (`merge.not_now`)."""
    found = _locked(conn, gallery, merge, *OPEN)
    state = "declined" if found.state == "asked" else "done"
    _decided(conn, merge, account, state=state)
    kind = "person.merge_declined" if found.state == "asked" else "person.unmerge_declined"
    _enter(conn, gallery, kind, merge, found.kept, found.merged, account)


def listed(conn: Connection, gallery: Gallery, *states: str) -> list[Merge]:
    """Merges of the institution in these states, the newest first."""
    rows = conn.execute(
        select(*_COLUMNS)
        .where(PersonMerge.institution == gallery.institution, PersonMerge.state.in_(states))
        .order_by(PersonMerge.asked_at.desc())
    )
    return [Merge(*row) for row in rows]


def merged_into(conn: Connection, person: str) -> list[str]:
    """Files that were made part of this one and still are."""
    rows = conn.scalars(
        select(PersonMerge.merged).where(
            PersonMerge.kept == person, PersonMerge.state.in_(("done", "undo_asked"))
        )
    )
    return sorted(rows)


_COLUMNS = (
    PersonMerge.id,
    PersonMerge.kept,
    PersonMerge.merged,
    PersonMerge.reason,
    PersonMerge.state,
    PersonMerge.was,
    PersonMerge.moved,
    PersonMerge.asked_at,
    PersonMerge.asked_by,
)


def _merge(conn: Connection, gallery: Gallery, found: Merge, account: str) -> None:
    states = _states(conn, gallery, found.kept, found.merged)
    if not set(states.values()) <= {"confirmed", "provisional"}:
        raise IdentityRefused("merge.not_now", "one of the files has changed meanwhile")
    rows = conn.scalars(select(Identifier.id).where(Identifier.person == found.merged)).all()
    _move(conn, gallery, rows, found.merged, found.kept)
    _set_state(conn, found.merged, "merged")
    if rows and states[found.kept] == "provisional":
        last_four = conn.scalar(select(Person.last_four_key).where(Person.id == found.merged))
        _set_state(conn, found.kept, "confirmed", last_four_key=last_four)
    _decided(conn, found.id, account, state="done", moved=sorted(rows), was=states[found.merged])
    _enter(conn, gallery, "person.merged", found.id, found.kept, found.merged, account)


def _undo(conn: Connection, gallery: Gallery, found: Merge, account: str) -> None:
    _states(conn, gallery, found.kept, found.merged)
    rows = conn.scalars(
        select(Identifier.id).where(Identifier.id.in_(found.moved), Identifier.person == found.kept)
    ).all()
    _move(conn, gallery, rows, found.kept, found.merged)
    _set_state(conn, found.merged, found.was)
    left = conn.scalar(select(Identifier.id).where(Identifier.person == found.kept).limit(1))
    if left is None:
        _set_state(conn, found.kept, "provisional", last_four_key=None)
    _decided(conn, found.id, account, state="undone", moved=[])
    _enter(conn, gallery, "person.unmerged", found.id, found.kept, found.merged, account)


def _move(conn: Connection, gallery: Gallery, rows: Sequence[str], one: str, to: str) -> None:
    """Numbers from one file to the other, sealed under the other's key."""
    if not rows:
        return
    old, new = _key(conn, gallery, one), _key(conn, gallery, to)
    # The app may add and remove a number and never change one: so it goes and comes again.
    for row in conn.execute(
        delete(Identifier).where(Identifier.id.in_(rows)).returning(*Identifier.__table__.columns)
    ).all():
        number = unseal(old, row.value_sealed, f"identifiers.value/{row.id}").decode()
        changed = {"person": to, "value_sealed": people.seal_number(new, row.id, number)}
        conn.execute(insert(Identifier).values(**{**row._mapping, **changed}))


def _key(conn: Connection, gallery: Gallery, person: str) -> Secret:
    wrapped = conn.scalar(select(Person.data_key_sealed).where(Person.id == person))
    if wrapped is None:
        raise IdentityRefused("person.erased", "the person was erased")
    return open_data_key(gallery.secrets, person, wrapped)


def _set_state(conn: Connection, person: str, state: str, **more: object) -> None:
    values = {"state": state, "updated_at": now(), **more}
    conn.execute(update(Person).where(Person.id == person).values(**values))


def _states(conn: Connection, gallery: Gallery, *who: str) -> dict[str, str]:
    """Both locked, in one order, so that no two merges wait for each other in a circle."""
    rows = conn.execute(
        select(Person.id, Person.state)
        .where(Person.institution == gallery.institution, Person.id.in_(who))
        .where(Person.synthetic.is_(False))
        .order_by(Person.id)
        .with_for_update()
    ).all()
    if len(rows) != len(who):
        raise IdentityRefused("person.unknown", "no such person at this institution")
    return {row.id: row.state for row in rows}


def _about(conn: Connection, *who: str) -> bool:
    found = select(PersonMerge.id).where(
        PersonMerge.state.in_(OPEN), PersonMerge.merged.in_(who) | PersonMerge.kept.in_(who)
    )
    return conn.scalar(found.limit(1)) is not None


def _locked(conn: Connection, gallery: Gallery, merge: str, *states: str) -> Merge:
    row = conn.execute(
        select(*_COLUMNS)
        .where(PersonMerge.id == merge, PersonMerge.institution == gallery.institution)
        .where(PersonMerge.state.in_(states))
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise IdentityRefused("merge.not_now", "no such merge waits for this")
    return Merge(*row)


def _decided(conn: Connection, merge: str, account: str, **values: object) -> None:
    values |= {"decided_at": now(), "decided_by": account}
    conn.execute(update(PersonMerge).where(PersonMerge.id == merge).values(**values))


def _enter(
    conn: Connection, gallery: Gallery, kind: str, merge: str, kept: str, merged: str, by: str
) -> None:
    body = {"merge": merge, "person": kept, "merged": merged, "by": by}
    append(conn, gallery.institution, kind, body)
