"""People and their numbers: found by keyed hash, read only with the person's data key."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from codes.names import normalise
from verifier.ledger import append
from verifier.protocol.values import b64url, new_id, now
from verifier.store.schema import Gallery as GalleryRow
from verifier.store.schema import Identifier, Person, Template
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import Secret, seal, unseal

from .data_keys import new_data_key, open_data_key
from .errors import IdentityRefused
from .galleries import find_gallery, gallery_secrets


@dataclass(frozen=True)
class PersonRef:
    """A person without anything readable."""

    id: str
    state: str
    synthetic: bool
    linked_group: str | None

    @property
    def confirmed(self) -> bool:
        """False for a provisional, merged or closed person."""
        return self.state == "confirmed"


def register_person(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    *,
    number: str | None,
    name: str,
    kind: str = "resident_id",
    synthetic: bool = False,
) -> str:
    """The person's id; the one who has this number already, if somebody has.

    Without a number the person is `provisional`. Raises `IdentityRefused` (`gallery.missing`)
    before the institution's gallery was opened, since its key wraps the person's.
    """
    if number is not None:
        known = find_by_number(conn, keyring, institution, kind, number)
        if known is not None:
            return known.id
    gallery = find_gallery(conn, keyring, institution)
    if gallery is None:
        raise IdentityRefused("gallery.missing", "open the institution's gallery first")
    person = new_id()
    key, wrapped = new_data_key(gallery.secrets, person)
    conn.execute(
        insert(Person).values(
            id=person,
            institution=institution,
            state="provisional" if number is None else "confirmed",
            synthetic=synthetic,
            data_key_sealed=wrapped,
            name_sealed=seal_name(key, person, name),
            last_four_key=last_four_key(keyring, institution, number),
            created_at=now(),
            updated_at=now(),
        )
    )
    if number is not None:
        holder = _add_identifier(conn, keyring, institution, person, key, kind, number)
        if holder != person:  # another process registered the same number meanwhile
            conn.execute(delete(Person).where(Person.id == person))
            return holder
    append(conn, institution, "person.registered", {"person": person, "synthetic": synthetic})
    return person


_FIND = (
    select(Person.id, Person.state, Person.synthetic, Person.linked_group)
    .join(Identifier, Identifier.person == Person.id)
    .where(
        Identifier.institution == bindparam("institution"),
        Identifier.kind == bindparam("kind"),
        Identifier.value_key == bindparam("value_key"),
    )
)


def find_by_number(
    conn: Connection, keyring: KeyRing, institution: str, kind: str, number: str
) -> PersonRef | None:
    """Who has this number at this institution, or None. One statement."""
    key = value_key(keyring, institution, kind, number)
    row = conn.execute(
        _FIND, {"institution": institution, "kind": kind, "value_key": key}
    ).one_or_none()
    return None if row is None else PersonRef(*row)


_BY_LAST_FOUR = select(Person.id).where(
    Person.institution == bindparam("institution"),
    Person.last_four_key == bindparam("last_four_key"),
    Person.state == "confirmed",
    exists().where(Template.person == Person.id),
)


def by_last_four(conn: Connection, keyring: KeyRing, institution: str, last_four: str) -> list[str]:
    """Ids of the confirmed people who have a template and whose number ends so.

    Synthetic fillers are among them: they are searched like everybody, and never decided on.
    """
    key = last_four_key(keyring, institution, last_four)
    rows = conn.scalars(_BY_LAST_FOUR, {"institution": institution, "last_four_key": key})
    return list(rows)


_NAME = (
    select(Person.name_sealed, Person.data_key_sealed, GalleryRow.id, GalleryRow.key_sealed)
    .join(GalleryRow, GalleryRow.institution == Person.institution)
    .where(Person.id == bindparam("person"))
)


def name_of(conn: Connection, keyring: KeyRing, person: str) -> str:
    """The name, in the clear. Raises `IdentityRefused`: `person.unknown`, `person.erased`."""
    row = conn.execute(_NAME, {"person": person}).one_or_none()
    if row is None:
        raise IdentityRefused("person.unknown", "no such person")
    name, wrapped, gallery, gallery_key = row
    if name is None or wrapped is None:
        raise IdentityRefused("person.erased", "the person was erased")
    secrets = gallery_secrets(keyring, gallery, gallery_key)
    data_key = open_data_key(secrets, person, wrapped)
    return unseal(data_key, name, f"people.name/{person}").decode()


_NAMES = (
    select(Person.id, Person.name_sealed, Person.data_key_sealed)
    .where(Person.institution == bindparam("institution"))
    .where(Person.id.in_(bindparam("people", expanding=True)))
)


def names_of(
    conn: Connection, keyring: KeyRing, institution: str, people: Collection[str]
) -> dict[str, str]:
    """The names, in the clear, of those who have one still. Raises `IdentityRefused`
    (`gallery.missing`)."""
    if not people:
        return {}
    gallery = find_gallery(conn, keyring, institution)
    if gallery is None:
        raise IdentityRefused("gallery.missing", "the institution has no gallery")
    rows = conn.execute(_NAMES, {"institution": institution, "people": list(people)})
    return {
        person: unseal(
            open_data_key(gallery.secrets, person, wrapped), sealed, f"people.name/{person}"
        ).decode()
        for person, sealed, wrapped in rows
        if sealed is not None and wrapped is not None
    }


def provisional(conn: Connection, institution: str, most: int = 100) -> list[tuple[str, datetime]]:
    """Id and time of each file that waits for a number, the newest first."""
    rows = conn.execute(
        select(Person.id, Person.created_at)
        .where(Person.institution == institution, Person.state == "provisional")
        .where(Person.synthetic.is_(False))
        .order_by(Person.created_at.desc())
        .limit(most)
    )
    return [(row.id, row.created_at) for row in rows]


def correct_name(
    conn: Connection, keyring: KeyRing, institution: str, person: str, name: str, by: str
) -> None:
    """Set the name right (PIPL Art. 46), with an entry that says by whom, not what it was.

    Raises `IdentityRefused`: `person.unknown`, `person.erased`, `person.name_empty`.
    """
    said = normalise(name)
    if not said:
        raise IdentityRefused("person.name_empty", "a name has at least one character")
    wrapped = conn.scalar(
        select(Person.data_key_sealed)
        .where(Person.id == person, Person.institution == institution)
        .with_for_update()
    )
    gallery = find_gallery(conn, keyring, institution)
    if gallery is None or wrapped is None:
        name_of(conn, keyring, person)  # says which of the two it is
        raise IdentityRefused("person.unknown", "no such person at this institution")
    key = open_data_key(gallery.secrets, person, wrapped)
    sealed = {"name_sealed": seal_name(key, person, said), "updated_at": now()}
    conn.execute(update(Person).where(Person.id == person).values(**sealed))
    append(conn, institution, "person.corrected", {"person": person, "what": "name", "by": by})


def attach_number(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    person: str,
    *,
    number: str,
    name: str,
    kind: str = "resident_id",
    by: str,
) -> None:
    """Give a person a number that nobody had, and the name that stands beside it.

    Whoever was provisional (newborn, 无名氏) is confirmed by it. Raises `IdentityRefused`:
    `person.unknown`, `person.erased`, `person.number_taken`, `person.has_number` where the person
    has another number of this kind.
    """
    wrapped = _wrapped_key(conn, institution, person)
    gallery = find_gallery(conn, keyring, institution)
    if gallery is None:
        raise IdentityRefused("gallery.missing", "the institution has no gallery")
    if conn.scalar(select(Identifier.id).filter_by(person=person, kind=kind)) is not None:
        raise IdentityRefused("person.has_number", "the person has a number of this kind")
    key = open_data_key(gallery.secrets, person, wrapped)
    if _add_identifier(conn, keyring, institution, person, key, kind, number) != person:
        raise IdentityRefused("person.number_taken", "somebody else has this number")
    conn.execute(
        update(Person)
        .where(Person.id == person)
        .values(
            state="confirmed",
            name_sealed=seal_name(key, person, name.strip()),
            last_four_key=last_four_key(keyring, institution, number),
            updated_at=now(),
        )
    )
    body = {"person": person, "credential": kind, "by": by}
    append(conn, institution, "person.number_attached", body)


def _wrapped_key(conn: Connection, institution: str, person: str) -> bytes:
    row = conn.execute(
        select(Person.data_key_sealed)
        .where(Person.id == person, Person.institution == institution)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise IdentityRefused("person.unknown", "no such person at this institution")
    if row[0] is None:
        raise IdentityRefused("person.erased", "the person was erased")
    wrapped: bytes = row[0]
    return wrapped


def link_look_alikes(
    conn: Connection,
    institution: str,
    people: Collection[str],
    reason: str = "listed",
    by: str = "operator",
) -> str:
    """Mark people whom a clerk found to be different though they look alike; the group's id.

    Groups that touch become one. Nobody in a group is told from another by face alone. `reason`
    says why the clerk held them for two, such as `twins`.
    """
    mine = (Person.institution == institution, Person.id.in_(people))
    found = conn.execute(
        select(Person.id, Person.linked_group).where(*mine).order_by(Person.id).with_for_update()
    ).all()
    if len(found) != len(set(people)):
        raise IdentityRefused("person.unknown", "no such person at this institution")
    groups = sorted({group for _, group in found if group is not None})
    group = groups[0] if groups else new_id()
    conn.execute(
        update(Person)
        .where(Person.institution == institution)
        .where(or_(Person.id.in_(people), Person.linked_group.in_(groups)))
        .values(linked_group=group, updated_at=now())
    )
    append(
        conn,
        institution,
        "people.linked",
        {"group": group, "people": sorted(people), "reason": reason, "by": by},
    )
    return group


def seal_name(data_key: Secret, person: str, name: str) -> bytes:
    """The name as its column holds it."""
    return seal(data_key, name.encode(), f"people.name/{person}")


def seal_number(data_key: Secret, identifier: str, number: str) -> bytes:
    """A number as its column holds it."""
    return seal(data_key, canonical_number(number).encode(), f"identifiers.value/{identifier}")


def value_key(keyring: KeyRing, institution: str, kind: str, number: str) -> str:
    """HMAC-SHA256 by which a number is found, 43 characters; another for each institution."""
    text = f"{kind}\0{canonical_number(number)}".encode()
    return b64url(hmac.digest(keyring.identifier_key(institution), text, "sha256"))


def last_four_key(keyring: KeyRing, institution: str, number: str | None) -> str | None:
    """HMAC-SHA256 of the last four characters, for narrowing a search."""
    if number is None:
        return None
    text = canonical_number(number)[-4:].encode()
    return b64url(hmac.digest(keyring.last_four_key(institution), text, "sha256"))


def canonical_number(number: str) -> str:
    """As it is compared: no spaces around, letters in capitals."""
    return number.strip().upper()


def _add_identifier(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    person: str,
    data_key: Secret,
    kind: str,
    number: str,
) -> str:
    """The person who holds the number afterwards: this one, or whoever was first."""
    identifier = new_id()
    statement = insert_or_not(Identifier).values(
        id=identifier,
        institution=institution,
        person=person,
        kind=kind,
        value_key=value_key(keyring, institution, kind, number),
        value_sealed=seal_number(data_key, identifier, number),
        created_at=now(),
    )
    if conn.scalar(statement.on_conflict_do_nothing().returning(Identifier.id)) is not None:
        return person
    holder = find_by_number(conn, keyring, institution, kind, number)
    if holder is None:
        raise IdentityRefused("person.unknown", "the number's holder vanished meanwhile")
    return holder.id
