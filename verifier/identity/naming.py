"""Many people's names at once, for lists on a screen."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from verifier.store.schema import Gallery as GalleryRow
from verifier.store.schema import Person
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import unseal

from .data_keys import open_data_key
from .galleries import gallery_secrets


def names_of(
    conn: Connection, keyring: KeyRing, institution: str, people: Collection[str]
) -> dict[str, str]:
    """Names in the clear by person id; who is unknown here or was erased is left out."""
    if not people:
        return {}
    gallery = conn.execute(
        select(GalleryRow.id, GalleryRow.key_sealed).where(GalleryRow.institution == institution)
    ).one_or_none()
    if gallery is None:
        return {}
    secrets = gallery_secrets(keyring, *gallery)
    columns = (Person.id, Person.name_sealed, Person.data_key_sealed)
    mine = (Person.institution == institution, Person.id.in_(people))
    return {
        person: unseal(open_data_key(secrets, person, wrapped), name, _label(person)).decode()
        for person, name, wrapped in conn.execute(select(*columns).where(*mine))
        if name is not None and wrapped is not None
    }


def _label(person: str) -> str:
    return f"people.name/{person}"
