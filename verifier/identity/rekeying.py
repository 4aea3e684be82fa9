"""A new key for a gallery, without anybody enrolled anew (ISO/IEC 24745: renewability).

Every template is turned back by the old matrix and forth by the new one; every person gets a new
data key, under which name, numbers and template are sealed again. One transaction: a process that
is killed in it has changed nothing. Verifiers hold the old key in memory, so they must be stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select, update

from verifier.ledger import append
from verifier.store.schema import Gallery as GalleryRow
from verifier.store.schema import Identifier, Person, Template
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import Secret, new_key, seal, unseal

from . import rotation, templates
from .data_keys import new_data_key, open_data_key
from .errors import IdentityRefused
from .galleries import Gallery, find_gallery, place_of_key, secrets_of

REKEYED = "gallery.rekeyed"
_BATCH = 500

_PEOPLE = (
    select(Person.id, Person.data_key_sealed, Person.name_sealed)
    .where(Person.institution == bindparam("institution"), Person.data_key_sealed.is_not(None))
    .order_by(Person.id)
)
_NUMBERS = select(Identifier.id, Identifier.value_sealed).where(
    Identifier.person == bindparam("person")
)
_VECTORS = select(Template.id, Template.vector_sealed).where(
    Template.person == bindparam("person"), Template.gallery == bindparam("gallery")
)
_PERSON = (
    update(Person)
    .where(Person.id == bindparam("person"))
    .values(data_key_sealed=bindparam("key"), name_sealed=bindparam("name"))
)
_NUMBER = (
    update(Identifier)
    .where(Identifier.id == bindparam("number"))
    .values(value_sealed=bindparam("sealed"))
)
_VECTOR = (
    update(Template)
    .where(Template.id == bindparam("template"))
    # Photos are known again by a hash under the gallery's key, which is gone: the next import of
    # the same photos enrols once more.
    .values(vector_sealed=bindparam("sealed"), source_key=None)
)


def rekey(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Give the institution's gallery a new key, in the caller's transaction; people re-sealed.

    For a connection of the tables' owner: the app may change no number. Raises `IdentityRefused`
    with `gallery.missing`, and `SealBroken` where a value is not as it was written.
    """
    old = find_gallery(conn, keyring, institution)
    if old is None:
        raise IdentityRefused("gallery.missing", "nobody was ever enrolled here")
    templates.one_writer(conn, old)
    key = new_key()
    new = secrets_of(key)
    turn = _Turn(old, rotation.matrix(bytes(old.secrets.rotation_key), old.dim),
                 rotation.matrix(bytes(new.rotation_key), old.dim))  # fmt: skip
    done = 0
    for row in conn.execute(_PEOPLE, {"institution": institution}).all():
        before = open_data_key(old.secrets, row.id, row.data_key_sealed)
        after, wrapped = new_data_key(new, row.id)
        _reseal(conn, turn, row, (before, after), wrapped)
        done += 1
        if done % _BATCH == 0:
            progress(done)
    wrapped_key = keyring.store.wrap(key, place_of_key(old.id))
    conn.execute(update(GalleryRow).where(GalleryRow.id == old.id).values(key_sealed=wrapped_key))
    append(conn, institution, REKEYED, {"gallery": old.id, "people": done})
    return done


@dataclass(frozen=True)
class _Turn:
    """From one matrix to another."""

    gallery: Gallery
    back: NDArray[np.float32]
    forth: NDArray[np.float32]

    def vector(self, raw: bytes) -> bytes:
        """A rotated vector, little-endian float32 (D,), as the new matrix turns it.

        In double precision, so that a cosine does not drift from key to key.
        """
        turned = np.frombuffer(raw, "<f4").astype(np.float64) @ self.back.astype(np.float64)
        return (self.forth.astype(np.float64) @ turned).astype("<f4").tobytes()


def _reseal(
    conn: Connection, turn: _Turn, row: Any,
    keys: tuple[Secret, Secret], wrapped: bytes,
) -> None:  # fmt: skip
    person, gallery = row.id, turn.gallery

    def moved(sealed: bytes, place: str) -> bytes:
        return seal(keys[1], unseal(keys[0], sealed, place), place)

    name = row.name_sealed and moved(row.name_sealed, f"people.name/{person}")
    conn.execute(_PERSON, {"person": person, "key": wrapped, "name": name})
    for number, sealed in conn.execute(_NUMBERS, {"person": person}).all():
        fresh = moved(sealed, f"identifiers.value/{number}")
        conn.execute(_NUMBER, {"number": number, "sealed": fresh})
    for template, sealed in conn.execute(_VECTORS, {"person": person, "gallery": gallery.id}).all():
        place = templates.place_of(gallery, template, person)
        fresh = seal(keys[1], turn.vector(unseal(keys[0], sealed, place)), place)
        conn.execute(_VECTOR, {"template": template, "sealed": fresh})
